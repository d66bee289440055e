//! Expressions in values, and what they expand to.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use super::*;
use crate::config::Config;

/// What starts the server of a configuration that has one, where `A` is `a`, and `EMPTY` empty.
fn launch(entry: &str) -> Result<Launch, String> {
    let text = format!(r#"{{"mcpServers": {{"s": {entry}}}}}"#);
    let config = Config::parse(&text, Path::new("/etc/mcp.json")).unwrap();
    let variable = |name: &str| match name {
        "A" => Some("a".to_owned()),
        "EMPTY" => Some(String::new()),
        "HOME" => Some("/h".to_owned()),
        _ => None,
    };
    let target = config.server("s").unwrap().target(variable);
    match target.map_err(|error| error.to_string())? {
        Target::Process(launch) => Ok(launch),
        Target::Http(_) => panic!("it is a process"),
    }
}

fn expanded(arg: &str) -> Result<String, String> {
    let entry = serde_json::json!({"command": "c", "args": [arg]});
    Ok(launch(&entry.to_string())?.args.remove(0))
}

#[test]
fn variables_are_expanded_and_defaults_stand_in() {
    let cases = [
        ("x", "x"),
        ("${A}", "a"),
        ("-${A}-${A}-", "-a-a-"),
        ("${env:A}", "a"),
        ("${A:-b}", "a"),
        ("${B:-b c}", "b c"),
        ("${B:-}", ""),
        ("${EMPTY}", ""),
        ("${EMPTY:-b}", "b"),
        ("${B:-$A}", "$A"),
        ("${env:B:-b}", "b"),
        ("${file:/no/such/file:-b}", "b"),
        ("${B:-${A}}", "a"),
        ("${B:-${C:-x${A}}y}z", "xayz"),
        ("${A:-${NOT_NEEDED}}", "a"),
        ("${B:-$${x}}", "${x}"),
        ("${workspaceFolder}/x", "/etc/x"),
        ("${workspaceFolderBasename}", "etc"),
        ("${userHome}/x", "/h/x"),
        ("~/x", "/h/x"),
        ("~", "/h"),
        ("~other/x", "~other/x"),
        ("a~/x", "a~/x"),
        ("${B:-~/x}", "/h/x"),
        ("{env:A} %PATH%", "{env:A} %PATH%"),
        ("pa$$word", "pa$$word"),
        ("$A $", "$A $"),
        ("$${A}", "${A}"),
    ];
    for (arg, expected) in cases {
        assert_eq!(expanded(arg).unwrap(), expected, "{arg}");
    }
    let unset = |arg| expanded(arg).unwrap_err();
    assert_eq!(
        unset("${B}"),
        "server `s`, key `args[0]`: environment variable `B` is not set: \
         set it, or write `${B:-DEFAULT}`"
    );
    assert_eq!(
        unset("${input:key}"),
        "server `s`, key `args[0]`: `${input:key}` asks the user of VS Code, which this program \
         cannot: write `${NAME}` for an environment variable, or `${file:PATH}`"
    );
    assert_eq!(
        unset("${B:-${C}}"),
        "server `s`, key `args[0]`: environment variable `C` is not set: \
         set it, or write `${C:-DEFAULT}`"
    );
    for arg in [
        "${}",
        "${A",
        "${1}",
        "${command:x}",
        "${env.A}",
        "${fileDirname}",
    ] {
        assert_eq!(
            unset(arg),
            format!(
                "server `s`, key `args[0]`: `{arg}` is not supported: \
                 write `${{NAME}}`, `${{NAME:-DEFAULT}}`, `${{file:PATH}}`, or `$${{` \
                 for a literal `${{`"
            )
        );
    }
}

#[test]
fn relative_cwd_is_relative_to_the_file() {
    let cwd = |cwd: &str| {
        launch(&format!(r#"{{"command": "c", "cwd": "{cwd}"}}"#))
            .unwrap()
            .cwd
    };
    assert_eq!(cwd("${A}/b"), Some(PathBuf::from("/etc/a/b")));
    assert_eq!(cwd("/tmp"), Some(PathBuf::from("/tmp")));
    assert_eq!(cwd("~/b"), Some(PathBuf::from("/h/b")));
}

#[test]
fn server_without_cwd_starts_in_the_directory_of_the_file() {
    let plain = launch(r#"{"command": "c"}"#).unwrap();
    assert_eq!(plain.cwd, Some(PathBuf::from("/etc")));
    assert_eq!(plain.command, "c", "looked for on PATH");
    let relative = launch(r#"{"command": "bin/c", "cwd": "b"}"#).unwrap();
    assert_eq!(relative.command, "/etc/b/bin/c");
    let home = launch(r#"{"command": "~/bin/c"}"#).unwrap();
    assert_eq!(home.command, "/h/bin/c");
    let text = r#"{"servers": {"s": {"command": "c", "args": ["${workspaceFolder}"]}}}"#;
    for file in ["/p/.vscode/mcp.json", "/p/.kiro/settings/mcp.json"] {
        let config = Config::parse(text, Path::new(file)).unwrap();
        let Ok(Target::Process(launch)) = config.server("s").unwrap().target(|_| None) else {
            panic!("it is a process");
        };
        assert_eq!(launch.cwd, Some(PathBuf::from("/p")), "{file}");
        assert_eq!(launch.args, ["/p"], "{file}");
    }
    let literal = Config::from_command("s", vec!["bin/c".to_owned(), "~/x".to_owned()]);
    let Ok(Target::Process(literal)) = literal.server("s").unwrap().target(|_| None) else {
        panic!("it is a process");
    };
    assert_eq!(literal.cwd, None);
    assert_eq!(
        (literal.command.as_str(), literal.args),
        ("bin/c", vec!["~/x".to_owned()])
    );
}

#[test]
fn null_in_env_unsets_and_other_values_become_text() {
    let entry = r#"{"command": "c", "env_vars": ["A", "B"],
                    "env": {"PORT": 80, "DEBUG": true, "HOME": null}}"#;
    let launch = launch(entry).unwrap();
    let env: Vec<String> = launch
        .env
        .iter()
        .map(|(name, value)| format!("{name}={}", value.expose_secret()))
        .collect();
    assert_eq!(env, ["A=a", "PORT=80", "DEBUG=true"]);
    assert_eq!(launch.unset, ["HOME"]);
}

#[test]
fn file_stands_for_its_text_without_the_last_newline() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(directory.path().join(name), text);
    write("token", b"hunter2\n").unwrap();
    write("large", &[b'x'; 70_000]).unwrap();
    write("binary", &[0xff]).unwrap();
    let values = |path: &str| {
        let text = format!(
            r#"{{"mcpServers": {{"s": {{"url": "https://example.org",
                "headers": {{"K": "Bearer ${{file:{path}}}"}}}}}}}}"#
        );
        let config = Config::parse(&text, &directory.path().join("mcp.json")).unwrap();
        let home = directory.path().to_str().unwrap().to_owned();
        let target = config
            .server("s")
            .unwrap()
            .target(|name| (name == "HOME").then(|| home.clone()));
        target.map(|target| match target {
            Target::Http(endpoint) => endpoint.headers[0].1.expose_secret().to_owned(),
            Target::Process(_) => panic!("it is an address"),
        })
    };
    assert_eq!(
        values("token").unwrap(),
        "Bearer hunter2",
        "beside the file"
    );
    assert_eq!(values("~/token").unwrap(), "Bearer hunter2", "in the home");
    for (name, why) in [
        ("missing", "No such file"),
        ("large", "64 KiB"),
        ("binary", "UTF-8"),
    ] {
        let error = values(name).unwrap_err();
        let path = directory.path().join(name);
        assert_eq!(
            error.to_string(),
            format!(
                "server `s`, key `headers.K`: failed to read `{}`",
                path.display()
            )
        );
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(why), "{source}");
    }
}

#[test]
fn variables_of_env_file_are_set_and_those_of_env_override_them() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(".env"), "A=file\nB=file\n").unwrap();
    std::fs::write(directory.path().join("bad"), "A=1\nhunter2\n").unwrap();
    let env = |file: &str| {
        let text = format!(
            r#"{{"mcpServers": {{"s": {{"command": "c", "envFile": "{file}", "env": {{"B": "entry"}}}}}}}}"#
        );
        let config = Config::parse(&text, &directory.path().join("mcp.json")).unwrap();
        let Target::Process(launch) = config
            .server("s")
            .unwrap()
            .target(|name| (name == "HOME").then(|| "/h".to_owned()))?
        else {
            panic!("it is a process");
        };
        let pairs = launch.env.into_iter();
        Ok::<_, ConfigError>(
            pairs
                .map(|(name, value)| format!("{name}={}", value.expose_secret()))
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(env(".env").unwrap(), ["A=file", "B=file", "B=entry"]);
    let path = |name: &str| directory.path().join(name).display().to_string();
    assert_eq!(
        env("bad").unwrap_err().to_string(),
        format!(
            "server `s`, key `envFile`: line 2 of `{}` is not NAME=VALUE",
            path("bad")
        )
    );
    assert_eq!(
        env("none").unwrap_err().to_string(),
        format!(
            "server `s`, key `envFile`: failed to read `{}`",
            path("none")
        )
    );
    // What the expression stands for is not shown, and may be an absolute path.
    assert_eq!(
        env("${userHome}/none").unwrap_err().to_string(),
        "server `s`, key `envFile`: failed to read `${userHome}/none`"
    );
}
