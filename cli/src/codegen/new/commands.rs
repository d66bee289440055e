//! The commands that are printed for a new skill. They work as they are printed, in the directory where `new` ran.

use std::path::Path;

use crate::next_step::quoted;

use super::servers::Servers;

/// What the user gave `new`, as far as the printed commands repeat it.
pub(super) struct Given<'a> {
    /// The skill's directory.
    pub(super) name: &'a Path,
    pub(super) config: Option<&'a Path>,
    pub(super) from: Option<&'a Path>,
    pub(super) asynchronous: bool,
    pub(super) servers: &'a Servers,
    /// The name of a script, if it is one.
    pub(super) script: Option<&'a str>,
}

/// Commands, and parts of commands, for a shell.
pub(super) struct Commands {
    /// The skill's directory.
    pub(super) dir: String,
    /// ` --config FILE`, or nothing.
    pub(super) config: String,
    /// What to do next.
    pub(super) next: String,
    /// The script, or the directory that is built.
    pub(super) path: String,
    /// The directory of the declarations.
    pub(super) types: String,
    /// What writes the WIT or the declarations of the servers again.
    pub(super) updates: Vec<String>,
}

impl Commands {
    /// `example_input` is the ` --input` that the first run needs, or nothing.
    pub(super) fn of(given: &Given<'_>, example_input: &str) -> Self {
        let dir = path(given.name);
        let config = option("--config", given.config);
        let run = match given.script {
            Some(name) => path(&given.name.join(format!("{name}.ts"))),
            None => dir.clone(),
        };
        let next = match (given.from, given.script) {
            (None, _) => format!("mcp-host run {run}{config}{example_input}"),
            // A file of tools is no server that a run could start.
            (Some(_), None) => format!("mcp-host build {dir}"),
            (Some(_), Some(_)) => format!("(cd {dir} && npm install && npm test)"),
        };
        let types = path(&given.name.join("types"));
        let (command, out) = match given.script {
            Some(_) => ("types", types.clone()),
            None => ("wit", path(&given.name.join("wit"))),
        };
        let from = option("--from", given.from);
        let asynchronous = if given.asynchronous { " --async" } else { "" };
        let updates = given
            .servers
            .0
            .iter()
            .map(|(server, tools)| {
                let tools = match tools.join(",") {
                    none if none.is_empty() => none,
                    tools => format!(" --tools {}", quoted(&tools)),
                };
                format!(
                    "mcp-codegen {command} {}{tools}{config}{from}{asynchronous} --out {out}",
                    quoted(server)
                )
            })
            .collect();
        Self {
            dir,
            config,
            next,
            path: run,
            types,
            updates,
        }
    }
}

fn option(name: &str, value: Option<&Path>) -> String {
    value.map_or_else(String::new, |value| format!(" {name} {}", path(value)))
}

/// A path that no program takes for an option.
fn path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.starts_with('-') {
        return quoted(&format!("./{text}"));
    }
    quoted(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_is_taken_for_an_option() {
        assert_eq!(path(Path::new("-x")), "./-x");
    }
}
