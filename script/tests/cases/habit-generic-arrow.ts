import { list_issues } from "mcp:github";

const first = <T,>(list: readonly T[]): T | undefined => list[0];
const keep = async <T extends { id: number }, K extends keyof T>(item: T, key: K): Promise<T[K]> => item[key];
const issues = (await list_issues({ owner: "o" })) as { id: number }[];
export default await keep(first(issues)!, "id");
