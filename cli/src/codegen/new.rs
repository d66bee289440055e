//! `mcp-codegen new`: creates the directory of a skill that builds and runs unchanged. Writes files, and starts servers
//! to list their tools. Builds nothing and installs nothing.

mod commands;
mod language;
mod sample;
mod script;
mod servers;
mod templates;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use mcp_codegen::{Catalog, Flavour, Package, contract, names, package_of};

use self::commands::{Commands, Given};
use self::language::Language;
use self::sample::Sample;
use self::servers::Servers;
use super::output::{self, counted};
use super::source::Source;
use super::wanted::Wanted;
use super::{files, wit};
use crate::exit::Failure;

/// Create the directory of a skill that builds and runs unchanged.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::CODEGEN_HELP)]
pub(super) struct Args {
    /// The skill's name, lowercase with hyphens, and its directory: `triage`, or `skills/triage`.
    name: PathBuf,

    /// The language of the skill; `script` is TypeScript that runs as it is, without a build.
    #[arg(long, value_enum)]
    lang: Language,

    #[command(flatten)]
    servers: Servers,

    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the
    /// user's configuration directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Read the `tools/list` answer of the one server from this file, and start nothing.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "config",
        requires = "server"
    )]
    from: Option<PathBuf>,

    /// Write `async func`s, whose calls may overlap; for Rust and Python.
    #[arg(long = "async")]
    asynchronous: bool,

    /// The directory of `mcp-guest-sdk`, for Rust; else the one in the sources that this program was built from.
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,

    /// Overwrite existing files.
    #[arg(long)]
    force: bool,

    /// Write nothing; list the files that would be written.
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    fn given<'a>(&'a self, name: &'a str) -> Given<'a> {
        Given {
            name: &self.name,
            config: self.config.as_deref(),
            from: self.from.as_deref(),
            asynchronous: self.asynchronous,
            servers: &self.servers,
            script: (self.lang == Language::Script).then_some(name),
        }
    }
}

/// A server, the tools of it that are wanted, and its catalog.
type Listed<'a> = (&'a String, &'a Vec<String>, Catalog);

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let name = name(&args.name)?;
    refuse_async(args)?;
    refuse_same(&args.servers.0)?;
    let sdk = match args.lang {
        Language::Rust => Some(sdk(args.sdk.as_deref())?),
        _ if args.sdk.is_some() => {
            return Err(Failure::usage(anyhow!(
                "`--sdk` is for Rust; the other languages need no SDK from outside"
            )));
        }
        _ => None,
    };
    let flavour = if args.asynchronous {
        Flavour::Async
    } else {
        Flavour::Sync
    };

    let mut catalogs = Vec::new();
    for (server, tools) in &args.servers.0 {
        let source = Source::of(server.clone(), args.from.clone(), args.config.clone());
        catalogs.push((server, tools, source.catalog()?));
    }
    let packages = packages(&catalogs, args.lang, flavour)?;
    let sample = Sample::choose(&packages, flavour);
    if sample.is_none() && !packages.is_empty() {
        output::note(
            "every tool needs more than texts, numbers and flags: the skill that is made calls none of them yet",
        );
    }
    if args.lang == Language::Script {
        let example_input = script::example_input(sample.as_ref());
        let commands = Commands::of(&args.given(&name), &example_input);
        let files = script::files(&name, sample.as_ref(), &commands, &catalogs)?;
        return write(args, &files, &commands);
    }

    let example_input = sample
        .as_ref()
        .and_then(Sample::example_input)
        .map_or_else(String::new, |input| format!(" --input '{input}'"));
    let input_schema = sample.as_ref().map_or_else(
        || r#"{"type": "object", "properties": {"name": {"type": "string"}}}"#.to_owned(),
        Sample::input_schema,
    );
    let commands = Commands::of(&args.given(&name), &example_input);
    let values = templates::Values {
        name,
        dir: commands.dir.clone(),
        config: commands.config.clone(),
        updates: commands.updates.clone(),
        sdk,
        asynchronous: args.asynchronous,
        servers: packages
            .iter()
            .map(|package| package.label.clone())
            .collect(),
        empty_input: sample.is_some() && example_input.is_empty(),
        sample,
        example_input,
        work: match args.lang {
            Language::Ts => "build/js/work.js",
            Language::Js | Language::Rust | Language::Python | Language::C | Language::Script => {
                "src/work.js"
            }
        },
        // The label of a field can hold nothing else that needs an escape.
        input_schema_c: format!("\"{}\"", input_schema.replace('"', "\\\"")),
    };
    let mut wanted = templates::render(args.lang, &values).map_err(Failure::host)?;
    wanted.extend(wit_files(&packages));
    write(args, &wanted, &commands)
}

/// The wanted tools of each server as a package.
fn packages<'c>(
    catalogs: &'c [Listed<'_>],
    lang: Language,
    flavour: Flavour,
) -> Result<Vec<Package<'c>>, Failure> {
    let mut packages = Vec::new();
    for (server, tools, catalog) in catalogs {
        let wanted = Wanted::of(server, tools, catalog)?;
        let package = package_of(server, &catalog.tools, |wire| wanted.has(wire), flavour)
            .map_err(wit::failure)?;
        if lang == Language::Script {
            // What a part of a schema is in WIT does not matter to a script.
            output::omitted(catalog, &package.refused);
        } else {
            output::concerns(catalog, &package, false);
        }
        packages.push(package);
    }
    Ok(packages)
}

/// The last part of the path. It names a package, a world and, in some languages, modules.
fn name(path: &Path) -> Result<String, Failure> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let is_label = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
        && names::escaped(name) == name;
    let taken = ["skill", "mcp", "wit", "test", "tests", "build"];
    if is_label && !taken.contains(&name) {
        return Ok(name.to_owned());
    }
    let why = if is_label {
        "a file or a module of the skill is called so"
    } else {
        "it has to be lowercase letters and digits, with hyphens between words, and no keyword of WIT"
    };
    Err(Failure::usage(anyhow!(
        "`{}` cannot name a skill: {why}; for example `open-issues`",
        path.display()
    )))
}

fn refuse_async(args: &Args) -> Result<(), Failure> {
    let why = match args.lang {
        _ if !args.asynchronous => return Ok(()),
        Language::Rust | Language::Python => return Ok(()),
        Language::Js | Language::Ts => "`componentize-qjs` cannot import an `async func`",
        Language::Script => "calls of a script overlap as they are, with `Promise.all`",
        Language::C => "its bindings leave the callbacks of an `async func` to the author",
    };
    Err(Failure::usage(anyhow!(
        "`--async` is for Rust and Python: {why}; leave it out, and make calls at once with `call-tools`"
    )))
}

/// Rejects two servers with the same label: they would be one package.
fn refuse_same(servers: &[(String, Vec<String>)]) -> Result<(), Failure> {
    let mut labels: HashMap<String, &str> = HashMap::new();
    for (server, _) in servers {
        let label = names::package_name(server).map_err(|error| Failure::usage(error.into()))?;
        match labels.insert(label.clone(), server) {
            None => {}
            Some(other) if other == server => {
                return Err(Failure::usage(anyhow!(
                    "server `{}` is given twice; give all its tools to one `--tools`",
                    names::shown(server)
                )));
            }
            Some(other) => {
                return Err(Failure::usage(anyhow!(
                    "servers `{}` and `{}` would both be the package `mcp-server:{label}`; \
                     rename one of them in the configuration, or import only one",
                    names::shown(other),
                    names::shown(server)
                )));
            }
        }
    }
    Ok(())
}

/// The path of the SDK for Rust, which no registry has.
fn sdk(given: Option<&Path>) -> Result<String, Failure> {
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest-sdk");
    let dir = given.unwrap_or(&built_from);
    let found = dir.join("Cargo.toml").is_file().then(|| dir.canonicalize());
    match found {
        Some(Ok(dir)) => Ok(dir.display().to_string()),
        Some(Err(_)) | None => Err(Failure::usage(anyhow!(
            "there is no `mcp-guest-sdk` in `{}`; name the directory `guest-sdk` of a clone of this project with `--sdk DIR`",
            dir.display()
        ))),
    }
}

/// The packages that the skill's world or its SDK refers to.
fn wit_files(packages: &[Package<'_>]) -> Vec<(String, String)> {
    let servers = packages.iter().map(|package| {
        let path = format!("wit/deps/mcp-server-{}/tools.wit", package.label);
        (path, package.wit.clone())
    });
    let contract = contract::FILES
        .iter()
        .map(|(name, text)| (format!("wit/deps/mcp-tools/{name}"), (*text).to_owned()));
    servers.chain(contract).collect()
}

fn write(args: &Args, wanted: &[(String, String)], commands: &Commands) -> Result<(), Failure> {
    let dir = &args.name;
    let present: Vec<&str> = wanted
        .iter()
        .map(|(path, _)| path.as_str())
        .filter(|path| dir.join(path).exists())
        .collect();
    if args.dry_run {
        let list: String = wanted
            .iter()
            .map(|(path, text)| {
                let status = if present.contains(&path.as_str()) {
                    "present"
                } else {
                    "new"
                };
                let bytes = format!("{} B", text.len());
                format!("{status:9}  {bytes:>9}  {}\n", dir.join(path).display())
            })
            .collect();
        return output::page(&list);
    }
    if !present.is_empty() && !args.force {
        return Err(Failure::usage(anyhow!(
            "`{}` has these files already: {}; nothing was written (`--force` overwrites them)",
            dir.display(),
            present.join(", ")
        )));
    }
    for (path, text) in wanted {
        let path = dir.join(path);
        files::write_text(&path, text)
            .with_context(|| format!("failed to make the skill in `{}`", dir.display()))
            .map_err(Failure::host)?;
    }
    output::note(&format!(
        "{} in {}; try `{}`, and see its README.md",
        counted(wanted.len(), "file"),
        dir.display(),
        commands.next
    ));
    Ok(())
}
