// Sends a value of every shape to `fake/echo`, and what comes back once more.
import fake, { echo } from "mcp-server:fake/tools";

const values = (shape) => ({
  text: "line\nand \u{1f980}",
  big: Number.MAX_SAFE_INTEGER,
  small: -128,
  flag: true,
  level: "very-high",
  points: [
    { x: Number.MIN_SAFE_INTEGER, y: 0.5 },
    { x: Number.MAX_SAFE_INTEGER, y: null },
  ],
  shape,
  labels: [
    ["a", 0],
    ["b", 4294967295],
  ],
  pair: ["left", true],
  nothing: null,
  anything: JSON.stringify({ deep: [1, null] }),
});

const wrong = [
  { big: 1n },
  { big: "1" },
  { big: undefined },
  { big: 1.5 },
  { big: -1 },
  { big: 2 ** 53 },
  { big: NaN },
  { small: 128 },
  { points: [{ x: 1, y: null }, { x: -(2 ** 53), y: null }] },
  { labels: [["a", 2 ** 32]] },
  { shape: { tag: "object", val: { x: 0.5, y: null } } },
  { shape: { tag: "array", val: [1, 256] } },
];

/** What it throws. */
function thrown(action) {
  try {
    return `gave ${action()}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

export function describe() {
  return { name: "shapes", description: "Echoes every shape.", inputSchema: null, outputSchema: null };
}

export function run(input) {
  if (input === '"wrong"') {
    return JSON.stringify(wrong.map((field) => thrown(() => fake.echo({ ...values(null), ...field }))));
  }
  if (input === '"large"') {
    const received = echo(values(null));
    const read = [
      received.labels[1][1],
      thrown(() => received.big),
      thrown(() => received.points[0].x),
      thrown(() => JSON.stringify(received)),
    ];
    return JSON.stringify(read);
  }
  for (const shape of [
    { tag: "object", val: { x: -1, y: null } },
    { tag: "string", val: "grüße" },
    { tag: "array", val: new Uint8Array([0, 255]) },
  ]) {
    const received = fake.echo(values(shape));
    fake.echo(received);
  }
  return "null";
}
