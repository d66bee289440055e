import { readTextFile } from "mcp-host";

const text = await readTextFile("/docs/README.md");
const blocks = [...text.matchAll(/```(\w*)\n([\s\S]*?)```/g)];
export default blocks.map(([, language, body]) => ({ language, lines: body.split("\n").length }));
