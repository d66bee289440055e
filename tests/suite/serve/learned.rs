//! Output types that no server declares: seen in the answers of earlier runs, kept as shapes, and labelled.

use std::path::Path;
use std::process::Command;

use mcp_tests::binary;
use serde_json::json;

use super::{Session, configure, host, scripted};
use crate::cli::{Host, ran};

const CANARY: &str = "canary-8c41-of-a-user";

fn described(session: &mut Session) -> String {
    session.search_until("echo", "scripted.echo(");
    let answer = session.call("describe_tools", &json!({ "names": ["scripted.echo"] }));
    assert!(!answer.is_error, "{}", answer.text);
    answer.text
}

/// What `mcp-codegen` prints.
fn codegen(host: &Host, args: &[&str]) -> String {
    let mut command = Command::new(binary("mcp-codegen"));
    command.args(args).current_dir(host.dir.path());
    for (name, value) in host.command(&[]).get_envs() {
        command.envs(value.map(|value| (name, value)));
    }
    let ran = ran(&command.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout
}

/// The texts of all files below a directory.
fn texts(dir: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, out);
        } else {
            out.push(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
        }
    }
}

#[test]
fn what_earlier_runs_got_is_described_and_labelled_and_no_value_is_kept() {
    let host = host();
    let mut session = Session::open(&host);
    let before = described(&mut session);
    assert!(before.contains("Promise<unknown>"), "{before}");
    for count in [1, 2] {
        let code = format!(
            "const got = await scripted.echo({{ count: {count}, user: \"{CANARY}\" }});\nexport default got.length > 0;"
        );
        assert_eq!(session.result(&code).1, "true");
    }
    let label =
        "// seen in 2 calls, not declared: the text is JSON, {count: number, user: string}\n";
    let after = described(&mut session);
    assert!(
        after.contains(label) && after.contains("Promise<string>"),
        "{after}"
    );
    assert_eq!(session.close(), Some(0));
    // Another process knows it too.
    let later = described(&mut Session::open(&host));
    assert!(
        later.contains("not declared: the text is JSON, {count: number"),
        "{later}"
    );
    // So do the declarations for an editor, unless the user wants only what the server says.
    let types = codegen(&host, &["types", "scripted"]);
    assert!(
        types.contains("// seen in 2 calls, not declared: the text is JSON, {count: number"),
        "{types}"
    );
    let declared = codegen(&host, &["types", "scripted", "--declared-only"]);
    assert!(!declared.contains("// seen in"), "{declared}");
    let mut kept = Vec::new();
    texts(&host.dir.path().join("state"), &mut kept);
    assert!(
        kept.iter().any(|text| text.contains("mcp-host-learned")),
        "{kept:?}"
    );
    assert!(!kept.iter().any(|text| text.contains("canary")), "{kept:?}");
}

#[test]
fn a_secret_of_a_server_is_no_name_of_a_property() {
    const SECRET: &str = "swordfish_in_the_water";
    let host = host();
    let mut entry = scripted();
    entry["env"] = json!({ "API_KEY": SECRET });
    configure(&host, &json!({ "scripted": entry }));
    let mut session = Session::open(&host);
    let code =
        format!("export default (await scripted.echo({{ {SECRET}: 1, plain: 2 }})).length > 0;");
    assert_eq!(session.result(&code).1, "true");
    let described = described(&mut session);
    assert!(described.contains("seen in 1 call"), "{described}");
    assert!(!described.contains("swordfish"), "{described}");
    assert_eq!(session.close(), Some(0));
    let mut kept = Vec::new();
    texts(&host.dir.path().join("state/mcp-host/learned"), &mut kept);
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].contains("swordfish"), "{kept:?}");
}
