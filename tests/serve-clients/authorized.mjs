// A client on the official TypeScript SDK that has no token: it meets the 401, finds the authorization server, gets a
// token there and runs a script. `client` is version 2 of the SDK, `sdk` is version 1. Prints one JSON result.
//
//     node authorized.mjs INSTALLATION PLAN
//
// The plan is JSON: `sdk`, `url`, `issuer`, `id`, `secret`, `scope`, `code`.

import { createRequire } from "node:module";

const [installation, text] = process.argv.slice(2);
const plan = JSON.parse(text);
const require = createRequire(`${installation}/`);

const requests = [];
const watched = async (url, init) => {
  const response = await fetch(url, init);
  requests.push(`${response.status} ${init?.method ?? "GET"} ${new URL(url).pathname}`);
  return response;
};
const { Client, StreamableHTTPClientTransport, ClientCredentialsProvider } = sdk();
const authProvider = new ClientCredentialsProvider({
  clientId: plan.id,
  clientSecret: plan.secret,
  expectedIssuer: plan.issuer,
  // Version 1 asks for no other scope with this grant.
  scope: plan.scope,
});
const transport = new StreamableHTTPClientTransport(new URL(plan.url), { authProvider, fetch: watched });
const client = new Client({ name: "typescript", version: "1" });
await client.connect(transport);
const call = { name: "run_script", arguments: { code: plan.code } };
const { content } = plan.sdk === "client" ? await client.callTool(call) : await client.callTool(call, undefined);
await client.close();
console.log(JSON.stringify({ requests, text: content[0].text }));

function sdk() {
  if (plan.sdk === "client") return require("@modelcontextprotocol/client");
  return {
    ...require("@modelcontextprotocol/sdk/client/index.js"),
    ...require("@modelcontextprotocol/sdk/client/streamableHttp.js"),
    ...require("@modelcontextprotocol/sdk/client/auth-extensions.js"),
  };
}
