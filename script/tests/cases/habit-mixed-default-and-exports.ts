import { list_issues } from "mcp:github";

export const config = { retries: 3 };
export interface Options { owner: string }
export type Result = { count: number };
export default async function main(input: Options = { owner: "o" }): Promise<Result> {
  const issues = await list_issues(input);
  return { count: issues.length };
}
