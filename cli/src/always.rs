//! "Always": the change of the settings file of the user, which is shown before it is written. Decides about no call,
//! and writes no line that would not help.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use mcp_bridge::{durable, named_file};
use mcp_host::{
    Decider, Decision, Grants, Ledger, Policy, Question, QuestionKind, RunInfo, Settings,
};
use similar::{ChangeTag, TextDiff};

use crate::exit::{Failure, chain};
use crate::questions::Choice;
use crate::settings::{SettingsArgs, skill_name};
use crate::{dirs, out, questions};

/// The largest settings file, in bytes, as it is read everywhere.
const LONGEST: u64 = 1 << 20;

/// A change of the settings file of the user.
pub(crate) struct Change {
    file: PathBuf,
    /// `None`: there is no such file.
    before: Option<String>,
    after: String,
    /// The rules that count from then on, in words.
    pub(crate) rules: Vec<String>,
}

/// Asks about a call on the terminal. Where the answer is "always", the settings file is written first, and the rules
/// that are new come with it. `None`: the user decides later.
pub(crate) async fn ask(
    from: &SettingsArgs,
    info: &RunInfo,
    ledger: &Ledger,
    question: &Question,
) -> Result<Option<(Choice, Vec<String>)>, Failure> {
    loop {
        let choice = questions::ask(question).await?;
        if choice != Some(Choice::Always) {
            return Ok(choice.map(|choice| (choice, Vec::new())));
        }
        match write((from, false), info, ledger, std::slice::from_ref(question)).await {
            Ok(Some(rules)) => return Ok(Some((Choice::Always, rules))),
            Ok(None) => {}
            // Nothing was written: the user decides in another way.
            Err(failure) => {
                out::print_error(&chain(failure.error.as_ref()), failure.hint.as_deref())
            }
        }
    }
}

/// Writes the tools of these calls into the settings file of the user; asks first, unless the user is sure. The rules
/// that are new; `None`: the user does not want the change.
pub(crate) async fn write(
    (from, is_sure): (&SettingsArgs, bool),
    info: &RunInfo,
    ledger: &Ledger,
    open: &[Question],
) -> Result<Option<Vec<String>>, Failure> {
    let change = Change::of(from, info, ledger, open)?;
    if change.is_nothing() {
        return Ok(Some(change.rules));
    }
    out::pass_on(&change.shown());
    if !is_sure && !confirmed(info).await? {
        return Ok(None);
    }
    change.write()?;
    out::say("", &format!("wrote {}", change.file.display()));
    Ok(Some(change.rules))
}

impl Change {
    /// What lets these calls go on without a question from now on. Writes nothing.
    ///
    /// # Errors
    ///
    /// When a call would be asked about with the change too.
    pub(crate) fn of(
        from: &SettingsArgs,
        info: &RunInfo,
        ledger: &Ledger,
        open: &[Question],
    ) -> Result<Self, Failure> {
        let file = from.user_file();
        let before = read(&file)?;
        let text = before.as_deref().unwrap_or_default();
        let (after, rules) = with_tools(&file, text, is_of_agent(info), open)?;
        let settings = Settings::parse(&after, &file);
        let settings = settings.map_err(|error| Failure::usage(error.into()))?;
        still_asks(from, info, ledger, open, settings)?;
        Ok(Self {
            file,
            before,
            after,
            rules,
        })
    }

    /// The file says so already.
    fn is_nothing(&self) -> bool {
        self.before.as_deref().unwrap_or_default() == self.after
    }

    /// The file, and the lines that change.
    pub(crate) fn shown(&self) -> String {
        let new = if self.before.is_none() { " (new)" } else { "" };
        let mut text = format!("{}{new}\n", self.file.display());
        let before = self.before.as_deref().unwrap_or_default();
        for change in TextDiff::from_lines(before, &self.after).iter_all_changes() {
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

    /// What a confirmation is bound to: the file, and all of its text before and after.
    pub(crate) fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("mcp-host always 1");
        let file = self.file.display().to_string();
        let before = self.before.as_deref();
        for part in [Some(file.as_str()), before, Some(&self.after)] {
            hasher.update(
                &part
                    .map_or(u64::MAX, |part| part.len() as u64)
                    .to_le_bytes(),
            );
            hasher.update(part.unwrap_or_default().as_bytes());
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }

    /// Writes the file, unless it changed since.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let file = &self.file;
        if self.is_nothing() {
            return Ok(());
        }
        if read(file)? != self.before {
            let error = anyhow!("`{}` changed in the meantime", file.display());
            return Err(Failure::host(error).hint(Some("run this command again")));
        }
        let after = self.after.as_bytes();
        let written = match self.before {
            Some(_) => durable::write(file, after),
            None => dirs::make_parent(file).and_then(|()| durable::write_private(file, after)),
        };
        written
            .with_context(|| format!("failed to write `{}`", file.display()))
            .map_err(Failure::host)
    }
}

fn is_of_agent(info: &RunInfo) -> bool {
    info.by == "serve"
}

/// The text of the file with the tools of these calls, and the rules that are new.
fn with_tools(
    file: &Path,
    text: &str,
    is_of_agent: bool,
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
        let changed = match is_of_agent {
            true => Settings::always(&after, file, (server, tool)),
            false => Settings::never_ask(&after, file, (server, tool)),
        };
        let changed = changed.map_err(|error| Failure::usage(error.into()))?;
        if changed != after {
            let file = file.display();
            rules.push(match is_of_agent {
                true => format!("agents.allow = \"{server}/{tool}\" of {file}"),
                false => format!("no rule of ask for \"{server}/{tool}\" of {file}"),
            });
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
    let is_agent = is_of_agent(info);
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
                let hint = match is_agent {
                    true => {
                        "`--always` lifts the default for agents, and no rule: change that rule in its file"
                    }
                    false => {
                        "\"always\" takes away a rule of `ask` that names the tool alone in your file: change that rule \
                         in its file"
                    }
                };
                return Err(Failure::usage(error).hint(Some(hint)));
            }
        }
    }
    Ok(())
}

async fn confirmed(info: &RunInfo) -> Result<bool, Failure> {
    if !questions::can_ask() {
        let error = anyhow!("stdin is no terminal: the change is not written");
        return Err(Failure::usage(error).hint(Some("pass `--yes` to write it without a question")));
    }
    let who = match is_of_agent(info) {
        true => "agents call the tool",
        false => "your runs call the tool",
    };
    out::say(
        "",
        &format!("write this? From then on, {who} without a question. [y/n]"),
    );
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = line.await.map_err(|error| Failure::host(error.into()))?;
    let line = line.map_err(|error| Failure::host(error.into()))?;
    Ok(matches!(line.trim(), "y" | "yes"))
}
