// oidc-provider as the authorization server of `mcp-host serve`: two clients that ask for tokens in their own name, ann
// for every scope and bob for reading only. Its argument is the resource. Prints its addresses as one line of JSON.
// A POST to `/control` asks for a token, forges one with the keys of the issuer, or changes what the issuer does.
import { createHmac, createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { SignJWT, importJWK } from "jose";
import { Provider } from "oidc-provider";

const resource = process.argv[2];
const secrets = { ann: "ann-secret-4711-ann-secret-4711", bob: "bob-secret-4711-bob-secret-4711" };
const counts = { jwks: 0 };
let down = false;
let key;
let answer;

const server = createServer((request, response) => handle(request, response));
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;
rotate();

// New keys, and the old ones are gone.
function rotate() {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  key = { ...pair.privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    cookies: { keys: ["a key for tests"] },
    scopes: ["openid", "mcp:read", "mcp:write"],
    clients: Object.entries(secrets).map(([client_id, client_secret]) => ({
      client_id,
      client_secret,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, indicator, client) => ({
          scope: client.clientId === "ann" ? "mcp:read mcp:write" : "mcp:read",
          audience: indicator,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
  answer = provider.callback();
}

async function handle(request, response) {
  const send = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.url === "/control") {
    let text = "";
    for await (const chunk of request) text += chunk;
    try {
      return send(200, await control(JSON.parse(text)));
    } catch (error) {
      return send(500, { error: String(error.stack) });
    }
  }
  if (request.url === "/jwks") {
    counts.jwks += 1;
    if (down) return send(500, {});
  }
  return answer(request, response);
}

async function control(asked) {
  if (asked.rotate) rotate();
  if (asked.down !== undefined) down = asked.down;
  if (asked.grant) return { token: await granted(asked.grant) };
  if (asked.forge) return { token: await forged(asked.forge) };
  return counts;
}

// A token as a client gets it.
async function granted({ client, scope, audience }) {
  const answered = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${client}:${secrets[client]}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope, resource: audience ?? resource }),
  });
  const body = await answered.json();
  if (!answered.ok) throw new Error(JSON.stringify(body));
  return body.access_token;
}

// A token with these claims, as whoever has the key of the issuer, or only knows its public half, can make it.
async function forged({ header = {}, claims = {}, by = "key" }) {
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: issuer, sub: "ann", aud: resource, exp: now + 600, scope: "mcp:read mcp:write" };
  const payload = { ...good, ...claims };
  for (const [name, value] of Object.entries(payload)) if (value === null) delete payload[name];
  if (typeof payload.exp === "string") payload.exp = now + Number(payload.exp);
  if (typeof payload.nbf === "string") payload.nbf = now + Number(payload.nbf);
  const head = { alg: "RS256", typ: "at+jwt", kid: key.kid, ...header };
  if (by === "key") return new SignJWT(payload).setProtectedHeader(head).sign(await importJWK(key, head.alg));
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  if (by === "none") return `${part({ ...head, alg: "none" })}.${part(payload)}.`;
  // The public key of the issuer as the secret of an HMAC.
  const pem = createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "pem" });
  const signed = `${part({ ...head, alg: "HS256" })}.${part(payload)}`;
  return `${signed}.${createHmac("sha256", pem).update(signed).digest("base64url")}`;
}

console.log(JSON.stringify({ issuer, control: `${issuer}/control`, secrets }));
