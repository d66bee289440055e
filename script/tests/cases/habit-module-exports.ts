const { list_issues } = require("mcp:github");
module.exports = async function (input) {
  return list_issues({ owner: input.owner, repo: "r" });
};
