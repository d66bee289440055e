// oidc-provider as the authorization server, and beside it an MCP server that takes its tokens. Each person agrees to
// everything. Prints both addresses as one line of JSON. `/control` of the MCP server changes what it does.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";
import { createLocalJWKSet, jwtVerify } from "jose";

const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const jwks = { keys: [{ ...key, kid: "one", use: "sig", alg: "RS256" }] };
const control = { ttl: 3600, audience: undefined };
// Every secret that came by: a test looks for them where none belongs.
const seen = new Set();
const counts = { authorization_code: 0, refresh_token: 0, client_credentials: 0, revoked: 0, refused: 0 };
let lastGrant;

const listen = (server) =>
  new Promise((done) => server.listen(0, "127.0.0.1", () => done(`http://127.0.0.1:${server.address().port}`)));

const issuerServer = createServer((request, response) => issuerHandler(request, response));
let issuerHandler;
const issuer = await listen(issuerServer);
const resourceServer = createServer((request, response) => resource(request, response));
const base = await listen(resourceServer);
const mcp = `${base}/mcp`;

const provider = new Provider(issuer, {
  jwks,
  cookies: { keys: ["a key for tests"] },
  scopes: ["openid", "offline_access", "read", "write"],
  clients: [
    {
      client_id: "robot",
      client_secret: "robot-secret-4711-robot-secret",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
  ],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  ttl: { Interaction: 600, Session: 600, Grant: 3600, RefreshToken: 3600, AccessToken: () => control.ttl },
  interactions: { url: (_, interaction) => `/agree/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => mcp,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, indicator) => ({
        scope: "read write",
        audience: indicator,
        accessTokenFormat: "jwt",
        accessTokenTTL: control.ttl,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
provider.on("grant.success", ({ oidc, body }) => {
  for (const name of ["code", "code_verifier", "refresh_token", "client_secret"]) seen.add(oidc.params[name]);
  for (const name of ["access_token", "refresh_token", "id_token"]) seen.add(body?.[name]);
  counts[oidc.params.grant_type] += 1;
  lastGrant = oidc.entities.Grant?.jti ?? lastGrant;
});
provider.on("grant.error", (_, error) => {
  counts.refused += 1;
  console.error(`refused: ${error.message}: ${error.error_description}`);
});
for (const kind of ["refresh_token", "access_token"]) {
  provider.on(`${kind}.destroyed`, () => {});
}
provider.on("grant.revoked", () => (counts.revoked += 1));
const answer = provider.callback();
issuerHandler = async (request, response) => {
  if (!request.url.startsWith("/agree/")) return answer(request, response);
  const details = await provider.interactionDetails(request, response);
  if (details.prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: "ann" } });
  }
  const grant = details.grantId
    ? await provider.Grant.find(details.grantId)
    : new provider.Grant({ accountId: "ann", clientId: details.params.client_id });
  const missing = details.prompt.details;
  if (missing.missingOIDCScope) grant.addOIDCScope(missing.missingOIDCScope.join(" "));
  for (const [indicator, scopes] of Object.entries(missing.missingResourceScopes ?? {})) {
    grant.addResourceScope(indicator, scopes.join(" "));
  }
  const grantId = await grant.save();
  return provider.interactionFinished(
    request,
    response,
    { consent: { grantId } },
    { mergeWithLastSubmission: true },
  );
};

const keys = createLocalJWKSet({
  keys: jwks.keys.map(({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg })),
});

async function resource(request, response) {
  const url = new URL(request.url, base);
  const send = (status, body, headers = {}) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? "" : JSON.stringify(body));
  };
  let text = "";
  for await (const chunk of request) text += chunk;
  const about = `${base}/.well-known/oauth-protected-resource/mcp`;
  if (url.href === about) {
    return send(200, { resource: mcp, authorization_servers: [issuer], scopes_supported: ["read"] });
  }
  if (url.pathname === "/control") {
    for (const [name, value] of url.searchParams) {
      if (name === "ttl") control.ttl = Number(value);
      if (name === "audience") control.audience = value;
      if (name === "revoke") {
        await provider.AccessToken.revokeByGrantId(lastGrant);
        await provider.RefreshToken.revokeByGrantId(lastGrant);
        control.notBefore = Date.now();
      }
    }
    return send(200, { ...counts, seen: [...seen].filter(Boolean) });
  }
  if (url.pathname !== "/mcp") return send(404, {});
  // It repeats what it was sent.
  const refuse = (status, error, scope = "") =>
    send(status, { error, sent: request.headers.authorization }, { "www-authenticate": `Bearer error="${error}"${scope}, resource_metadata="${about}"` });
  const token = request.headers.authorization?.replace(/^Bearer /, "");
  if (!token) return refuse(401, "invalid_token");
  let claims;
  try {
    const audience = control.audience ?? mcp;
    claims = (await jwtVerify(token, keys, { issuer, audience, typ: "at+jwt" })).payload;
  } catch {
    return refuse(401, "invalid_token");
  }
  // A revoked JWT is good until its end: the server asks its own list.
  if (control.notBefore && claims.iat * 1000 <= control.notBefore) return refuse(401, "invalid_token");
  if (request.method === "GET") return send(405);
  if (request.method === "DELETE") return send(200);
  const message = JSON.parse(text);
  const result = (result) => send(200, { jsonrpc: "2.0", id: message.id, result });
  const scopes = (claims.scope ?? "").split(" ");
  switch (message.method) {
    case "initialize":
      return result({
        protocolVersion: "2025-11-25",
        capabilities: { tools: {} },
        serverInfo: { name: "guarded", version: "1" },
      });
    case "tools/list":
      return result({
        tools: ["read", "write"].map((name) => ({ name, inputSchema: { type: "object" } })),
      });
    case "tools/call":
      if (!scopes.includes(message.params.name)) {
        return refuse(403, "insufficient_scope", `, scope="${message.params.name}"`);
      }
      return result({ content: [{ type: "text", text: `${message.params.name} as ${claims.sub}` }] });
    default:
      if (message.id === undefined) return send(202);
      return send(400, { jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "no such method" } });
  }
}

console.log(JSON.stringify({ mcp, control: `${base}/control`, issuer }));
