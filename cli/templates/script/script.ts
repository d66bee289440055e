{{#if sample}}
{{#if inputs}}
import { input } from "mcp-host";
{{/if}}
import { {{{sample.import}}} } from "mcp-server:{{sample.server}}/tools";

const answer = await {{sample.function}}({{{sample.arguments}}});
{{#if sample.count}}
export default `${answer{{{sample.count}}}.length} {{sample.words}}`;
{{else if sample.text}}
export default answer{{{sample.text}}};
{{else}}
export default answer;
{{/if}}
{{else}}
import { input, log } from "mcp-host";

const { name = "world" } = input as { name?: string };
log.info(`greeting ${name}`);
export default `hello ${name}`;
{{/if}}
