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
        ("$A $", "$A $"),
        ("$${A}", "${A}"),
    ];
    for (arg, expected) in cases {
        assert_eq!(expanded(arg).unwrap(), expected, "{arg}");
    }
    let unset = |arg| expanded(arg).unwrap_err();
    assert_eq!(
        unset("${B}"),
        "server `s`, key `args`: environment variable `B` is not set: \
         set it, or write `${B:-DEFAULT}`"
    );
    assert_eq!(
        unset("${input:key}"),
        "server `s`, key `args`: `${input:key}` asks the user of VS Code, which this program \
         cannot: write `${NAME}` for an environment variable, or `${file:PATH}`"
    );
    for arg in ["${}", "${A", "${1}", "${command:x}"] {
        assert_eq!(
            unset(arg),
            format!(
                "server `s`, key `args`: `{arg}` is not supported: \
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
    assert_eq!(launch(r#"{"command": "c"}"#).unwrap().cwd, None);
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
        let target = config.servers[0].target(|name| (name == "HOME").then(|| home.clone()));
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
        let Target::Process(launch) = config.servers[0].target(|_| None)? else {
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
}
