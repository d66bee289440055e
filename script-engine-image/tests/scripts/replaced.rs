//! A script that replaces every built-in breaks itself at most: what the prelude gave it before still works.

use super::harness::run;

/// Replaces every function and getter that can be reached, but for the prelude's own objects, and puts setters that
/// throw where the prelude and the engine make properties. `then`, `constructor` and `species` stay: `await` asks for
/// them.
const HARM: &str = r#"
const { console: con, URL: Url, URLSearchParams: Params, TextEncoder: Encoder, TextDecoder: Decoder, structuredClone: copyOf,
    crypto: random, performance: clock, setTimeout: later, ToolError: Failed } = globalThis;
const { ownKeys, getOwnPropertyDescriptor: describe, defineProperty, getPrototypeOf } = Reflect;
const own = [con, Url, Url.prototype, Params, Params.prototype, Encoder, Encoder.prototype, Decoder, Decoder.prototype,
    random, clock, log, state, log.info];
const before = { map: new Map([["k", [1]]]), set: new Set([2]), date: new Date(0), at: /a/giu, bytes: new Uint8Array([3, 4]),
    buffer: new Uint8Array([5]).buffer, error: new RangeError("r", { cause: 6 }) };
const { hasInstance, species } = Symbol, { prototype } = Promise, lies = [Map, Set, Date, RegExp, ArrayBuffer, Error];
const trapped = [Object.prototype, Array.prototype, Error.prototype];
function breakAll() {
    const queue = [globalThis, getPrototypeOf(function* () {}), getPrototypeOf(async function* () {}), getPrototypeOf(async () => {}),
        getPrototypeOf([][Symbol.iterator]()), getPrototypeOf(new Map()[Symbol.iterator]()), getPrototypeOf(Uint8Array), ToolError,
        getPrototypeOf(/a/[Symbol.matchAll]("a"))];
    const seen = [], found = [];
    const isIn = (list, object) => { for (let n = 0; n < list.length; n++) if (list[n] === object) return true; return false; };
    for (let at = 0; at < queue.length; at++) {
        const object = queue[at];
        if ((typeof object !== "object" && typeof object !== "function") || object === null || isIn(seen, object) || isIn(own, object)) continue;
        seen[seen.length] = object;
        queue[queue.length] = getPrototypeOf(object);
        const names = ownKeys(object);
        for (let n = 0; n < names.length; n++) {
            const now = describe(object, names[n]);
            queue[queue.length] = now.value;
            queue[queue.length] = now.get;
            queue[queue.length] = now.set;
            if (now.configurable) found[found.length] = [object, names[n], now];
        }
    }
    const replaced = () => { throw "replaced"; };
    let count = 0;
    for (let n = 0; n < found.length; n++) {
        const object = found[n][0], name = found[n][1], now = found[n][2];
        if (name === "constructor" || name === species || (object === prototype && name === "then")) continue;
        const made = now.get || now.set ? { __proto__: null, get: replaced, set: replaced, configurable: true }
            : typeof now.value === "function" ? { __proto__: null, value: replaced, configurable: true } : undefined;
        if (made !== undefined) { try { defineProperty(object, name, made); count++; } catch {} }
    }
    const traps = ["server", "tool", "code", "retryable", "details", "message", "stack", "cause", "name", "kind", "size", "read", "written",
        "get", "set", "value", "writable", "enumerable", "callback"];
    for (let n = 0; n < traps.length; n++) {
        const trap = { __proto__: null, get() { return undefined; }, set: replaced, configurable: true };
        for (let m = 0; m < trapped.length; m++) { try { defineProperty(trapped[m], traps[n], trap); } catch {} }
    }
    for (let n = 0; n < lies.length; n++) defineProperty(lies[n], hasInstance, { __proto__: null, value: replaced });
    return count;
}
"#;

/// A script that replaces everything, and then does this.
fn harmed(source: &str) -> String {
    format!(
        "import {{ echo, fail }} from 'mcp:test'; import {{ log, state, listDir, readFile }} from 'mcp-host';\n{HARM}\n\
         const count = breakAll();\nif (count < 500) throw 'only ' + count;\n{source}"
    )
}

fn after(source: &str) -> super::harness::Ran {
    run(&harmed(source))
}

#[test]
fn calls_and_their_errors_work_when_every_built_in_is_replaced() {
    let ran = after(
        "let e; try { await fail({}) } catch (error) { e = error }
        const a = await echo({ a: [1, { b: 2 }] });
        export default { a, server: e.server, tool: e.tool, code: e.code, message: e.message, retryable: e.retryable, details: e.details,
            is: getPrototypeOf(e) === Failed.prototype }",
    );
    assert_eq!(
        ran.value(),
        r#"{"a":{"a":[1,{"b":2}]},"server":"test","tool":"fail","code":"failed","message":"it failed","retryable":true,"details":{"a":1},"is":true}"#
    );
}

#[test]
fn an_uncaught_error_has_its_place_when_every_built_in_is_replaced() {
    let first = harmed("").matches('\n').count() + 1;
    for (source, message) in [
        ("await fail({});", "ToolError: it failed"),
        ("null.x;", "TypeError: cannot read property 'x' of null"),
        (
            "throw new before.error.constructor('own');",
            "RangeError: own",
        ),
        (
            "try { await readFile('/none') } catch (error) { throw error }",
            "FileError: /none does not exist",
        ),
    ] {
        let ran = after(source);
        assert_eq!(ran.failure().1, message, "{source}");
        let [frame] = &ran.frames()[..] else {
            panic!("{source}: {:?}", ran.frames());
        };
        assert!(
            frame.starts_with(&format!(" {first}:")),
            "{source}: {frame}"
        );
    }
}

#[test]
fn no_value_that_a_script_sets_hides_the_place_of_an_error() {
    for harm in [
        "Error.prepareStackTrace = () => 'elsewhere';",
        "Error.stackTraceLimit = 0;",
        "Object.defineProperty(Error.prototype, 'stack', { value: 'elsewhere' });",
        "Object.defineProperty(Error.prototype, 'stack', { get() { throw 'elsewhere' } });",
    ] {
        let ran = run(&format!(
            "{harm}\nfunction f() {{\n  throw new Error('x');\n}}\nf();"
        ));
        assert_eq!(ran.frames(), ["f 3:13", " 5:1"], "{harm}");
    }
    // A text that the script gives one error counts for that error.
    let ran = run("const e = new Error('x'); e.stack = '    at g (test.ts:7:8)'; throw e;");
    assert_eq!(ran.frames(), ["g 7:8"]);
}

#[test]
fn the_console_works_when_every_built_in_is_replaced() {
    let ran = after(
        "con.log('x', { a: [1, 'b'] }, before.map, before.set, before.date, before.at, before.bytes);
        con.error(before.error); log.info('m', { n: 1 }); con.count(); con.trace('t');",
    );
    let first = "Level::Info x {a: [1, \"b\"]} Map {\"k\" => [1]} Set {2} 1970-01-01T00:00:00.000Z /a/giu Uint8Array [3, 4]";
    assert_eq!(ran.log[0], first);
    assert!(
        ran.log[1].starts_with("Level::Error RangeError: r; caused by 6"),
        "{:?}",
        ran.log
    );
    assert_eq!(ran.log[2], "Level::Info m n=1");
    assert_eq!(ran.log[3], "Level::Info default: 1");
    assert!(
        ran.log[4].starts_with("Level::Debug trace: t\n"),
        "{:?}",
        ran.log
    );
}

#[test]
fn urls_text_and_copies_work_when_every_built_in_is_replaced() {
    let ran = after(
        "const u = new Url('http://x/a?b=1&c=2&b=3#h'); u.searchParams.append('d', 'é'); u.searchParams.delete('c'); u.searchParams.set('b', '4');
        const bytes = new Encoder().encode('ü'); const into = new Encoder().encodeInto('ab', before.bytes);
        const c = copyOf({ list: [1, { x: 1 }], map: before.map, set: before.set, date: before.date, at: before.at, bytes: before.bytes,
            buffer: before.buffer, error: before.error });
        const uuid = random.randomUUID();
        await { then(done) { later(done, 1) } };
        export default [u.href, u.searchParams.get('b'), bytes[0], into.read, new Decoder().decode(bytes), c.list, c.bytes[1], c.error.message,
            uuid.length, clock.now() >= 0]",
    );
    assert_eq!(
        ran.value(),
        r#"["http://x/a?b=4&d=%C3%A9#h","4",195,2,"ü",[1,{"x":1}],98,"r",36,true]"#
    );
}

#[test]
fn files_and_state_work_when_every_built_in_is_replaced() {
    let ran = after(
        "const put = await state.set('k', { a: 1 }); const keys = await state.list(); const files = await listDir('/data');
        const bytes = await readFile('/data/a.txt'); let e; try { await readFile('/none') } catch (error) { e = error }
        export default [await state.get('k'), keys, files, bytes[0], e.code, e.name]",
    );
    assert_eq!(
        ran.value(),
        r#"[{"a":1},["k"],[{"name":"a.txt","kind":"file","size":9}],116,"not-found","FileError"]"#
    );
}
