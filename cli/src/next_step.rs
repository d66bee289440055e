//! Commands that are printed for the user to run next. They act on the configuration that the user named.

use std::borrow::Cow;
use std::sync::OnceLock;

use mcp_bridge::text;

/// The commands of `mcp-host` that take `--config`, as they are printed.
const OF_CONFIGURATION: [&str; 8] = [
    "server ", "call ", "login ", "logout ", "run ", "inspect ", "search ", "types ",
];

/// The text with `--config FILE` in each command between backticks that reads a configuration, where this command was
/// given one. Messages of libraries name commands without it.
pub(crate) fn with_config(message: &str) -> Cow<'_, str> {
    static NAMED: OnceLock<Option<String>> = OnceLock::new();
    // Not `args`, which panics where an argument is not UTF-8.
    let arguments = || std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let named = NAMED.get_or_init(|| named(arguments()));
    match named {
        Some(file) => Cow::Owned(completed(message, file)),
        None => Cow::Borrowed(message),
    }
}

/// The file after `--config`, as one word of a shell.
fn named(mut arguments: impl Iterator<Item = String>) -> Option<String> {
    arguments.next();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--" => return None,
            "--config" => return arguments.next().map(|file| quoted(&file)),
            other => {
                if let Some(file) = other.strip_prefix("--config=") {
                    return Some(quoted(file));
                }
            }
        }
    }
    None
}

fn completed(message: &str, file: &str) -> String {
    let parts = message.split('`').enumerate().map(|(at, part)| {
        // Every second part is between backticks.
        let command = part.strip_prefix("mcp-host ").filter(|_| at % 2 == 1);
        let reads = command.is_some_and(|command| {
            let command = format!("{command} ");
            let mut known = OF_CONFIGURATION.iter();
            known.any(|known| command.starts_with(known)) && !command.contains("--config")
        });
        match part.split_once(" -- ") {
            _ if !reads => part.to_owned(),
            Some((before, after)) => format!("{before} --config {file} -- {after}"),
            None => format!("{part} --config {file}"),
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// The text as one word of a shell.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let is_unsafe = |c: char| c.is_control() || !text::is_safe(c);
    if word.chars().any(is_unsafe) {
        // A file with the command is shown on terminals.
        let escaped = word.chars().map(|c| match c {
            '\'' | '\\' => format!("\\{c}"),
            c if is_unsafe(c) => format!("\\U{:08x}", u32::from(c)),
            c => c.to_string(),
        });
        return format!("$'{}'", escaped.collect::<String>());
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_commands_name_the_configuration_that_was_given() {
        for (message, done) in [
            (
                "accept it with `mcp-host server pin y --update`",
                "accept it with `mcp-host server pin y --update --config a.json`",
            ),
            (
                "`y` failed: `mcp-host server check`, or `mcp-host server add y -- cmd`",
                "`y` failed: `mcp-host server check --config a.json`, or \
                 `mcp-host server add y --config a.json -- cmd`",
            ),
            ("`mcp-host audit show`", "`mcp-host audit show`"),
            (
                "`mcp-host login y --config b`",
                "`mcp-host login y --config b`",
            ),
            ("mcp-host server check", "mcp-host server check"),
            ("a ` alone", "a ` alone"),
        ] {
            assert_eq!(completed(message, "a.json"), done);
        }
    }

    #[test]
    fn configuration_is_found_among_the_arguments() {
        let named = |words: &[&str]| super::named(words.iter().map(|word| (*word).to_owned()));
        assert_eq!(
            named(&["mcp-host", "call", "--config", "a b"]).as_deref(),
            Some("'a b'")
        );
        assert_eq!(
            named(&["mcp-host", "--config=x", "run"]).as_deref(),
            Some("x")
        );
        assert_eq!(
            named(&["mcp-host", "server", "add", "y", "--", "p", "--config", "z"]),
            None
        );
        assert_eq!(named(&["mcp-host", "run", "x"]), None);
    }

    #[test]
    fn a_word_of_a_shell_is_quoted_where_it_has_to_be() {
        assert_eq!(quoted("skills/triage"), "skills/triage");
        assert_eq!(quoted("my skills/it's"), r"'my skills/it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("a\x1b[31m'b\n"), r"$'a\U0000001b[31m\'b\U0000000a'");
        assert_eq!(quoted("a\u{202e}"), r"$'a\U0000202e'");
    }
}
