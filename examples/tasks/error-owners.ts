// Which team has to look at the errors in the logs, and who is on call there?
import { read_text_file, search_files } from "mcp:filesystem";
import { open_nodes } from "mcp:memory";
import { input } from "mcp-host";

interface Failure {
  at: string;
  program: string;
  customer: string;
}

async function failuresOf(path: string): Promise<Failure[]> {
  const { content } = await read_text_file({ path });
  const errors = content.matchAll(/^(\S+) ERROR (\S+) request \S+ of customer (\S+) /gm);
  return [...errors].map(([, at = "", program = "", customer = ""]) => ({ at, program, customer }));
}

const logs = await search_files({ path: `${input.shop}/files/logs`, pattern: "*.log" });
const paths = logs.content.split("\n").sort();
// All logs are read at the same time.
const failures = (await Promise.all(paths.map(failuresOf))).flat();

const programs = [...new Set(failures.map(({ program }) => program))].sort();
const { relations } = await open_nodes({ names: programs });
const teamOf = new Map(relations.filter((r) => r.relationType === "owned by").map((r) => [r.from, r.to]));
const teams = [...new Set(programs.map((program) => teamOf.get(program)!))].sort();
const onCall = (await open_nodes({ names: teams })).relations.filter((r) => r.relationType === "is on call for");

export default teams
  .map((team) => {
    const its = failures.filter(({ program }) => teamOf.get(program) === team);
    return {
      team,
      onCall: onCall.find((r) => r.to === team)?.from ?? null,
      programs: programs.filter((program) => teamOf.get(program) === team),
      errors: its.length,
      customers: new Set(its.map(({ customer }) => customer)).size,
      first: its.map(({ at }) => at).sort()[0],
    };
  })
  .sort((a, b) => b.errors - a.errors);
