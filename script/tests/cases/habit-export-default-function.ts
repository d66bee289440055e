export default async function main({ owner, repo }: { owner: string; repo: string }) {
  return github.list_issues({ owner, repo });
}
