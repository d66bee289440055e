await github.list_issues({ owner: "o", repo: "r" })
