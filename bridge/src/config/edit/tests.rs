//! Configuration files before and after servers are added and removed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn stdio(command: &str, args: &[&str]) -> Transport {
    Transport::Stdio {
        command: command.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        env: vec![("TOKEN".to_owned(), "${TOKEN}".to_owned().into())],
        cwd: None,
    }
}

fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mcp.json");
    fs::write(&path, text).unwrap();
    (directory, path)
}

const FILE: &str = r#"{
  // Mine.
  "theme": "dark",
  "mcpServers": {
    "b": {"command": "b"}, // keep this
    /* and this */
    "a": {
      "url": "https://example.org/mcp"
    }
  }
}
"#;

#[test]
fn server_is_added_at_the_end_and_the_rest_stays() {
    let (_directory, path) = written(FILE);
    add_server(&path, "c \"d\"", &stdio("npx", &["-y", "x"])).unwrap();
    let expected = FILE.replace(
        "/mcp\"\n    }\n",
        r#"/mcp"
    },
    "c \"d\"": {
      "command": "npx",
      "args": ["-y", "x"],
      "env": {
        "TOKEN": "${TOKEN}"
      }
    }
"#,
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    remove_server(&path, "c \"d\"").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
}

#[test]
fn server_is_removed_and_the_rest_stays() {
    let (_directory, path) = written(FILE);
    remove_server(&path, "a").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("// keep this") && text.contains("// Mine."),
        "{text}"
    );
    let config = Config::parse(&text, &path).unwrap();
    assert_eq!(config.names().collect::<Vec<_>>(), ["b"]);
    let error = remove_server(&path, "B").unwrap_err().to_string();
    assert!(error.ends_with("; did you mean `b`?"), "{error}");
}

#[test]
fn file_of_vs_code_gets_its_own_key_and_type() {
    let (_directory, path) = written("{\n\t\"servers\": {}\n}\n");
    let url = "https://example.org".to_owned();
    let headers = vec![];
    add_server(&path, "h", &Transport::Http { url, headers }).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "{\n\t\"servers\": {\n\t\t\"h\": {\n\t\t\t\"type\": \"http\",\n\t\t\t\"url\": \
             \"https://example.org\"\n\t\t}\n\t}\n}\n"
    );
}

#[test]
fn file_is_made_where_there_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mcp.json");
    add_server(&path, "s", &stdio("s", &[])).unwrap();
    let config = Config::discover(Some(&path)).unwrap();
    assert_eq!(config.names().collect::<Vec<_>>(), ["s"]);
    let error = add_server(&path, "s", &stdio("t", &[])).unwrap_err();
    assert!(matches!(error, EditError::Exists { .. }), "{error}");
}

#[test]
fn file_that_cannot_be_written_or_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("no/such/mcp.json");
    let error = add_server(&path, "s", &stdio("s", &[])).unwrap_err();
    assert!(matches!(error, EditError::Write { .. }), "{error}");
    assert!(error.to_string().starts_with("failed to write `"));
    let error = Config::discover(Some(directory.path())).unwrap_err();
    assert!(matches!(error, ConfigError::Read { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "failed to read configuration file `{}`",
            directory.path().display()
        )
    );
}

#[test]
fn what_cannot_be_read_is_not_touched() {
    for text in ["{", "[]", r#"{"mcpServers": []}"#] {
        let (_directory, path) = written(text);
        assert!(add_server(&path, "s", &stdio("s", &[])).is_err(), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn permissions_and_links_stay() {
    let (directory, path) = written(FILE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let link = directory.path().join("link.json");
    symlink(&path, &link).unwrap();
    add_server(&link, "c", &stdio("c", &[])).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&path).unwrap().contains("\"c\""));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}
