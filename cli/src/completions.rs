//! `mcp-host completions`: completions of both programs for a shell.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;

use super::exit::{Exit, Failure};
use super::out;

pub(crate) const HELP: &str = "\
Examples:
  mcp-host completions bash > ~/.local/share/bash-completion/completions/mcp-host
  mcp-host completions zsh > ~/.zfunc/_mcp-host
  mcp-host completions fish > ~/.config/fish/completions/mcp-host.fish
  mcp-host completions bash --program mcp-codegen";

// The arguments of `mcp-host completions`.
#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
    /// The program whose completions are printed.
    #[arg(long, value_enum, default_value_t = Program::McpHost)]
    program: Program,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Program {
    McpHost,
    McpCodegen,
}

/// `host` and `codegen` are the command lines of the two programs.
pub(crate) async fn run(
    args: &CompletionsArgs,
    host: Command,
    codegen: Command,
) -> Result<Exit, Failure> {
    let (mut command, name) = match args.program {
        Program::McpHost => (host, "mcp-host"),
        Program::McpCodegen => (codegen, "mcp-codegen"),
    };
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    out::page(&String::from_utf8_lossy(&script)).await?;
    Ok(Exit::Finished)
}
