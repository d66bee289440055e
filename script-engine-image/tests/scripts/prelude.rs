//! What the engine adds to QuickJS.

use super::harness::{FailureKind, run};

#[test]
fn console_writes_to_the_log() {
    let ran = run(
        "console.log('a', { b: [1, 'x'], m: new Map([[1, 2]]) }, null); console.warn(new Set([1])); console.error(1n, Symbol('q'), () => 1); console.debug(new Date(0))",
    );
    assert_eq!(
        ran.log,
        [
            "Level::Info a {b: [1, \"x\"], m: Map {1 => 2}} null",
            "Level::Warn Set {1}",
            "Level::Error 1n Symbol(q) [function]",
            "Level::Debug 1970-01-01T00:00:00.000Z"
        ]
    );
    let events = run("import { log } from 'mcp-host'; log('m', { a: 1, b: [2] }); log.error('e')");
    assert_eq!(events.log, ["Level::Info m a=1 b=[2]", "Level::Error e"]);
}

#[test]
fn timers_fire_in_order() {
    let ran = run(
        "const seen = []; await new Promise((done) => { setTimeout(done, 30); setTimeout((a, b) => seen.push(a + b), 10, 'b', 2); setTimeout(() => seen.push('a'), 1);
        setTimeout(() => seen.push('c'), 10); const t = setTimeout(() => seen.push('no'), 5); clearTimeout(t); setTimeout(() => seen.push('0')) }); export default seen",
    );
    assert_eq!(ran.value(), r#"["0","a","b2","c"]"#);
    let interval = run(
        "let n = 0; await new Promise((done) => { const t = setInterval(() => { if (++n === 3) { clearInterval(t); done() } }, 1) }); export default n",
    );
    assert_eq!(interval.value(), "3");
    assert_eq!(interval.sleeps, [1, 1, 1]);
    assert_eq!(
        run("setTimeout('x')").failure(),
        (
            FailureKind::Exception,
            "TypeError: `setTimeout` takes a function"
        )
    );
}

#[test]
fn throws_in_timers_and_microtasks_fail_the_run() {
    let timer = run(
        "setTimeout(() => { throw new Error('late') }, 1);\nawait new Promise((done) => setTimeout(done, 50))",
    );
    assert_eq!(timer.failure(), (FailureKind::Exception, "Error: late"));
    assert_eq!(timer.frames(), [" 1:30"]);
    assert_eq!(
        run("queueMicrotask(() => { throw new Error('micro') }); await 1; await 2").failure(),
        (FailureKind::Exception, "Error: micro")
    );
}

#[test]
fn urls_follow_the_standard() {
    let ran = run(
        "const u = new URL('../b?x=1#h', 'https://u:p@EXAMPLE.com:8080/a/c'); u.searchParams.append('y', 'ä &'); u.port = ''; u.pathname = '/ö';
        export default [u.href, u.origin, u.host, u.username, u.search, [...u.searchParams], URL.canParse('x'), `${new URLSearchParams({ q: 'a b' })}`, new URL('http://bücher.de').host]",
    );
    assert_eq!(
        ran.value(),
        r#"["https://u:p@example.com/%C3%B6?x=1&y=%C3%A4+%26#h","https://example.com","example.com","u","?x=1&y=%C3%A4+%26",[["x","1"],["y","ä &"]],false,"q=a+b","xn--bcher-kva.de"]"#
    );
    assert_eq!(
        run("new URL('nope')").failure(),
        (
            FailureKind::Exception,
            "TypeError: `nope` is no URL: it has no scheme, or give a base"
        )
    );
}

#[test]
fn text_is_encoded_and_decoded() {
    let ran = run(
        "const e = new TextEncoder(), d = new TextDecoder(); const bytes = e.encode('ä€😀\\ud800'); const s = new TextDecoder();
        export default [[...bytes], d.decode(bytes), s.decode(bytes.slice(0, 3), { stream: true }) + s.decode(bytes.slice(3)), new TextDecoder('latin1').decode(new Uint8Array([0x80, 0xe9])),
        new TextDecoder('utf-16le').decode(new Uint8Array([0x61, 0])), d.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), e.encodeInto('a€', new Uint8Array(3))]",
    );
    assert_eq!(
        ran.value(),
        r#"[[195,164,226,130,172,240,159,152,128,239,191,189],"ä€😀�","ä€😀�","€é","a","a",{"read":1,"written":1}]"#
    );
    assert_eq!(
        run("new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff]))")
            .failure()
            .1,
        "TypeError: the bytes are not utf-8"
    );
}

#[test]
fn values_are_cloned() {
    let ran = run(
        "const a = { d: new Date(0), m: new Map([['k', { x: 1 }]]), s: new Set([1]), r: /a/g, b: new Uint8Array([1, 2]), e: new RangeError('r') }; a.self = a;
        const c = structuredClone(a); c.m.get('k').x = 2; c.b[0] = 9;
        let refused; try { structuredClone(() => 1) } catch (e) { refused = e.name }
        export default [c !== a, c.self === c, c.d.getTime(), a.m.get('k').x, [...c.s], c.r.flags, [...a.b], c.e instanceof RangeError, refused]",
    );
    assert_eq!(
        ran.value(),
        r#"[true,true,0,1,[1],"g",[1,2],true,"DataCloneError"]"#
    );
}

#[test]
fn random_numbers_differ_from_run_to_run() {
    let source = "export default [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))], performance.now() < 10000]";
    let (first, second) = (run(source), run(source));
    assert_ne!(first.value(), second.value());
    let uuid = run(
        "export default /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())",
    );
    assert_eq!(uuid.value(), "true");
    assert_eq!(run("let s = 0; for (let n = 0; n < 1000; n++) { const r = Math.random(); if (r < 0 || r >= 1) s = NaN; s += r } export default s > 400 && s < 600").value(), "true");
}

#[test]
fn files_and_state_are_those_of_the_host() {
    let ran = run(
        "import { readTextFile, readFile, writeFile, listDir, state } from 'mcp-host';
        await writeFile('/data/b.txt', 'new'); await writeFile('/data/c.bin', new Uint8Array([1, 255]));
        let code; try { await readFile('/none') } catch (e) { code = [e.name, e.code, e.message] }
        await state.set('k', { a: 1 }); await state.set('n', null);
        export default [await readTextFile('/data/a.txt'), [...await readFile('/data/c.bin')], (await listDir('/data')).map((e) => e.name + e.size), code,
            await state.get('k'), await state.get('n'), await state.get('absent') === undefined, await state.list(), await state.compareAndSwap('k', { a: 1 }, 2), await state.get('k'),
            await state.delete('k'), await state.compareAndSwap('x', undefined, 1), await state.get('').catch((e) => e.code)]",
    );
    assert_eq!(
        ran.value(),
        r#"["text of a",[1,255],["a.txt9","b.txt3","c.bin2"],["FileError","not-found","/none does not exist"],{"a":1},null,true,["k","n"],true,2,true,true,"invalid-key"]"#
    );
    let refused = run("import { state } from 'mcp-host'; await state.set('k', () => 1)");
    assert_eq!(
        refused.failure(),
        (
            FailureKind::Exception,
            "TypeError: a value of the state is a JSON value, not function"
        )
    );
}
