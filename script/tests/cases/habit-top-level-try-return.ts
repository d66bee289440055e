import { get_issue } from "mcp:github";

try {
  const issue = await get_issue({ number: 1 });
  return { ok: true, issue };
} catch (error: unknown) {
  return { ok: false, error: error instanceof Error ? error.message : String(error) };
} finally {
  console.log("done");
}
