//! Generated scripts that try to reach more than their imports show: every call that a server gets is in the manifest
//! that was read from the text before the run.

use std::collections::BTreeSet;

use mcp_host::ScriptText;
use mcp_tests::{Fake, structured};
use serde_json::{Value, json};

use super::generated::Random;
use super::library::World;

/// Tools of the server `s`. No script imports the last ones.
const TOOLS: usize = 12;
const SECRETS: [&str; 3] = ["secret", "default", "then"];

fn server() -> Fake {
    let names = (0..TOOLS).map(|n| format!("tool_{n}"));
    let names = names.chain(SECRETS.map(str::to_owned));
    let tools: Vec<_> = names
        .map(|name| json!({ "name": name, "inputSchema": { "type": "object" } }))
        .collect();
    Fake::new("s", tools.into(), |_, arguments| {
        Box::pin(async move { Ok(structured(Value::Object(arguments))) })
    })
}

/// An identifier, some of whose characters are escapes.
fn escaped(random: &mut Random, name: &str) -> String {
    let chars = name.chars().map(|char| match random.below(5) {
        0 => format!("\\u{{{:x}}}", u32::from(char)),
        1 => format!("\\u{:04x}", u32::from(char)),
        _ => char.to_string(),
    });
    chars.collect()
}

/// An import, and the expression by which the script has the tool then.
fn import(random: &mut Random, n: usize) -> (String, String) {
    let tool = format!("tool_{}", random.below(TOOLS));
    let written = escaped(random, &tool);
    match random.below(9) {
        0 => (
            format!("import {{ {written} as a{n} }} from \"mcp:s\";"),
            format!("a{n}"),
        ),
        1 => (
            format!("import {{ \"{tool}\" as b{n} }} from \"mcp-server:s/tools\";"),
            format!("b{n}"),
        ),
        2 => (
            format!("import * as c{n} from \"mcp:s\";"),
            format!("c{n}.{written}"),
        ),
        3 => (
            format!("import * as d{n} from \"mcp:s\";"),
            format!("d{n}[\"{tool}\"]"),
        ),
        4 => (
            format!("import * as e{n} from \"mcp:s\"; const {{ {written}: f{n} }} = e{n};"),
            format!("f{n}"),
        ),
        5 => (
            format!("import g{n} from \"mcp:s\"; const h{n} = g{n}; const i{n} = h{n}.{tool};"),
            format!("i{n}"),
        ),
        6 => (
            format!("const {{ {tool}: j{n} }} = require(\"mcp:s\");"),
            format!("j{n}"),
        ),
        7 => (
            format!(
                "export {{ {tool} as k{n} }} from \"mcp:s\"; import {{ {tool} as l{n} }} from \"mcp:s\";"
            ),
            format!("l{n}"),
        ),
        _ => (String::new(), format!("s.{tool}")),
    }
}

/// What a script does with a tool that it has: it calls that one, or tries to reach another.
const TRICKS: [&str; 40] = [
    "await TOOL({ tool: 'secret', server: 's', number: 13, name: 'secret' });",
    "await (0, TOOL)({ a: 1 });",
    "await [TOOL][0]({}); const { x = TOOL } = {}; await x({});",
    "await TOOL.call({ number: 13 }, {}); await TOOL.apply('secret', [{}]); await TOOL.bind(13)({});",
    "await Reflect.apply(TOOL, 13, [{ number: 13 }]);",
    "await new Proxy(TOOL, { apply: (f, self, list) => Reflect.apply(f, 13, list), get: () => 13 })({});",
    "const o = { get it() { return TOOL; }, ['se' + 'cret']: TOOL }; await o.it({}); await o.secret({});",
    "{ const secret = TOOL; await secret({}); const s = { secret() { return 1; } }; s.secret(); }",
    "Object.defineProperty(TOOL, 'name', { value: 'secret' }); await TOOL({});",
    "TOOL.number = 13; TOOL.tool = 'secret'; try { TOOL.prototype = { number: 13 }; } catch {} await TOOL({});",
    "Object.prototype.number = 13; Object.prototype.name = 'secret'; await TOOL({}); delete Object.prototype.number; delete Object.prototype.name;",
    "Function.prototype.number = 13; await TOOL({}); delete Function.prototype.number;",
    "Object.setPrototypeOf(TOOL, { number: 13, name: 'secret' }); await TOOL({});",
    "Array.prototype[0] = { secret: 1 }; await TOOL(); delete Array.prototype[0];",
    "class Sub { static f = TOOL; #g = TOOL; run() { return this.#g({}); } } await Sub.f({}); await new Sub().run();",
    "const [f = TOOL] = []; await f({}); for (const g of [TOOL]) await g({}); for (const { h } of [{ h: TOOL }]) await h({});",
    "await ((...list) => list[0]({}))(TOOL); await (async function* () { yield TOOL; })().next().then((step) => step.value({}));",
    "const m = await (0, eval)('import(\"mcp:s\")'); await m.secret({});",
    "const m = await (0, eval)('import(\"mcp-server:s/tools\")'); for (const name in m) if (name === 'secret') await m[name]({});",
    "const m = await new Function('return import(\"mcp:s\")')(); await m['sec' + 'ret']({});",
    "const m = await (async () => {}).constructor('return import(\"mcp:s\")')(); await m.secret({});",
    "await (function* () {}).constructor('yield import(\"mcp:s\")')().next().value.then((m) => m.secret({}));",
    "await TOOL.constructor('return import(\"mcp:s\")')().then((m) => m.secret({}));",
    "await new Function('scope', 'with (scope) { return secret({}); }')({ f: TOOL });",
    "await new Function('scope', 'with (scope) { return tool({}); }')({ tool: TOOL });",
    "await new Function('return this')().s.secret({});",
    "await globalThis.s.secret({});",
    "await globalThis['mcp:s'].secret({}); await globalThis.secret({});",
    "for (const name of Object.getOwnPropertyNames(globalThis)) { const f = globalThis[name]; if (/tool|call|mcp|host/i.test(name)) await f(13, '{}'); }",
    "Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunction?.()); const p = TOOL({}); \
     const found = new Error().stack; Error.prepareStackTrace = undefined; for (const f of found ?? []) await f?.call?.(null, 13, '{}'); await p;",
    "const then = Promise.prototype.then; Promise.prototype.then = function (...list) { return then.call(this, ...list); }; await TOOL({}); \
     Promise.prototype.then = then;",
    "const { stringify } = JSON; JSON.stringify = () => '{\"tool\":\"secret\"}'; await TOOL({}); JSON.stringify = stringify;",
    "await TOOL({ toJSON() { return { tool: 13 }; } }); await TOOL({ toJSON: () => 13 });",
    "const wrong = [13, 'secret']; for (const one of wrong) await TOOL(one, { number: 13 }).catch(() => {});",
    "await new TOOL({ number: 13 });",
    "await TOOL`secret`;",
    "await Promise.all([TOOL, TOOL].map((f, number) => f({ number }))); await Promise.race([TOOL({}), TOOL({})]);",
    "const copy = structuredClone({ a: 1 }); try { structuredClone(TOOL); } catch {} copy.f = TOOL; await copy.f({});",
    "setTimeout(() => TOOL({ late: 1 }), 0); await new Promise((done) => setTimeout(done, 1)); queueMicrotask(TOOL);",
    "const m = await (0, eval)('import(\"mcp-host\")'); await m.state?.get('x'); await m.secret?.({});",
];

/// What a text does not show is refused, and nothing of the script runs.
const REFUSED: [&str; 4] = [
    "import * as z from \"mcp:s\"; const n = 'secret'; await z[n]({});",
    "import * as z from \"mcp:s\"; await ((it) => it.secret({}))(z);",
    "const z = await import(\"mcp:s\"); await z.secret({});",
    "import * as z from \"mcp:s\"; for (const name in z) await z[name]({});",
];

fn script(random: &mut Random) -> String {
    let mut source = String::new();
    let mut body = String::new();
    for n in 0..1 + random.below(4) {
        let (line, tool) = import(random, n);
        source.push_str(&line);
        source.push('\n');
        for _ in 0..1 + random.below(4) {
            let trick = TRICKS[random.below(TRICKS.len())].replace("TOOL", &tool);
            body.push_str(&format!("try {{ {trick} }} catch {{}}\n"));
        }
    }
    if random.below(12) == 0 {
        body.push_str(REFUSED[random.below(REFUSED.len())]);
    }
    format!("{source}{body}\nexport default 1;\n")
}

#[tokio::test]
async fn every_call_of_a_generated_script_is_in_the_manifest_of_its_text() {
    let count = std::env::var("SCRIPTS").map_or(600, |count| count.parse().unwrap());
    let (mut refused, mut calls, mut tools) = (0, 0, BTreeSet::new());
    for number in 0..count {
        let source = script(&mut Random::of(1_000_000 + number));
        // Read by itself: what a person sees before the run.
        let Ok(text) = ScriptText::read("script.ts", &source) else {
            refused += 1;
            continue;
        };
        let manifest = text.manifest().tools.iter();
        let manifest: BTreeSet<_> = manifest.map(|tool| tool.name.clone()).collect();
        let server = server();
        let seen = server.calls();
        let report = World::of(server).run(&source).await;
        let reached: BTreeSet<String> = seen
            .lock()
            .unwrap()
            .iter()
            .map(|(tool, _)| tool.clone())
            .collect();
        calls += seen.lock().unwrap().len();
        assert!(
            reached.is_subset(&manifest),
            "{reached:?} is more than {manifest:?}: {report:?}\n{source}"
        );
        tools.extend(reached);
    }
    let count = usize::try_from(count).unwrap();
    assert!(refused > 0 && refused < count / 4, "{refused} were refused");
    assert!(calls > 3 * count, "{calls} calls");
    assert_eq!(tools.len(), TOOLS, "{tools:?}");
}
