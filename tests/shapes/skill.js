// Sends a value of every shape to `fake/echo`, and what comes back once more.
import fake from "mcp-server:fake/tools";

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
    ["b", 2147483647],
  ],
  pair: ["left", true],
  nothing: null,
  anything: JSON.stringify({ deep: [1, null] }),
});

export function describe() {
  return { name: "shapes", description: "Echoes every shape.", inputSchema: null, outputSchema: null };
}

export function run(input) {
  if (input === '"wrong"') {
    // This toolchain takes numbers for 64-bit integers, and no BigInt.
    fake.echo({ ...values(null), big: 1n });
  }
  if (input === '"large"') {
    // What comes back is too large, and so is what is sent.
    const sent = { ...values(null), labels: [["sent", 4294967295]] };
    return JSON.stringify(fake.echo(sent).big);
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
