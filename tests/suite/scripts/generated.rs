//! Scripts from a seed, and the server that they call. The same number gives the same script.

use mcp_bridge::CallError;
use mcp_tests::{Fake, structured, text};
use serde_json::{Value, json};

/// A generator of numbers that is the same in each run (xorshift).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// The server `lab`. An answer of `late` lets others go first so many times; `never` does not answer.
pub(super) fn lab() -> Fake {
    let open = json!({ "type": "object" });
    let sum = json!({ "type": "object", "properties": { "a": { "type": "integer" }, "b": { "type": "integer" } },
        "required": ["a", "b"] });
    let number =
        |name: &str| json!({ "type": "object", "properties": { name: { "type": "integer" } } });
    let tools = json!([
        { "name": "add", "inputSchema": sum, "outputSchema": number("sum") },
        { "name": "echo", "inputSchema": open },
        { "name": "fail", "inputSchema": open },
        { "name": "gone", "inputSchema": open, "annotations": { "readOnlyHint": true } },
        { "name": "list", "inputSchema": number("n"), "outputSchema": open },
        { "name": "late", "inputSchema": number("turns"), "outputSchema": number("turns") },
        { "name": "never", "inputSchema": open },
    ]);
    Fake::new("lab", tools, |tool, arguments| {
        let tool = tool.to_owned();
        Box::pin(async move {
            let number = |name: &str| arguments.get(name).and_then(Value::as_u64).unwrap_or(0);
            Ok(match tool.as_str() {
                "add" => structured(json!({ "sum": number("a") + number("b") })),
                "list" => {
                    let items: Vec<_> = (0..number("n")).map(|n| json!({ "id": n })).collect();
                    structured(json!({ "items": items }))
                }
                "late" => {
                    for _ in 0..number("turns") {
                        tokio::task::yield_now().await;
                    }
                    structured(json!({ "turns": number("turns") }))
                }
                "never" => std::future::pending().await,
                "gone" => return Err(CallError::Unavailable("the server is gone".to_owned())),
                "fail" => {
                    let mut failed = text("it failed on purpose");
                    failed.is_error = Some(true);
                    failed
                }
                _ => text(&Value::Object(arguments).to_string()),
            })
        })
    })
    .forgetful()
}

/// What a script begins with.
const HEAD: &str = "import * as lab from \"mcp:lab\";\n\
    import { input, log, state, listDir, readTextFile, ToolError } from \"mcp-host\";\n\
    const out: unknown[] = [];\nconst wait = (ms: number) => new Promise((done) => setTimeout(done, ms));\nawait lab.echo({ begins: true });\n";

/// The script with this number.
pub(super) fn script(number: u64) -> String {
    let mut random = Random::of(number);
    let mut source = HEAD.to_owned();
    for n in 0..2 + random.below(6) {
        source.push_str(&format!("{{ // {n}\n{}\n}}\n", piece(&mut random)));
    }
    source.push_str(match random.below(20) {
        0 => "throw new Error(`on purpose: ${JSON.stringify(out)}`);\n",
        1 => "await lab.fail({ why: out.length });\n",
        2 => "lab.never({ n: 1 }); lab.never({ n: 2 }); await lab.echo({});\n",
        3 => "await lab.echo({}); await new Promise(() => {});\n",
        4 => "for (const n of [1, 2]) lab.echo({ n });\n",
        _ => "",
    });
    source.push_str("export default { input, out };\n");
    source
}

// Long: one entry for each thing that a script does.
fn piece(random: &mut Random) -> String {
    let [a, b, c] = [random.below(9), random.below(9), random.below(9)];
    let form = random.pick(&[
        "out.push(await lab.add({ a: A, b: B }));",
        "const order: number[] = [];\n\
         await Promise.all([A, B, C].map((turns) => lab.late({ turns }).then(() => order.push(turns))));\nout.push(order);",
        "const order: number[] = [];\n\
         await Promise.all([A, B, C].map((ms) => wait(ms).then(() => order.push(ms))));\nout.push(order);",
        "out.push(Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(A))]);",
        "out.push(Date.now(), new Date().toISOString(), performance.now(), performance.timeOrigin);",
        "try { await lab.fail({ n: A }); } catch (e) {\n\
           out.push([e instanceof ToolError, e.code, e.message, e.retryable, e.stack.length]);\n}",
        "try { await lab.gone({}); } catch (e) { out.push([e.name, e.code, e.retryable]); }",
        "try { await lab.add(JSON.parse('[{}]')[0]); } catch (e) { out.push([e.code, e.message]); }",
        "const seen = ((await state.get('seen')) as number) ?? 0;\nawait state.set('seen', seen + A, { ttlMs: 60000 });\n\
         out.push(seen >= 0, await state.list(), await state.compareAndSwap('cas', undefined, { b: B }), await state.delete('cas'));",
        "log.info('step A', { a: A, list: [B] });\nconsole.warn('said', { c: C }, new Map([[A, B]]));",
        "let sum = 0;\nfor (let n = 0; n < A; n++) sum += (await lab.list({ n })).items.length;\nout.push(sum);",
        "out.push(await Promise.race([lab.late({ turns: A }), wait(B), lab.late({ turns: C })]));",
        "const all = await Promise.allSettled([lab.fail({}), lab.add({ a: A, b: B }), lab.gone({})]);\n\
         out.push(all.map((one) => one.status));",
        "out.push(await Promise.any([lab.fail({}), lab.late({ turns: A }), lab.late({ turns: B })]));",
        "async function* pages() { for (let n = 0; n < C; n++) yield await lab.late({ turns: n }); }\n\
         for await (const page of pages()) out.push(page.turns);",
        "const walk = async (depth: number): Promise<number> => (depth === 0 ? 0 : 1 + (await walk(depth - 1)));\n\
         out.push(await walk(A), JSON.parse(await lab.echo({ text: 'ü\\ud83d\\ude00 A', list: [1, null, { b: B }] })));",
        "const names = await listDir('/mcp-tools');\nout.push(names.map((entry) => entry.name), (await listDir('/mcp-tools/lab')).length);",
        "let ticks = 0;\nawait new Promise<void>((done) => { const id = setInterval(() => { if (++ticks > 2) { clearInterval(id); done(); } }, 1); });\n\
         out.push(ticks);",
        "const url = new URL('/a?b=A', 'https://example.org'); url.searchParams.set('c', 'B');\n\
         out.push(url.href, structuredClone({ a: [A, new Date(B)] }), new TextDecoder().decode(new TextEncoder().encode('é')));",
        "out.push((0, eval)('A * B'), new Function('n', 'return n + C')(A), [A, B, C].sort((x, y) => x - y), /(\\d)+/.exec('x A')?.[1]);",
        "const pending = Array.from({ length: A + B }, (_, n) => lab.late({ turns: n % 4 }));\n\
         out.push((await Promise.all(pending)).reduce((sum, { turns }) => sum + turns, 0));",
        "const later = lab.late({ turns: C });\nqueueMicrotask(() => out.push('micro'));\nawait wait(1);\nout.push(await later);",
        "try { await readTextFile('/nowhere/A'); } catch (e) { out.push([e.name, e.code]); }",
    ]);
    with(&with(&with(form, 'A', a), 'B', b), 'C', c)
}

/// The text with this number in the place of a letter that stands alone.
fn with(text: &str, letter: char, number: usize) -> String {
    let is_alone = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + letter.len_utf8()..].chars().next();
        let joined = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        !joined(before) && !joined(after)
    };
    let mut made = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        match char == letter && is_alone(at) {
            true => made.push_str(&number.to_string()),
            false => made.push(char),
        }
    }
    made
}
