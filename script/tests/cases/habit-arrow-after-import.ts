import { get_issue } from "mcp:github";

async (input: { n: number }) => {
  return get_issue({ owner: "o", repo: "r", issue_number: input.n });
}
