// A browser without a screen: follows the redirects of a login with its cookies, up to the page on this machine. With
// `stop`, it is on another machine: it prints the address of that page, which does not load there.
const jar = new Map();
let url = new URL(process.argv[2]);
const last = new URL(url.searchParams.get("redirect_uri")).origin;
for (let step = 0; step < 20; step += 1) {
  const cookies = [...(jar.get(url.origin) ?? new Map())].map(([name, value]) => `${name}=${value}`);
  const response = await fetch(url, { redirect: "manual", headers: { cookie: cookies.join("; ") } });
  const own = jar.get(url.origin) ?? new Map();
  for (const cookie of response.headers.getSetCookie()) {
    const [pair] = cookie.split(";");
    own.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
  }
  jar.set(url.origin, own);
  const location = response.headers.get("location");
  if (!location) process.exit(response.ok ? 0 : 1);
  url = new URL(location, url);
  if (process.argv[3] === "stop" && url.origin === last) {
    console.log(url.href);
    process.exit(0);
  }
}
process.exit(1);
