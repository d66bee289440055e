const issues = await github.list_issues({ owner: "o" });
{
  open: issues.length,
  first: issues[0]?.title ?? null,
}
