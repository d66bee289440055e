//! `--server A --tools x,y --server B`: each list of tools belongs to the server before it.

use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches, error::ErrorKind};

/// The servers with their tools; an empty list of tools means all.
#[derive(Debug, Clone, Default)]
pub(super) struct Servers(pub(super) Vec<(String, Vec<String>)>);

impl FromArgMatches for Servers {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut servers = Self::default();
        servers.update_from_arg_matches(matches)?;
        Ok(servers)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        let given = |id: &str| -> Vec<(usize, String)> {
            let values = matches
                .get_many::<String>(id)
                .into_iter()
                .flatten()
                .cloned();
            matches
                .indices_of(id)
                .into_iter()
                .flatten()
                .zip(values)
                .collect()
        };
        let servers = given("server");
        if let Some((_, names)) = servers.iter().find(|(_, name)| name.contains(',')) {
            let each: Vec<String> = names
                .split(',')
                .map(|name| format!("--server {}", name.trim()))
                .collect();
            return Err(Error::raw(
                ErrorKind::ValueValidation,
                format!(
                    "`--server {names}` names one server: write `{}`\n",
                    each.join(" ")
                ),
            ));
        }
        self.0 = servers
            .iter()
            .map(|(_, name)| (name.clone(), Vec::new()))
            .collect();
        for (at, tool) in given("tools") {
            let before = servers.iter().rposition(|(server, _)| *server < at);
            let Some(server) = before.and_then(|server| self.0.get_mut(server)) else {
                return Err(Error::raw(
                    ErrorKind::MissingRequiredArgument,
                    "`--tools` needs a `--server` before it\n",
                ));
            };
            server.1.push(tool);
        }
        Ok(())
    }
}

impl clap::Args for Servers {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new("server")
                    .long("server")
                    .value_name("NAME")
                    .action(ArgAction::Append)
                    .help("A server whose tools the skill imports, of the configuration; may be given several times"),
            )
            .arg(
                Arg::new("tools")
                    .long("tools")
                    .value_name("TOOL,...")
                    .value_delimiter(',')
                    .action(ArgAction::Append)
                    .help("Only these tools of the server before it; the skill can call no others"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
