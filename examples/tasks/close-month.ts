// Which invoices of May are not paid? Writes a report into a file, and remembers the customers in the graph.
import { read_text_file, search_files, write_file } from "mcp:filesystem";
import { create_entities } from "mcp:memory";
import { read_query } from "mcp:sqlite";
import { input } from "mcp-host";

interface Invoice {
  number: string;
  customer: string;
  due: string;
  lines: { sku: string; quantity: number; cents: number }[];
}

/** What was paid, by invoice. The server answers in Python's notation, so SQLite makes one JSON text of all rows. */
async function payments(): Promise<Map<string, number>> {
  const answer = (await read_query({
    query: "SELECT json_group_array(json_array(invoice, cents, paid_at, reference)) AS rows FROM payments",
  })) as string;
  const [, json] = /^\[\{'rows': '(.*)'\}\]$/s.exec(answer) ?? [];
  if (json === undefined) throw new Error(answer);
  const paid = new Map<string, number>();
  for (const [invoice, cents] of JSON.parse(json)) paid.set(invoice, (paid.get(invoice) ?? 0) + cents);
  return paid;
}

async function invoices(): Promise<Invoice[]> {
  const found = await search_files({ path: `${input.shop}/files/invoices`, pattern: "**/*.json" });
  const read = async (path: string) => JSON.parse((await read_text_file({ path })).content);
  return (await Promise.all(found.content.split("\n").sort().map(read))).flat();
}

const euros = (cents: number) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")} EUR`;

const [all, paid] = await Promise.all([invoices(), payments()]);
const open = all
  .map(({ number, customer, due, lines }) => {
    const total = lines.reduce((sum, line) => sum + line.quantity * line.cents, 0);
    return { number, customer, due, cents: total - (paid.get(number) ?? 0) };
  })
  .filter(({ cents }) => cents > 0)
  .sort((a, b) => (a.number < b.number ? -1 : 1));

const report = `${input.shop}/files/reports/2026-05.md`;
const table = open.map(({ number, customer, due, cents }) => `| ${number} | ${customer} | ${due} | ${euros(cents)} |`);
const heading = ["# Open invoices of May 2026", "", "| Invoice | Customer | Due | Open |", "|---|---|---|---:|"];
await write_file({ path: report, content: `${[...heading, ...table].join("\n")}\n` });
await create_entities({
  entities: open.map(({ number, customer, cents }) => ({
    name: number,
    entityType: "open invoice",
    observations: [`customer ${customer} owes ${euros(cents)}`],
  })),
});

const openCents = open.reduce((sum, { cents }) => sum + cents, 0);
export default { invoices: all.length, open: open.map(({ number }) => number), owed: euros(openCents), report };
