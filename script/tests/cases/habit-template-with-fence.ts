import { writeFile } from "mcp-host";

const code = "let a = 1;";
await writeFile("/out/a.md", `# Title

\`\`\`ts
${code}
\`\`\`
`);
export default "written";
