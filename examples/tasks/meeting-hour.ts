// At which hour of a day are the most people at work and free? Calendars are in local time, in eight zones.
import { read_graph } from "mcp:memory";
import { convert_time } from "mcp:time";
import { input } from "mcp-host";

/** A day of June 2026. */
const day: number = input.day ?? 10;
const [workBegins, workEnds] = [8 * 60, 18 * 60];

interface Person {
  zone: string;
  /** Begin and end of each appointment, in local minutes since the begin of June. */
  busy: [number, number][];
}

const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

function person(observations: string[]): Person {
  const zone = observations.map((text) => /^works in zone (.*)$/.exec(text)?.[1]).find((zone) => zone !== undefined)!;
  const busy = observations.flatMap((text): [number, number][] => {
    const [, date, from = "", to = ""] = /^busy 2026-06-(\d\d) (\d\d:\d\d)-(\d\d:\d\d) /.exec(text) ?? [];
    const begin = (Number(date) - 1) * 1440;
    return date === undefined ? [] : [[begin + minutes(from), begin + minutes(to)]];
  });
  return { zone, busy };
}

const { entities } = await read_graph({});
const people = entities.filter((entity) => entity.entityType === "person").map((entity) => person(entity.observations));

/** Minutes east of UTC. None of the zones has summer time. */
const offsets = new Map<string, number>();
const zones = [...new Set(people.map(({ zone }) => zone))].sort();
await Promise.all(
  zones.map(async (zone) => {
    const answer = await convert_time({ source_timezone: "UTC", time: "12:00", target_timezone: zone });
    offsets.set(zone, Number.parseFloat(answer.time_difference) * 60);
  }),
);

function isFree({ zone, busy }: Person, hour: number): boolean {
  const begin = (day - 1) * 1440 + hour * 60 + offsets.get(zone)!;
  const end = begin + 60;
  const clock = begin % 1440;
  const atWork = clock >= workBegins && clock + 60 <= workEnds;
  return atWork && busy.every(([from, to]) => to <= begin || from >= end);
}

const hours = Array.from({ length: 24 }, (_, hour) => ({
  utc: `${String(hour).padStart(2, "0")}:00`,
  free: people.filter((person) => isFree(person, hour)).length,
}));
hours.sort((a, b) => b.free - a.free);
export default { people: people.length, zones: zones.length, best: hours.slice(0, 3) };
