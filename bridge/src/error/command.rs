//! What is wrong with a `command` that names no program. Shows no argument, which may be a secret.

use std::path::Path;

/// The message of a server whose program is not there.
pub(super) fn not_found(server: &str, command: &str) -> String {
    if command.is_empty() {
        format!("server `{server}`: the command is empty: name the program to start")
    } else if needs_a_shell(command) {
        format!(
            "server `{server}`: `command` is a line for a shell, and no shell reads it: write the program alone into \
             `command`, its arguments into `args`, and the directory into `cwd`; or write \
             `\"command\": \"sh\", \"args\": [\"-c\", \"...\"]`"
        )
    } else if is_path_with_spaces(command) {
        // What follows the path may be arguments, and hold a secret.
        format!(
            "server `{server}`: the path in `command`, which has a space, does not exist: check it; \
             arguments go into `args`, each as a string of its own"
        )
    } else if let Some((program, _)) = command.trim().split_once(char::is_whitespace) {
        // The arguments may hold a secret.
        format!(
            "server `{server}`: no program has the name in `command`, which looks like a command line in one string: \
             write `\"command\": \"{program}\"`, and put its arguments into `args`, each as a string of its own"
        )
    } else if command.contains('/') {
        format!("server `{server}`: command `{command}` does not exist: check the path")
    } else {
        format!(
            "server `{server}`: command `{command}` was not found on PATH: \
             install it, or write its full path"
        )
    }
}

fn needs_a_shell(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let is_built_in = matches!(
        words.next(),
        Some("cd" | "source" | "export" | "exec" | "eval")
    );
    is_built_in && words.next().is_some()
        || words.any(|word| matches!(word, "&&" | "||" | "|" | ">" | "<" | "2>&1"))
}

/// Whether no part of it before a space is a program.
fn is_path_with_spaces(command: &str) -> bool {
    let command = command.trim();
    let first = command
        .split(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let mut spaces = command.match_indices(char::is_whitespace);
    first != command
        && first.contains('/')
        && !spaces.any(|(at, _)| Path::new(&command[..at]).is_file())
}
