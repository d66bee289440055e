//! What a person is asked about a call, and what they decided.

use std::time::SystemTime;

use mcp_codegen::names;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A call that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Which call of the run, from 1.
    pub n: usize,
    /// The function: `tool`, or one of the contract's.
    pub function: String,
    /// The server, of a tool.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// The arguments of the call; of another function than a tool, all its fields.
    pub arguments: Value,
    /// Why a person is asked.
    pub kind: QuestionKind,
    /// The definition that the tool has now, if it is not the pinned one.
    pub drift: Option<DriftedTool>,
    /// How often a person decided about this call before. Its answer was lost since, or its tool changed.
    pub earlier: u32,
}

/// The definition of a tool that changed or is new since its server was pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftedTool {
    /// Its [`mcp_bridge::definition_hash`], in hexadecimal. An approval holds for this definition alone.
    pub definition: String,
    /// It was not there when the server was pinned.
    #[serde(rename = "new")]
    pub is_new: bool,
    /// What differs from the pinned definition, line by line; of a new tool, all of it. It may be cut.
    pub diff: String,
}

impl DriftedTool {
    /// Why each call of a tool that is new, or that changed, asks.
    #[must_use]
    pub fn rule(is_new: bool) -> &'static str {
        match is_new {
            true => "the tool is new since its server was pinned",
            false => "the tool changed since its server was pinned",
        }
    }
}

/// Why a person is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionKind {
    /// A rule of the policy says so.
    Policy {
        /// The rule.
        rule: String,
    },
    /// The call was sent, and the process ended before its answer came: it may have had its effect.
    Unanswered,
}

impl Question {
    /// What is called, as one line that is safe to show: the tool behind its server, or the function. A part that is no
    /// plain name is JSON text, so that none passes for arguments or for a rule.
    #[must_use]
    pub fn name(&self, between: char) -> String {
        name((&self.function, &self.server, &self.tool), between)
    }

    /// The name of an argument, as one line that is safe to show.
    #[must_use]
    pub fn argument_name(name: &str) -> String {
        plain(name)
    }

    /// What a decision is bound to: 16 hexadecimal digits of BLAKE3 over everything that the person is shown. Another
    /// argument is another digest.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("mcp-host question 1");
        let kind = match &self.kind {
            QuestionKind::Policy { rule } => rule.as_str(),
            QuestionKind::Unanswered => "",
        };
        let n = self.n.to_string();
        let arguments = self.arguments.to_string();
        for part in [
            n.as_str(),
            &self.function,
            &self.server,
            &self.tool,
            &arguments,
            kind,
        ] {
            add(&mut hasher, part);
        }
        if let Some(drift) = &self.drift {
            add(&mut hasher, &drift.definition);
            add(&mut hasher, &drift.diff);
        }
        // What was said the last time decides nothing about the same words.
        if self.earlier > 0 {
            add(&mut hasher, &format!("again {}", self.earlier));
        }
        let hex = hasher.finalize().to_hex();
        hex[..16].to_owned()
    }
}

/// What a call calls, as one line that is safe to show: function, server and tool.
pub(super) fn name((function, server, tool): (&str, &str, &str), between: char) -> String {
    match function {
        "tool" => format!("{}{between}{}", plain(server), plain(tool)),
        function => plain(function),
    }
}

/// A name as it is, or as JSON text where it has other characters than names have.
fn plain(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./@$".contains(letter);
    match !name.is_empty() && name.chars().all(is_plain) {
        true => names::shown(name),
        false => names::shown(&Value::from(name).to_string()),
    }
}

/// Adds a part that cannot be taken for another one.
fn add(hasher: &mut blake3::Hasher, part: &str) {
    hasher.update(&(part.len() as u64).to_le_bytes());
    hasher.update(part.as_bytes());
}

/// How the error of a call begins that a person refused.
pub const REFUSED_BY_USER: &str = "the user refused the call";

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Whether the call is made. Of a call without an answer: whether it is made once more.
    pub allow: bool,
    /// For which calls that holds.
    #[serde(flatten)]
    pub scope: Scope,
    /// Why, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Who decided, and how.
    pub by: String,
    /// When.
    #[serde(with = "time")]
    pub at: SystemTime,
}

/// For which calls a decision holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "kebab-case")]
pub enum Scope {
    /// This call.
    Once,
    /// This call, and so many more of the same tool in this run.
    Run {
        /// How many more.
        more: u32,
    },
}

#[derive(Serialize)]
pub(super) struct DecisionLine<'a> {
    n: usize,
    decision: &'a Decided,
}

impl Decided {
    pub(super) fn line(&self, n: usize) -> DecisionLine<'_> {
        DecisionLine { n, decision: self }
    }
}

/// A time in a line, as RFC 3339 has it.
pub(crate) mod time {
    use std::time::SystemTime;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_rfc3339_millis(*at))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_rfc3339(&text).map_err(D::Error::custom)
    }
}
