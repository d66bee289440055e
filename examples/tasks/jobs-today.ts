// Which jobs does today's weather allow in each city, and how much work is that?
import { "get-structured-content" as weather } from "mcp:everything";
import { read_query } from "mcp:sqlite";

interface Job {
  id: number;
  title: string;
  hours: number;
  coldest: number;
  warmest: number;
  dry: number;
}

const cities = ["Chicago", "Los Angeles", "New York"];

/** The jobs of a city. The server answers in Python's notation, so SQLite makes one JSON text of all rows. */
async function jobsOf(city: string): Promise<Job[]> {
  const object = "'id', id, 'title', title, 'hours', hours, 'coldest', coldest, 'warmest', warmest, 'dry', dry";
  const answer = (await read_query({
    query: `SELECT json_group_array(json_object(${object})) AS rows FROM jobs WHERE city = '${city}'`,
  })) as string;
  const [, json] = /^\[\{'rows': '(.*)'\}\]$/s.exec(answer) ?? [];
  if (json === undefined) throw new Error(answer);
  return JSON.parse(json);
}

const today = [];
for (const city of cities) {
  const [{ temperature, conditions }, jobs] = await Promise.all([weather({ location: city }), jobsOf(city)]);
  const wet = /rain|snow/i.test(conditions);
  const possible = jobs.filter(
    (job) => temperature >= job.coldest && temperature <= job.warmest && !(wet && job.dry === 1),
  );
  const longest = [...possible].sort((a, b) => b.hours - a.hours || a.id - b.id)[0];
  today.push({
    city,
    conditions,
    jobs: jobs.length,
    possible: possible.length,
    hours: possible.reduce((sum, job) => sum + job.hours, 0),
    first: longest === undefined ? null : `${longest.id}: ${longest.title}`,
  });
}
export default today;
