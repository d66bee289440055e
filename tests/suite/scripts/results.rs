//! What a script gives, and what it can use.

use super::{host, result, run};

#[test]
fn a_script_runs_as_it_is() {
    let script = "interface Sum { of: number[] }\n\
        const sum = ({ of }: Sum): number => of.reduce((a, b) => a + b, 0);\n\
        export default sum({ of: [1, 2, 3] });\n";
    assert_eq!(result(script), "6");
}

#[test]
fn forms_that_models_write_have_results() {
    for (script, expected) in [
        ("const x = 1;\nx + 1", "2"),
        ("async () => ({ n: 1 })", "{\"n\":1}"),
        ("async function main() { return 'done'; }\nmain();", "done"),
        ("return 5;", "5"),
        (
            "async function main() { return 6; }\nmain().then(console.log).catch(console.error);",
            "6",
        ),
        (
            "const main = async () => 8;\nif (import.meta.main) {\n  main();\n}",
            "8",
        ),
        (
            "Promise.reject(new Error('dropped')).catch(() => {});",
            "null",
        ),
        ("```ts\nexport default 7;\n```", "7"),
        ("export default async (input) => input.a + 1;", "null"),
    ] {
        let ran = run(script, &[]);
        assert_eq!(ran.code, Some(0), "{script}: {}", ran.stderr);
        assert_eq!(ran.stdout.trim_end(), expected, "{script}");
    }
}

#[test]
fn the_input_is_a_value_and_a_default_function_gets_it() {
    let host = host("import { input } from \"mcp-host\";\nexport default [input.a, typeof input];");
    let ran = host.run(&["run", "script.ts", "--input", r#"{"a":[1,{"b":"ü"}]}"#]);
    assert_eq!(
        ran.stdout.trim_end(),
        r#"[[1,{"b":"ü"}],"object"]"#,
        "{}",
        ran.stderr
    );
    let ran = super::run(
        "export default (given) => given.a;",
        &["--input", r#"{"a":"x"}"#],
    );
    assert_eq!(ran.stdout.trim_end(), "x", "{}", ran.stderr);
}

#[test]
fn a_script_comes_from_standard_input() {
    use std::io::Write as _;
    use std::process::Stdio;

    let host = host("");
    let mut child = host
        .command(&["run", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"export default 'from stdin'").unwrap();
    drop(stdin);
    let ran = crate::cli::ran(&child.wait_with_output().unwrap());
    assert_eq!(ran.stdout, "from stdin\n", "{}", ran.stderr);
}

#[test]
fn a_tool_is_imported_by_its_module_by_the_short_name_and_without_an_import() {
    for script in [
        "import { echo } from \"mcp-server:scripted/tools\";\nexport default JSON.parse(await echo({ n: 1 }));",
        "import { echo } from \"mcp:scripted\";\nexport default JSON.parse(await echo({ n: 1 }));",
        "import * as s from \"mcp:scripted\";\nexport default JSON.parse(await s.echo({ n: 1 }));",
        "export default JSON.parse(await scripted.echo({ n: 1 }));",
    ] {
        assert_eq!(result(script), "{\"n\":1}", "{script}");
    }
}

#[test]
fn calls_that_are_awaited_together_overlap() {
    let script = "import { sleep } from \"mcp:scripted\";\n\
        await Promise.all(Array.from({ length: 10 }, () => sleep({ ms: 400 })));\nexport default 'done';";
    let ran = run(script, &["--timeout", "3s"]);
    assert_eq!(ran.stdout, "done\n", "{}", ran.stderr);
}

#[test]
fn a_failed_call_is_a_tool_error_with_its_parts() {
    let script = "import { fail } from \"mcp:scripted\";\n\
        try { await fail({}); } catch (error) {\n\
          const { server, tool, code, retryable } = error;\n\
          var caught = { name: error.name, is: error instanceof ToolError, server, tool, code, retryable };\n\
        }\nexport default caught;";
    let expected = r#"{"name":"ToolError","is":true,"server":"scripted","tool":"fail","code":"failed","retryable":false}"#;
    assert_eq!(result(script), expected);
}

#[test]
fn what_a_script_lacks_of_the_web_is_there_or_says_so() {
    let script = "const url = new URL('/p?q=ä b#h', 'https://example.org');\n\
        const bytes = new TextEncoder().encode('ü');\n\
        export default { url: url.href, q: url.searchParams.get('q'), bytes: [...bytes],\n\
          text: new TextDecoder().decode(bytes), copy: structuredClone(new Map([[1, { a: 2 }]])).get(1) };";
    let expected = r#"{"url":"https://example.org/p?q=%C3%A4%20b#h","q":"ä b","bytes":[195,188],"text":"ü","copy":{"a":2}}"#;
    assert_eq!(result(script), expected);
    for (script, name) in [
        ("export default fetch('x')", "fetch"),
        ("export default new Intl.NumberFormat()", "Intl"),
    ] {
        let ran = run(script, &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
    }
}

#[test]
fn timers_end_with_the_run() {
    let script = "const order = [];\nsetTimeout(() => order.push('late'), 60_000);\n\
        await new Promise((done) => setTimeout(done, 20));\norder.push('now');\nexport default order;";
    let ran = run(script, &["--timeout", "10s"]);
    assert_eq!(ran.stdout.trim_end(), r#"["now"]"#, "{}", ran.stderr);
}

#[test]
fn state_and_files_need_their_import_and_their_grant() {
    let script = "import { state, readTextFile, writeFile } from \"mcp-host\";\n\
        const runs = (await state.get('runs')) ?? 0;\nawait state.set('runs', runs + 1);\n\
        await writeFile('/data/out.txt', `run ${runs}`);\n\
        export default [runs, await readTextFile('/data/out.txt')];";
    let host = host(script);
    std::fs::create_dir(host.dir.path().join("data")).unwrap();
    let args = ["run", "script.ts", "--dir", "data::/data:rw"];
    assert_eq!(host.run(&args).stdout.trim_end(), r#"[0,"run 0"]"#);
    assert_eq!(host.run(&args).stdout.trim_end(), r#"[1,"run 1"]"#);
    let ran = host.run(&["run", "script.ts"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("/data/out.txt"), "{}", ran.stderr);
}

#[test]
fn the_first_script_of_a_user_finds_the_engine_compiled() {
    let host = host("export default 1");
    let fresh = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = host.command(args);
        command.env("XDG_CACHE_HOME", fresh.path());
        crate::cli::ran(&command.output().unwrap())
    };
    let ran = run(&["run", "script.ts"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "1\n"));
    // What this machine has to compile is kept.
    let kept = run(&["cache", "list", "--format", "json"]);
    assert!(kept.stdout.contains("\"entries\": []"), "{}", kept.stdout);
    let compiled = run(&["compile", "script.ts"]);
    assert_eq!(compiled.code, Some(0), "{}", compiled.stderr);
}

#[test]
fn a_module_of_which_no_tool_is_used_resolves_and_permits_nothing() {
    for import in [
        "import * as unused from \"mcp:scripted\";",
        "import unused from \"mcp:scripted\";",
        "import \"mcp:scripted\";",
        "import * as unused from \"mcp:scripted\"; typeof unused;",
    ] {
        let host = host(&format!("{import}\nexport default 1;\n"));
        let ran = host.run(&["run", "script.ts"]);
        assert_eq!(
            (ran.code, &*ran.stdout),
            (Some(0), "1\n"),
            "{import}: {}",
            ran.stderr
        );
        let shown = host.run(&["inspect", "script.ts"]).stdout;
        assert!(!shown.contains("call tool"), "{import}: {shown}");
    }
}

#[test]
fn an_empty_script_has_no_result_and_says_so() {
    for script in ["", "// nothing\n"] {
        let ran = host(script).run(&["run", "script.ts"]);
        assert_eq!(
            (ran.code, &*ran.stdout),
            (Some(0), "null\n"),
            "{}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains("the script has no result"),
            "{}",
            ran.stderr
        );
    }
}
