import { list_issues } from "mcp:github";

export async function handler(event: { owner: string }) {
  return await list_issues({ owner: event.owner });
}
