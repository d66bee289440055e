//! `mcp-host server add`: adds a server to the configuration file. Starts nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::{fs, io};

use anyhow::anyhow;
use clap::Args;
use mcp_bridge::{Config, SecretString, Transport, add_server};
use serde_json::json;

use super::common::{Common, not_edited};
use crate::exit::{Exit, Failure};
use crate::out;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server add time -- uvx mcp-server-time
  mcp-host server add github --env GITHUB_TOKEN -- github-mcp-server stdio
  mcp-host server add notes --url https://example.org/mcp --header 'Authorization: Bearer ${NOTES_TOKEN}'

`--env NAME` takes the value from your environment whenever the server starts, so that the file holds no secret.
The server is added to the file that other commands read (see `--config`), or to a new ./mcp.json.";

#[derive(Args)]
pub(super) struct AddArgs {
    /// The name of the new server.
    name: String,
    /// A variable for the server's process: NAME=VALUE, or NAME to take it from your environment.
    #[arg(long, value_name = "NAME[=VALUE]", conflicts_with = "url")]
    env: Vec<String>,
    /// The directory that the server's process starts in.
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    cwd: Option<String>,
    /// The address of a server over HTTP.
    #[arg(long)]
    url: Option<String>,
    /// A header to send with each request.
    #[arg(long, value_name = "NAME: VALUE", requires = "url")]
    header: Vec<String>,
    /// The program to start, and its arguments, after `--`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND",
        conflicts_with = "url",
        required_unless_present = "url"
    )]
    command: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: AddArgs) -> Result<Exit, Failure> {
    if args.name.is_empty() {
        return Err(Failure::usage(anyhow!(
            "the name of a server cannot be empty"
        )));
    }
    options_of_the_command(
        &args.name,
        &args.command,
        std::env::args_os().any(|word| word == "--"),
    )?;
    if let Some(url) = &args.url {
        scheme(url)?;
    }
    if let [line] = &args.command[..] {
        one_string(&args.name, line)?;
    }
    let path = Config::place(args.common.config.as_deref());
    let program = args.command.first().cloned();
    let (env, header) = (&args.env, &args.header);
    let transport = match args.url {
        Some(url) => Transport::Http {
            url,
            headers: header
                .iter()
                .map(|text| parse_header(text))
                .collect::<Result<_, _>>()?,
        },
        None => {
            let mut argv = args.command.into_iter();
            Transport::Stdio {
                // clap requires at least one word.
                command: argv.next().unwrap_or_default(),
                args: argv.collect(),
                env: env
                    .iter()
                    .map(|text| parse_env(text))
                    .collect::<Result<_, _>>()?,
                cwd: args.cwd,
            }
        }
    };
    add_server(&path, &args.name, &transport).map_err(not_edited)?;
    let shown = path.display().to_string();
    if args.common.json() {
        out::json(&json!({ "added": args.name, "config": shown })).await?;
    } else {
        let name = &args.name;
        let added = format!(
            "added `{name}` to `{shown}`; see if it works with `mcp-host server check {name}`"
        );
        out::say("", &added);
    }
    if let Some(problem) = unstartable(&path, &args.name, program.as_deref()) {
        out::say("warning: ", &problem);
    }
    Ok(Exit::Finished)
}

/// Why the program of a server that was added cannot be started, and what to write. `None`: it may be.
fn unstartable(config: &Path, name: &str, written: Option<&str>) -> Option<String> {
    let written = written?;
    let config = Config::discover(Some(config)).ok()?;
    let (file, directory) = config.server(name).ok()?.program()?;
    let problem = match fs::metadata(&file) {
        Ok(metadata) if metadata.is_dir() => "is a directory",
        Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => {
            "is not executable: `chmod +x` makes it so, or name its interpreter before it"
        }
        Ok(_) => return None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => "does not exist",
        Err(_) => return None,
    };
    let shown = directory.display();
    let mut words = format!("`{written}` {problem}");
    if !Path::new(written).is_absolute() {
        words += &format!(": it is looked for in `{shown}`, where the server starts");
    }
    // What the user means may be beside the user.
    let here = std::env::current_dir().ok().map(|here| here.join(written));
    match here.filter(|here| *here != file && here.is_file()) {
        Some(here) => words += &format!("; write `{}`", here.display()),
        None => {
            words += "; write the path of the program, or its name alone where it is on PATH, after \
                      `mcp-host server remove ";
            words += &format!("{name}`");
        }
    }
    Some(words)
}

/// Without `--`, an option among the words may be meant for either program.
fn options_of_the_command(name: &str, command: &[String], separated: bool) -> Result<(), Failure> {
    let Some(option) = command.iter().find(|word| word.starts_with('-')) else {
        return Ok(());
    };
    if separated {
        return Ok(());
    }
    let error = anyhow!("`{option}` may be an option of the server or of this program");
    // The message omits the arguments, because one may be a secret.
    let program = command.first().map_or("COMMAND", String::as_str);
    let hint = format!(
        "write `--` before the command, and options of this program before that: \
         mcp-host server add {name} -- {program} ..."
    );
    Err(Failure::usage(error).hint(Some(hint)))
}

/// An address without a scheme is none, and `localhost:1` has one that is not meant.
fn scheme(url: &str) -> Result<(), Failure> {
    let known = ["http://", "https://"];
    let starts = |scheme: &&str| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    // A variable may have all of it.
    if known.iter().any(starts) || url.starts_with("${") {
        return Ok(());
    }
    if let Some((other, _)) = url.split_once("://") {
        let error = anyhow!("`{other}` is no scheme of an MCP server");
        return Err(Failure::usage(error).hint(Some("its address begins with https:// or http://")));
    }
    let host = url.split([':', '/']).next().unwrap_or_default();
    let is_here = host == "localhost" || host.starts_with("127.") || url.starts_with("[::1]");
    let scheme = if is_here { "http" } else { "https" };
    let error = anyhow!("the address has no scheme");
    // The address may hold a secret behind its host.
    let hint = format!("write `--url {scheme}://{host}...`");
    Err(Failure::usage(error).hint(Some(hint)))
}

/// A program and its arguments as one word, which no shell takes apart.
fn one_string(name: &str, line: &str) -> Result<(), Failure> {
    let Some((program, _)) = line.trim().split_once(char::is_whitespace) else {
        return Ok(());
    };
    // A path can have spaces.
    if program.is_empty() || (program.contains('/') && !Path::new(program).is_file()) {
        return Ok(());
    }
    let error = anyhow!("the command is a program and its arguments in one word");
    // The message omits the arguments, because one may be a secret.
    let hint = format!("write them without quotes: mcp-host server add {name} -- {program} ...");
    Err(Failure::usage(error).hint(Some(hint)))
}

fn parse_env(text: &str) -> Result<(String, SecretString), Failure> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, value.to_owned()),
        None => (text, format!("${{{text}}}")),
    };
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let plain = name
        .chars()
        .all(|one| one.is_ascii_alphanumeric() || one == '_');
    if !starts_well || !plain {
        // The message omits the value, because it may be a secret.
        let error = anyhow!("`{name}` is not a name of an environment variable");
        return Err(Failure::usage(error).hint(Some("write `--env NAME` or `--env NAME=VALUE`")));
    }
    Ok((name.to_owned(), value.into()))
}

fn parse_header(text: &str) -> Result<(String, SecretString), Failure> {
    let parsed = text
        .split_once(':')
        .map(|(name, value)| (name.trim(), value.trim()));
    match parsed {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned().into())),
        _ => {
            // The message omits the argument, because it may be a secret.
            let hint = "write `--header 'Authorization: Bearer ${TOKEN}'`";
            Err(Failure::usage(anyhow!("a header has no name")).hint(Some(hint)))
        }
    }
}
