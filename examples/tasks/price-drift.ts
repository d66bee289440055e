// Which prices of our suppliers differ from ours, and what do they offer that we do not know?
import { read_multiple_files, search_files } from "mcp:filesystem";
import { read_query } from "mcp:sqlite";
import { input } from "mcp-host";

/** Files that one call reads. */
const atOnce = 8;

/** Our prices by product. The server answers in Python's notation, so SQLite makes one JSON text of all rows. */
async function ours(): Promise<Map<string, number>> {
  const answer = (await read_query({
    query: "SELECT json_group_array(json_array(sku, cents)) AS rows FROM products",
  })) as string;
  const [, json] = /^\[\{'rows': '(.*)'\}\]$/s.exec(answer) ?? [];
  if (json === undefined) throw new Error(answer);
  return new Map(JSON.parse(json));
}

/** The lines of all price lists, without their headings. */
async function listed(): Promise<{ sku: string; cents: number }[]> {
  const found = await search_files({ path: `${input.shop}/files/prices`, pattern: "*.csv" });
  const paths = found.content.split("\n").sort();
  const texts: string[] = [];
  for (let at = 0; at < paths.length; at += atOnce) {
    texts.push((await read_multiple_files({ paths: paths.slice(at, at + atOnce) })).content);
  }
  const lines = texts.flatMap((text) => text.split("\n")).filter((line) => /^[A-Z]+-\d+,/.test(line));
  return lines.map((line) => {
    const [sku = "", , cents] = line.split(",");
    return { sku, cents: Number(cents) };
  });
}

const [known, prices] = [await ours(), await listed()];
const drifted = prices
  .map(({ sku, cents }) => ({ sku, ours: known.get(sku), theirs: cents }))
  .filter(({ ours, theirs }) => ours !== undefined && ours !== theirs)
  .sort((a, b) => Math.abs(b.theirs - b.ours!) - Math.abs(a.theirs - a.ours!));
const unknown = prices.filter(({ sku }) => !known.has(sku)).map(({ sku }) => sku);
export default { compared: prices.length - unknown.length, drifted, unknown };
