//! The arguments of `mcp-host run`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use mcp_host::{DirGrant, ToolPattern};

use crate::fixed::FixedArgs;
use crate::format::Format;
use crate::input::NO_INPUT;
use crate::limit_args::LimitArgs;
use crate::with::WithArg;

// The arguments of `mcp-host run`.
#[derive(Args)]
pub(crate) struct RunArgs {
    /// A component (.wasm), a script (.ts, .mts, .js, .mjs, or - for standard input), the directory of a skill, which
    /// is built first (see `build`), or a saved skill: NAME or NAME@VERSION.
    pub(crate) skill: PathBuf,
    /// The skill's input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-", default_value = NO_INPUT)]
    pub(crate) input: String,
    /// Call this exported function: in WAVE, as 'triage("repo", {days: 7})', or by its name with its arguments in
    /// --input.
    #[arg(long, value_name = "CALL")]
    pub(crate) invoke: Option<String>,
    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the
    /// user's configuration directory, then those beside the skill.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Let the skill call this tool by name (`call-tool`); `*` stands for any characters. Typed imports need no grant.
    #[arg(long, value_name = "SERVER/TOOL")]
    pub(crate) allow: Vec<ToolPattern>,
    /// Let the skill read this directory (`read-file`, or the files of a program), and with :rw write it.
    #[arg(long, value_name = "HOST::GUEST[:rw]")]
    pub(crate) dir: Vec<DirGrant>,
    /// Link another skill that provides imported interfaces, with grants of its own:
    /// B.wasm,allow=SERVER/TOOL,dir=HOST::GUEST; or the skills of a lock, if their digests are the same.
    #[arg(long, value_name = "SKILL[,GRANT]...|@LOCK", conflicts_with = "record")]
    pub(crate) with: Vec<WithArg>,
    /// Write the skills of --with, their grants and their BLAKE3 digests to this file, for `--with @FILE`. The digests
    /// of skills from a lock may then differ.
    #[arg(long, value_name = "FILE", requires = "with")]
    pub(crate) lock: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fixed: FixedArgs,
    /// Say what would run, and what is wrong with it: starts the servers, compares the imports, and runs nothing.
    #[arg(long, conflicts_with_all = ["record", "lock"])]
    pub(crate) check: bool,
    /// Check the types of a script with TypeScript's compiler (`type-check` of mcp-host.toml, or `tsgo` or `tsc` on the
    /// PATH), and add its messages to the warnings. They stop no script.
    #[arg(long)]
    pub(crate) type_check: bool,
    /// Write every host call and its answer to this file, for `mcp-host replay`.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Go on with a run that waited for a decision of the user, from where it was. Its input is that of before.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["record", "check", "input", "invoke"])]
    pub(crate) resume: Option<String>,
    /// How long the run waits for a decision of the user, such as 15m or 1h. Otherwise `wait` of `[runs]` in
    /// mcp-host.toml, else 15m.
    #[arg(long, value_name = "TIME", value_parser = mcp_host::parse_wait)]
    pub(crate) wait: Option<Duration>,
    /// Write the images, sounds and resources that the result of a script names to this directory, each to a file with
    /// the name of its handle.
    #[arg(long, value_name = "DIR")]
    pub(crate) blobs: Option<PathBuf>,
    /// What goes to stdout: the skill's result (a JSON string as its text), or the whole report as JSON.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// It is linked, and not run with this input.
    #[arg(skip)]
    pub(crate) links_only: bool,
}

impl RunArgs {
    /// Those of a skill that is linked with its servers, and run without options of its own, if at all.
    pub(crate) fn links(skill: PathBuf, config: Option<PathBuf>, limits: LimitArgs) -> Self {
        Self {
            skill,
            input: NO_INPUT.to_owned(),
            invoke: None,
            config,
            allow: Vec::new(),
            dir: Vec::new(),
            with: Vec::new(),
            lock: None,
            fixed: FixedArgs::default(),
            check: false,
            type_check: false,
            record: None,
            resume: None,
            wait: None,
            blobs: None,
            format: Format::Text,
            limits,
            links_only: true,
        }
    }

    pub(crate) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}
