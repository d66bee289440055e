//! Notices arguments that would mean something else: a path that exists where this program runs, but not where the
//! server starts, and expressions of other programs that stay as they are. Changes no argument.

use std::path::Path;

/// Warns of each relative path that exists in the current directory and not in `start`, where the server starts.
pub(super) fn warn_of_paths(server: &str, written: &[(String, &str)], start: &Path) {
    let Ok(current) = std::env::current_dir() else {
        return;
    };
    if current == start {
        return;
    }
    for (key, argument) in written {
        if let Some(path) = only_here(argument, &current, start) {
            tracing::warn!(
                server,
                key,
                "`{path}` exists in the current directory, but the server starts in `{}`, the directory of the \
                 configuration: write a full path, or set `cwd`",
                start.display()
            );
        }
    }
}

/// Warns of each argument that is an option and its value, as a shell would take apart.
pub(super) fn warn_of_words(server: &str, written: &[(String, &str)]) {
    for (key, argument) in written {
        if is_two_words(argument) {
            // The value may be a secret.
            tracing::warn!(
                server,
                key,
                "an option and its value stand in one string, which the program gets as one word: write each as a \
                 string of its own"
            );
        }
    }
}

fn is_two_words(argument: &str) -> bool {
    let Some((option, value)) = argument.split_once(' ') else {
        return false;
    };
    let name = option.trim_start_matches('-');
    option.starts_with('-')
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && !value.trim().is_empty()
}

/// The path in this argument that is found from `current` and not from `start`.
fn only_here<'a>(argument: &'a str, current: &Path, start: &Path) -> Option<&'a str> {
    let path = match argument.split_once('=') {
        Some((flag, path)) if flag.starts_with('-') => path,
        _ => argument,
    };
    let is_relative = !path.is_empty() && Path::new(path).is_relative();
    let is_moved = is_relative && current.join(path).exists() && !start.join(path).exists();
    is_moved.then_some(path)
}

/// Warns of an expression of another program in a value that is passed as it is.
pub(super) fn warn_of_expression(server: &str, key: &str, text: &str) {
    if let Some((expression, name)) = foreign(text) {
        tracing::warn!(
            server,
            key,
            "`{expression}` is no expression here, and is passed as it is: write `${{{name}}}` for the variable"
        );
    }
}

/// `{env:NAME}` of opencode, `%NAME%` of Windows, and `$NAME` of a shell and of Gemini CLI where it is all there is.
fn foreign(text: &str) -> Option<(&str, &str)> {
    // Short words between percent signs are the escapes of an address.
    const SHORTEST: usize = 3;
    let is_name = |name: &str| {
        name.len() >= SHORTEST
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if let Some(name) = text.strip_prefix('$').filter(|name| is_name(name)) {
        return Some((text, name));
    }
    let between = |open: &str, close: char| {
        text.match_indices(open).find_map(|(at, _)| {
            // `${env:NAME}` is an expression here.
            if text[..at].ends_with('$') {
                return None;
            }
            let name = text[at + open.len()..].split(close).next()?;
            let end = at + open.len() + name.len() + close.len_utf8();
            Some((text.get(at..end)?, name))
        })
    };
    between("{env:", '}')
        .filter(|(expression, _)| expression.ends_with('}'))
        .or_else(|| between("%", '%').filter(|(_, name)| is_name(name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn path_that_exists_only_where_the_host_runs_is_noticed() {
        let (current, start) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(current.path().join("server.py"), "").unwrap();
        std::fs::write(current.path().join("both"), "").unwrap();
        std::fs::write(start.path().join("both"), "").unwrap();
        let moved = |argument| only_here(argument, current.path(), start.path());
        assert_eq!(moved("server.py"), Some("server.py"));
        assert_eq!(moved("./server.py"), Some("./server.py"));
        assert_eq!(moved("--script=server.py"), Some("server.py"));
        for argument in ["both", "neither", "", "-y", "/", "a=server.py"] {
            assert_eq!(moved(argument), None, "{argument}");
        }
    }

    #[test]
    fn option_with_its_value_in_one_string_is_noticed() {
        for argument in ["-y @scope/server", "--port 80", "--log-level  debug"] {
            assert!(is_two_words(argument), "{argument}");
        }
        for argument in ["-y", "--name=a b", "a b", "- b", "-1 2", "--a ", "SELECT 1"] {
            assert!(!is_two_words(argument), "{argument}");
        }
    }

    #[test]
    fn expression_of_another_program_is_named_with_its_variable() {
        assert_eq!(foreign("x {env:HOME}/y"), Some(("{env:HOME}", "HOME")));
        assert_eq!(foreign("%APPDATA%/x"), Some(("%APPDATA%", "APPDATA")));
        assert_eq!(foreign("$API_KEY"), Some(("$API_KEY", "API_KEY")));
        for text in [
            "a$b",
            "pa$$word",
            "$API_KEY/x",
            "100%",
            "%20AB%20",
            "{env:A",
            "$1",
            "${A}",
            "${env:HOME}/x",
            "a ${env:HOME:-}",
        ] {
            assert_eq!(foreign(text), None, "{text}");
        }
    }
}
