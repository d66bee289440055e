const { list_issues } = require("mcp:github");

module.exports = async ({ owner }) => {
  const issues = await list_issues({ owner });
  return issues.length;
};
