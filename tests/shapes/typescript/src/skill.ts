// Sends a value of every shape to `fake/echo`, and what comes back once more.
import fake from "mcp-server:fake/tools";
import type { EchoParams, EchoResult, Shape } from "mcp-server:fake/tools";
import type { Description } from "mcp:tools/types@0.1.0";

const values = (shape: Shape | null): EchoParams => ({
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

// The types say `number`, and more than that they cannot say.
const wrong: Partial<EchoParams>[] = [
  { big: 1.5 },
  { big: 2 ** 53 },
  { labels: [["a", 2 ** 32]] },
];

/** What it throws. */
function thrown(action: () => unknown): string {
  try {
    return `gave ${String(action())}`;
  } catch (error) {
    return String(error);
  }
}

export function describe(): Description {
  return { name: "shapes", description: "Echoes every shape.", inputSchema: null, outputSchema: null };
}

export function run(input: string): string {
  if (input === '"wrong"') {
    return JSON.stringify(wrong.map((field) => thrown(() => fake.echo({ ...values(null), ...field }))));
  }
  if (input === '"large"') {
    const received: EchoResult = fake.echo(values(null));
    return JSON.stringify([received.labels[1]?.[1], thrown(() => received.big)]);
  }
  const shapes: Shape[] = [
    { tag: "object", val: { x: -1, y: null } },
    { tag: "string", val: "grüße" },
    { tag: "array", val: new Uint8Array([0, 255]) },
  ];
  for (const shape of shapes) {
    const received: EchoResult = fake.echo(values(shape));
    const again: EchoParams = received;
    fake.echo(again);
  }
  return "null";
}
