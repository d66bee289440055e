//! Scripts that mean harm: each has its outcome, and none reaches a tool that it did not import.

use super::harness::{FailureKind, attempt, run};

/// Data and source nested without end, where a trap is as good as an error.
const DEEP_DATA: [&str; 5] = [
    "JSON.parse('['.repeat(200000))",
    "let a = []; for (let n = 0; n < 200000; n++) a = [a]; JSON.stringify(a)",
    "let a = []; for (let n = 0; n < 200000; n++) a = [a]; a.flat(Infinity)",
    "eval('('.repeat(100000))",
    "eval('['.repeat(100000))",
];

fn is_stack_trap(error: &wasmtime::Error) -> bool {
    matches!(error.downcast_ref(), Some(wasmtime::Trap::StackOverflow))
}

#[test]
fn five_thousand_frames_fit_and_endless_recursion_is_a_range_error() {
    assert_eq!(
        run("const f = (n) => (n === 0 ? 0 : 1 + f(n - 1)); export default f(5000)").value(),
        "5000"
    );
    assert_eq!(run("const f = (n) => (n === 0 ? 0 : 1 + [n].map((m) => f(m - 1))[0]); export default f(2500)").value(), "2500");
    let mut wrong = Vec::new();
    for source in [
        "const f = () => f() + 1; f()",
        "const f = () => [1].map(f); f()",
        "const f = () => [2, 1].sort(f); f()",
        "const f = () => 'a'.replace(/a/, f); f()",
        "const f = (...list) => Reflect.apply(f, null, list); f(1, 2, 3)",
        "const o = { get a() { return this.a } }; o.a",
        "const o = { toString() { return `${o}` } }; `${o}`",
        "const p = new Proxy({}, { get(t, k, r) { return r[k] } }); p.x",
        "const o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o)",
        "class A { constructor() { new A() } } new A()",
        "function* g() { yield* g() } [...g()]",
        "const f = async () => { await f() }; await f()",
        "let f = () => 1; for (let n = 0; n < 200000; n++) f = f.bind(null); f()",
        "let p = {}; for (let n = 0; n < 100000; n++) p = new Proxy(p, {}); p.x",
        "JSON.parse('['.repeat(200000))",
        "let a = []; for (let n = 0; n < 200000; n++) a = [a]; JSON.stringify(a)",
        "let a = []; for (let n = 0; n < 200000; n++) a = [a]; structuredClone(a)",
        "let a = []; for (let n = 0; n < 200000; n++) a = [a]; a.flat(Infinity)",
        "let a = []; for (let n = 0; n < 200000; n++) a = [a]; `${a}`",
        "eval('('.repeat(100000))",
        "eval('['.repeat(100000))",
        "eval('{'.repeat(100000))",
        "new Function('return ' + '-'.repeat(100000) + '1')()",
        "new RegExp('('.repeat(100000) + ')'.repeat(100000))",
    ] {
        let guarded = format!(
            "let name; try {{ {source} }} catch (e) {{ name = e.name }}\nexport default name"
        );
        match attempt(&guarded, u64::MAX) {
            Ok(ran)
                if [r#""RangeError""#, r#""SyntaxError""#, r#""InternalError""#]
                    .contains(&ran.value()) => {}
            Ok(ran) => wrong.push(format!("{source}: {}", ran.value())),
            // These go deeper in the machine's stack than in that of linear memory, which QuickJS measures: the
            // instance ends, and nothing else.
            Err(error) if DEEP_DATA.contains(&source) && is_stack_trap(&error) => {}
            Err(error) => wrong.push(format!("{source}: {}", error.root_cause())),
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(
        run("const f = () => f() + 1; f()").failure(),
        (
            FailureKind::Recursion,
            "RangeError: Maximum call stack size exceeded"
        )
    );
}

#[test]
fn result_nested_without_end_fails() {
    let source = "let a = []; for (let n = 0; n < 200000; n++) a = [a]; export default a";
    match attempt(source, u64::MAX) {
        Ok(ran) => assert_eq!(ran.failure().0, FailureKind::Recursion),
        Err(error) => assert!(is_stack_trap(&error), "{error:?}"),
    }
}

#[test]
fn memory_without_end_is_an_error() {
    let ran = run(
        "const a = []; let name; try { for (;;) a.push('x'.repeat(1e6) + a.length) } catch (e) { a.length = 0; name = e.message } export default name",
    );
    assert_eq!(ran.value(), r#""out of memory""#);
    let long = run("export default 'x'.repeat(2 ** 29).length");
    assert_eq!(
        long.failure(),
        (FailureKind::OutOfMemory, "InternalError: out of memory")
    );
}

#[test]
fn work_without_end_stops_with_the_fuel() {
    for source in [
        "for (;;) {}",
        "const f = () => Promise.resolve().then(f); await f()",
        "const f = () => setTimeout(f, 0); f(); await new Promise(() => {})",
        "/(a+)+$/.test('a'.repeat(40) + 'b')",
        "throw { get message() { for (;;) {} } , __proto__: Error.prototype }",
    ] {
        let error = attempt(source, 2_000_000_000).expect_err(source);
        assert!(format!("{error:?}").contains("fuel"), "{source}: {error:?}");
    }
}

#[test]
fn values_that_throw_when_they_are_shown_are_shown() {
    for source in [
        "throw { toString() { throw 1 }, get a() { throw 2 }, toJSON() { throw 3 } }",
        "throw new Proxy({}, new Proxy({}, { get() { throw 1 } }))",
        "throw new Proxy(new Error('x'), { get() { throw 1 } })",
        "const e = new Error('x'); Object.defineProperty(e, 'message', { get() { throw e } }); Object.defineProperty(e, 'stack', { get() { throw e } }); throw e",
        "const e = new Error('x'); e.name = e; e.message = e; e.stack = e; e.cause = e; throw e",
        "const e = new Error('x'); e.cause = e; throw e",
        "throw new Error('x'.repeat(3e7))",
        "Error.prepareStackTrace = () => { throw 1 }; null.x",
        "Error.prepareStackTrace = (e, sites) => sites; null.x",
        "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy",
        "throw '\\ud800'",
    ] {
        let ran = run(source);
        let (kind, message) = ran.failure();
        assert_eq!(kind, FailureKind::Exception, "{source}");
        assert!(
            message.len() <= 4000 && !message.is_empty(),
            "{source}: {message}"
        );
    }
}

#[test]
fn replaced_and_frozen_built_ins_harm_only_the_script() {
    let harm = "const all = [Object, Array, String, Promise, Map, Set, Error, JSON, Reflect, Function, Symbol, RegExp, Uint8Array, Date, Number];
    const replace = (from) => { const names = ownKeys(from); for (let n = 0; n < names.length; n++) {
        try { if (typeof from[names[n]] === 'function' && names[n] !== 'constructor') from[names[n]] = () => { throw 'replaced' } } catch {}
    } };
    for (let n = 0; n < all.length; n++) { replace(all[n]); replace(all[n].prototype ?? {}) }";
    let ran = run(&format!(
        "import {{ echo }} from 'mcp:test'; const {{ ownKeys }} = Reflect;\n{harm}\nconst a = await echo({{ a: 1 }});
        console.log('x');\nexport default {{ a }}"
    ));
    assert_eq!(ran.value(), r#"{"a":{"a":1}}"#);
    assert_eq!(ran.log, ["Level::Info x"]);
    let frozen = run(
        "import { echo } from 'mcp:test'; for (const name of Object.getOwnPropertyNames(globalThis)) { const v = globalThis[name]; if (Object(v) === v) { Object.freeze(v); if (v.prototype) Object.freeze(v.prototype) } }\nexport default [await echo({ a: 1 }), new URL('http://x/a').pathname]",
    );
    assert_eq!(frozen.value(), r#"[{"a":1},"/a"]"#);
}

#[test]
fn thenables_and_getters_do_not_confuse_the_loop() {
    assert_eq!(
        run("export default { then(ok) { ok({ then(ok) { ok(5) } }) } }").value(),
        "5"
    );
    assert_eq!(
        run("export default { then() {} }").failure().0,
        FailureKind::NeverSettles
    );
    assert_eq!(
        run("export default { get then() { throw new Error('t') } }").failure(),
        (FailureKind::Exception, "Error: t")
    );
    assert_eq!(
        run("export default { toJSON() { throw new Error('j') } }").failure(),
        (
            FailureKind::NotJson,
            "the result cannot be written as JSON: Error: j"
        )
    );
    let ran = run(
        "import { echo } from 'mcp:test'; Object.prototype.then = function (ok) { delete Object.prototype.then; ok('then') }; export default await echo({ a: 1 })",
    );
    assert_eq!(ran.value(), r#""then""#);
}

#[test]
fn script_finds_nothing_of_the_engine() {
    let names = run(
        "export default Object.getOwnPropertyNames(globalThis).filter((name) => /^[^A-Z]/.test(name)).sort()",
    );
    assert_eq!(
        names.value(),
        r#"["atob","btoa","clearInterval","clearTimeout","console","crypto","decodeURI","decodeURIComponent","encodeURI","encodeURIComponent","escape","eval","globalThis","isFinite","isNaN","parseFloat","parseInt","performance","queueMicrotask","setInterval","setTimeout","structuredClone","undefined","unescape"]"#
    );
    // The functions on the stack of a call are not handed out.
    let ran = run("import { echo } from 'mcp:test'; const found = new Set(); Error.prepareStackTrace = (e, sites) => { for (const s of sites) found.add(s.getFunction?.()); return '' };
        await echo({}); for (const f of found) if (typeof f === 'function') { try { f(4, '{}'); f({ number: 4 }) } catch {} } await echo({}); export default found.size");
    assert_eq!(ran.value(), "0");
    assert!(
        ran.calls.iter().all(|(number, _)| *number == 0),
        "{:?}",
        ran.calls
    );
}

#[test]
fn many_calls_at_once_are_refused() {
    let ran = run(
        "import { never } from 'mcp:test'; const all = []; for (let n = 0; n < 1e6; n++) all.push(never({})); await Promise.all(all)",
    );
    assert_eq!(
        ran.failure(),
        (
            FailureKind::Exception,
            "RangeError: more than 10000 calls wait: await some before the script makes others"
        )
    );
}
