//! `approve --always`: the change of the settings file of the user, which is shown before it is written. Decides about
//! no call, and writes no line that would not help.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use mcp_bridge::{durable, named_file};
use mcp_host::{
    Decider, Decision, Grants, Ledger, Policy, Question, QuestionKind, RunInfo, Settings,
};
use similar::{ChangeTag, TextDiff};

use crate::exit::Failure;
use crate::settings::{SettingsArgs, skill_name};
use crate::{dirs, out, questions};

/// The largest settings file, in bytes, as it is read everywhere.
const LONGEST: u64 = 1 << 20;

/// Writes the tools of these calls into the settings file of the user; asks first, unless the user is sure. The rules
/// that are new; `None`: the user does not want the change.
pub(super) async fn write(
    (from, is_sure): (&SettingsArgs, bool),
    info: &RunInfo,
    ledger: &Ledger,
    open: &[Question],
) -> Result<Option<Vec<String>>, Failure> {
    let file = from.user_file();
    let before = read(&file)?;
    let text = before.clone().unwrap_or_default();
    let (after, rules) = with_tools(&file, &text, open)?;
    let settings = Settings::parse(&after, &file);
    let settings = settings.map_err(|error| Failure::usage(error.into()))?;
    still_asks(from, info, ledger, open, settings)?;
    if after == text {
        return Ok(Some(rules));
    }
    out::pass_on(&shown(&file, before.is_none(), &text, &after));
    if !is_sure && !confirmed().await? {
        return Ok(None);
    }
    if read(&file)? != before {
        let error = anyhow!("`{}` changed in the meantime", file.display());
        return Err(Failure::host(error).hint(Some("run this command again")));
    }
    let written = match before {
        Some(_) => durable::write(&file, after.as_bytes()),
        None => {
            dirs::make_parent(&file).and_then(|()| durable::write_private(&file, after.as_bytes()))
        }
    };
    written
        .with_context(|| format!("failed to write `{}`", file.display()))
        .map_err(Failure::host)?;
    out::say("", &format!("wrote {}", file.display()));
    Ok(Some(rules))
}

/// The text of the file with the tools of these calls, and the rules that are new.
fn with_tools(
    file: &Path,
    text: &str,
    open: &[Question],
) -> Result<(String, Vec<String>), Failure> {
    let mut after = text.to_owned();
    let mut rules = Vec::new();
    for question in open {
        let (server, tool) = (question.server.as_str(), question.tool.as_str());
        if question.function != "tool" || question.kind == QuestionKind::Unanswered {
            let error = anyhow!("`--always` is for tools about which the policy asks");
            let hint = "pass `--once` or `--deny` for this call, with its `--digest`";
            return Err(Failure::usage(error).hint(Some(hint)));
        }
        let changed = Settings::always(&after, file, (server, tool));
        let changed = changed.map_err(|error| Failure::usage(error.into()))?;
        if changed != after {
            let file = file.display();
            rules.push(format!("agents.allow = \"{server}/{tool}\" of {file}"));
        }
        after = changed;
    }
    Ok((after, rules))
}

/// `None`: there is no such file.
fn read(file: &Path) -> Result<Option<String>, Failure> {
    match named_file::read_text(file, LONGEST) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => {
            let what = format!("failed to read `{}`", file.display());
            Err(Failure::usage(anyhow::Error::new(error).context(what)))
        }
    }
}

/// Fails where a call would be asked about with the change too: a rule of `ask`, or a rule of another place, is
/// stronger.
fn still_asks(
    from: &SettingsArgs,
    info: &RunInfo,
    ledger: &Ledger,
    open: &[Question],
    settings: Settings,
) -> Result<(), Failure> {
    let is_agent = info.by == "serve";
    // The scripts of agents have no name.
    let skill = skill_name(Path::new(&info.name)).filter(|_| !is_agent);
    let policy = from.policy_with(settings, skill.as_deref())?;
    let policy = match is_agent {
        true => Some(Policy::for_agents(policy, from.user_file())),
        false => policy,
    };
    let grants = Grants {
        policy: policy.map(Arc::new),
        ..Grants::default()
    };
    for question in open {
        let (server, tool) = (&question.server, &question.tool);
        let rules = grants.rules_of(server, tool, ledger.hints(server, tool));
        let Some(arguments) = question.arguments.as_object() else {
            continue;
        };
        match Decider::untouched(&grants).decide(&rules, arguments) {
            Decision::Allow => {}
            Decision::Ask(rule) | Decision::Deny(rule) => {
                let rule = out::shown(&rule.rule);
                let error = anyhow!("`{server}/{tool}` would still need a decision: {rule}");
                let hint = "`--always` lifts the default for agents, and no rule: change that rule in its file";
                return Err(Failure::usage(error).hint(Some(hint)));
            }
        }
    }
    Ok(())
}

/// The file, and the lines that change.
fn shown(file: &Path, is_new: bool, before: &str, after: &str) -> String {
    let new = if is_new { " (new)" } else { "" };
    let mut text = format!("{}{new}\n", file.display());
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        let line = change.value().trim_end_matches('\n');
        text.push_str(&format!("  {sign} {}\n", mcp_bridge::text::line(line)));
    }
    text
}

async fn confirmed() -> Result<bool, Failure> {
    if !questions::can_ask() {
        let error = anyhow!("stdin is no terminal: the change is not written");
        return Err(Failure::usage(error).hint(Some("pass `--yes` to write it without a question")));
    }
    out::say(
        "",
        "write this? From then on, agents call the tool without a question. [y/n]",
    );
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = line.await.map_err(|error| Failure::host(error.into()))?;
    let line = line.map_err(|error| Failure::host(error.into()))?;
    Ok(matches!(line.trim(), "y" | "yes"))
}
