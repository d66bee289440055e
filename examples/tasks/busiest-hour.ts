// In which hour, by its own clock, does each store sell the most? Orders have UTC times; `time` knows the zones.
import { read_query } from "mcp:sqlite";
import { convert_time } from "mcp:time";

interface Store {
  id: number;
  city: string;
  zone: string;
}

interface Order {
  id: number;
  store: number;
  placed_at: string;
  cents: number;
  customer: string;
}

const perPage = 2000;

/** The rows of a query. The server writes them in Python's notation, so SQLite makes one JSON text of them. */
async function rows<T>(columns: string, query: string): Promise<T[]> {
  const pairs = columns.split(", ").map((name) => `'${name}', ${name}`);
  const answer = (await read_query({
    query: `SELECT json_group_array(json_object(${pairs.join(", ")})) AS rows FROM (${query})`,
  })) as string;
  const [, json] = /^\[\{'rows': '(.*)'\}\]$/s.exec(answer) ?? [];
  if (json === undefined) throw new Error(answer);
  return JSON.parse(json);
}

/** Minutes east of UTC: the server says "+5.75h". */
async function offset(zone: string): Promise<number> {
  const { time_difference } = await convert_time({ source_timezone: "UTC", time: "12:00", target_timezone: zone });
  return Number.parseFloat(time_difference) * 60;
}

const stores = await rows<Store>("id, city, zone", "SELECT id, city, zone FROM stores ORDER BY id");
const offsets = await Promise.all(stores.map((store) => offset(store.zone)));
const byStore = new Map(stores.map(({ id, city }, at) => [id, { city, offset: offsets[at]!, hours: Array<number>(24).fill(0) }]));

for (let last = 0, more = true; more; ) {
  const page = await rows<Order>(
    "id, store, placed_at, cents, customer",
    `SELECT * FROM orders WHERE id > ${last} ORDER BY id LIMIT ${perPage}`,
  );
  for (const { store, placed_at } of page) {
    const { offset, hours } = byStore.get(store)!;
    const utc = Number(placed_at.slice(11, 13)) * 60 + Number(placed_at.slice(14, 16));
    const hour = Math.floor(((utc + offset + 1440) % 1440) / 60);
    hours[hour] = hours[hour]! + 1;
  }
  more = page.length === perPage;
  last = page[page.length - 1]?.id ?? last;
}

export default [...byStore.values()].map(({ city, hours }) => {
  const orders = Math.max(...hours);
  return { city, hour: hours.indexOf(orders), orders, of: hours.reduce((sum, n) => sum + n) };
});
