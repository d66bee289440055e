for (const n of [1, 2]) {
  await github.close_issue({ owner: "o", repo: "r", issue_number: n });
}
