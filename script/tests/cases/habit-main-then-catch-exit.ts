import { list_issues } from "mcp:github";

async function main() {
  return list_issues({ owner: "o" });
}

main()
  .then((issues) => {
    console.log(JSON.stringify(issues, null, 2));
  })
  .catch((error) => {
    console.error("failed:", error);
    process.exit(1);
  });
