// Signs in to the local page, approves runs on it, and goes on with them over MCP. Prints one JSON result.
import { chromium } from "playwright-core";

const plan = JSON.parse(process.argv[2]);
const result = { errors: [], overflow: [] };
const base = new URL(plan.link).origin;

let session = null;
let last = 0;

async function ask(method, params, isNotification = false) {
  const id = isNotification ? undefined : ++last;
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  if (session !== null) headers["mcp-session-id"] = session;
  const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
  const answer = await fetch(plan.mcp, { method: "POST", headers, body });
  session ??= answer.headers.get("mcp-session-id");
  const text = await answer.text();
  const data = text.split("\n").filter((line) => line.startsWith("data:"));
  const messages = data.map((line) => line.slice(5).trim()).filter((line) => line.startsWith("{"));
  return messages.map((line) => JSON.parse(line)).find((message) => message.id === id);
}

async function script(args) {
  const message = await ask("tools/call", { name: "run_script", arguments: args });
  return message.result.content[0].text;
}

const runOf = (text) => text.match(/run (r_[0-9a-z]{8})/)[1];

await ask("initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "example-agent", version: "2.1.0" },
});
await ask("notifications/initialized", {}, true);

const TRIAGE = `import { list_issues, add_comment } from "mcp:github";

// Ask for what is missing in every issue that waits for its author.
const pages = await Promise.all([1, 2, 3].map((page) => list_issues({ owner: "octo", repo: "shop", page })));
const stale = pages.map((page, at) => ({ number: 40 + at, title: "Cart is empty after login" }));

const said = await Promise.all(
  stale.map((issue) =>
    add_comment({
      owner: "octo",
      repo: "shop",
      issue: issue.number,
      body: "Which version is this?\\nWithout an answer this is closed in 14 days.",
    }),
  ),
);
export default { pages: pages.length, said: said.length };
`;

const ATTACK = `import { "\\"><script>window.hacked=1</script><img src=x onerror=window.hacked=1>" as odd } from "mcp:github";
const text = "</pre><script>window.hacked=1</script><svg onload=window.hacked=1>";
export default await odd({ [text]: text });
`;

const browser = await chromium.launch({
  executablePath: plan.chromium,
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});

function watched(page) {
  page.on("console", (message) => {
    if (message.type() === "error") result.errors.push(message.text());
  });
  page.on("pageerror", (error) => result.errors.push(String(error)));
  page.on("dialog", async (dialog) => {
    result.errors.push(`a dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  return page;
}

async function shot(page, name) {
  if (plan.shots !== null) await page.screenshot({ path: `${plan.shots}/${name}.png`, fullPage: true });
}

try {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, colorScheme: "light" });
  const page = watched(await context.newPage());
  await page.goto(plan.link);
  await page.getByRole("heading", { name: "Waiting for your decision" }).waitFor();

  // The list shows a new run by itself.
  result.paused = await script({ code: TRIAGE });
  const run = runOf(result.paused);
  await page.getByRole("link", { name: `Run ${run}` }).waitFor({ timeout: 20000 });
  result.appeared = true;
  await shot(page, "waiting");
  await page.getByRole("link", { name: `Run ${run}` }).click();
  await page.getByRole("heading", { name: "It asks about 3 calls" }).waitFor();
  await page.getByText("▶ asks").first().waitFor();
  await shot(page, "run-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await shot(page, "run-dark");
  await page.setViewportSize({ width: 360, height: 740 });
  await shot(page, "run-360");
  await page.emulateMedia({ colorScheme: "light" });
  for (const path of ["/", `/runs/${run}`, "/runs", "/servers", "/audit"]) {
    await page.goto(base + path);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 360) result.overflow.push(`${path}: ${wide}`);
    await shot(page, `narrow${path.replaceAll("/", "-")}`);
  }
  await page.setViewportSize({ width: 1100, height: 800 });
  for (const path of ["/runs", "/servers", "/audit"]) {
    await page.goto(base + path);
    await shot(page, `wide${path.replaceAll("/", "-")}`);
  }

  // Approves by keyboard alone.
  await page.goto(`${base}/runs/${run}`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  result.skipped = await page.evaluate(() => document.activeElement.id);
  await page.getByRole("button", { name: "Allow once" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Decided. The agent goes on with").waitFor();
  result.approved = await script({ resume: run });
  await page.getByText("finished").first().waitFor({ timeout: 20000 });
  await shot(page, "done");

  // Texts of others.
  const odd = runOf(await script({ code: ATTACK }));
  await page.goto(`${base}/runs/${odd}`);
  await page.getByRole("button", { name: "Allow once" }).click();
  await page.getByText("Decided. The agent goes on with").waitFor();
  await script({ resume: odd });
  await page.goto(`${base}/runs/${odd}`);
  await page.getByText("finished").first().waitFor();
  await shot(page, "attack");
  result.hacked = await page.evaluate(() => "hacked" in window);

  // The link was used. Without JavaScript, the page asks for nothing but a form.
  const stranger = await browser.newContext();
  const refused = await (await stranger.newPage()).goto(plan.link);
  result.linkAgain = refused.status();
  const plain = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await context.storageState(),
  });
  const quiet = await plain.newPage();
  const other = runOf(await script({ code: TRIAGE }));
  await quiet.goto(`${base}/runs/${other}`);
  await quiet.getByRole("button", { name: "Allow for this run" }).click();
  await quiet.getByText("Decided. The agent goes on with").waitFor();
  result.withoutScript = await script({ resume: other });
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(result));
