// Asks every two seconds whether something changed, and takes the new page where no form would be lost. The page works
// without it.
"use strict";

const EVERY = 2000;
let last = null;

function isBusy() {
  const active = document.activeElement;
  const typed = [...document.querySelectorAll("main input[type=text], main input[type=number]")];
  return (
    document.querySelector("main form[data-decides]") !== null ||
    (active !== null && active.closest("main form") !== null) ||
    typed.some((input) => input.value !== input.defaultValue)
  );
}

async function refresh() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = next.querySelector("main");
  if (main === null) return;
  const open = new Set(
    [...document.querySelectorAll("main details[open][id]")].map((details) => details.id),
  );
  for (const details of main.querySelectorAll("details[id]")) {
    if (open.has(details.id)) details.open = true;
  }
  document.querySelector("main").replaceWith(document.adoptNode(main));
  document.title = next.title;
}

async function look() {
  const answer = await fetch("/live", { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) return;
  const { stamp } = await answer.json();
  if (last !== null && stamp !== last) {
    if (isBusy()) document.getElementById("changed").hidden = false;
    else await refresh();
  }
  last = stamp;
}

async function loop() {
  try {
    if (!document.hidden) await look();
  } catch {
    // The process ended, or starts again.
  }
  setTimeout(loop, EVERY);
}

loop();
