//! What a person is asked about a run, on a terminal or as JSON, and the decision that follows from it.

use std::io::IsTerminal as _;
use std::time::{Duration, SystemTime};

use mcp_host::{Decided, Question, QuestionKind, Scope};
use serde_json::{Value, json};

use super::exit::Failure;
use super::out;

/// Calls that a decision for a whole run covers, unless the user says another number.
pub(crate) const MORE: u32 = 100;

/// How long a run waits for its user, unless the user says another time.
pub(crate) const WAITS: Duration = Duration::from_secs(15 * 60);

/// Bytes of each argument that a question shows.
const SHOWN: usize = 4_000;

/// Arguments that a question shows.
const MOST: usize = 100;

/// The question as text: the tool, its arguments one to a line, and the rule.
pub(crate) fn shown(question: &Question) -> String {
    let name = question.name('/');
    let mut is_whole = !name.contains('…');
    let mut text = format!("{name}\n");
    match &question.arguments {
        Value::Object(arguments) if !arguments.is_empty() => {
            for (name, value) in arguments.iter().take(MOST) {
                let name = Question::argument_name(name);
                let value = value.to_string();
                let value = mcp_bridge::text::short(&value, SHOWN);
                // Only a cut name or value ends like this.
                is_whole &= !name.contains('…') && !value.ends_with(" more bytes)");
                text.push_str(&format!("  {name}: {value}\n"));
            }
            if arguments.len() > MOST {
                is_whole = false;
                let more = arguments.len() - MOST;
                text.push_str(&format!("  and {more} more arguments\n"));
            }
        }
        _ => text.push_str("  (no arguments)\n"),
    }
    if !is_whole {
        // So that another call is not taken for this one.
        text.push_str(&format!(
            "  cut; digest of all of it: {}\n",
            question.digest()
        ));
    }
    if let Some(drift) = &question.drift {
        let what = match drift.is_new {
            true => "is new",
            false => "changed",
        };
        text.push_str(&format!(
            "  The definition of the tool {what} since its server was pinned:\n"
        ));
        for line in drift.diff.lines() {
            text.push_str(&format!("    {}\n", mcp_bridge::text::line(line)));
        }
    }
    match &question.kind {
        QuestionKind::Policy { rule } => text.push_str(&format!("  rule: {rule}\n")),
        QuestionKind::Unanswered => text.push_str(
            "  It was sent, and its answer was lost: it may have had its effect. To allow it makes it again.\n",
        ),
    }
    text
}

/// The question as JSON.
pub(crate) fn entry(question: &Question) -> Value {
    let (rule, is_lost) = match &question.kind {
        QuestionKind::Policy { rule } => (Some(rule), false),
        QuestionKind::Unanswered => (None, true),
    };
    json!({
        "call": question.n,
        "function": question.function,
        "server": question.server,
        "tool": question.tool,
        "arguments": question.arguments,
        "rule": rule,
        "answer-lost": is_lost,
        "drift": question.drift,
        "digest": question.digest(),
    })
}

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Allow(Scope),
    /// This call, and the tool from now on: a settings file says so.
    Always,
    Deny,
}

impl Choice {
    pub(crate) fn decided(self, because: Option<String>, how: &str) -> Decided {
        let (allow, scope) = match self {
            Self::Allow(scope) => (true, scope),
            Self::Always => (true, Scope::Once),
            Self::Deny => (false, Scope::Once),
        };
        Decided {
            allow,
            scope,
            because,
            by: format!("{} ({how})", user()),
            at: SystemTime::now(),
        }
    }
}

/// The name of the user who decides.
pub(crate) fn user() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    name.unwrap_or_else(|_| "user".to_owned())
}

/// Whether a person can be asked here.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks on the terminal until the answer is one. `None`: the user decides later.
pub(crate) async fn ask(question: &Question) -> Result<Option<Choice>, Failure> {
    out::pass_on(&shown(question));
    loop {
        out::say(
            "",
            "allow? [y] this call, [r] this tool for the rest of the run, [a] always, [n] no, [q] later",
        );
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin()
                .read_line(&mut line)
                .map(|read| (read, line))
        });
        let (read, line) = line
            .await
            .map_err(|error| Failure::host(error.into()))?
            .map_err(|error| Failure::host(error.into()))?;
        match line.trim() {
            _ if read == 0 => return Ok(None),
            "y" | "yes" => return Ok(Some(Choice::Allow(Scope::Once))),
            "r" | "run" => return Ok(Some(Choice::Allow(Scope::Run { more: MORE }))),
            "a" | "always" => return Ok(Some(Choice::Always)),
            "n" | "no" => return Ok(Some(Choice::Deny)),
            "q" | "later" => return Ok(None),
            _ => {}
        }
    }
}
