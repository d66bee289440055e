const ids = [1, 2, 3];
export default await Promise.all(ids.map((issue_number) => github.get_issue({ owner: "o", repo: "r", issue_number })));
