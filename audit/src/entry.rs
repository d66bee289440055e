//! What one line says. Bounds each text, and hides secrets in it; owns the names of the fields.

use std::borrow::Cow;
use std::time::SystemTime;

use mcp_bridge::text;
use serde::{Deserialize, Serialize};

/// Bytes of a name: of a server, a tool, a client, a user.
const LONGEST_NAME: usize = 200;

/// Bytes of a user and the authorization server that knows the user.
const LONGEST_PRINCIPAL: usize = 600;

/// Bytes of the words of a rule.
const LONGEST_RULE: usize = 400;

/// Bytes of the arguments of a call.
pub const LONGEST_ARGUMENTS: usize = 2_000;

/// One line of the log, without its place in the chain. A field that does not apply is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// When it happened: UTC, to the millisecond.
    pub time: String,
    /// `run`, `refused`, `direct`, `sent`, `call`, `ask`, `pause`, `decision`, `rule`, `resume`, `expire`, `cancel` or
    /// `end`; `file`, `unfinished` and `lost` are of the log itself.
    pub kind: Cow<'static, str>,
    /// The id of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What asked for the run: `run`, `dev`, `serve`, `serve --direct` or `call`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The user of the OS whose process it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The user of the authorization server who asks, where `serve --http` has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The name that the MCP client gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The version that the MCP client gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    /// The session of the MCP client, counted from 1 in each process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
    /// The BLAKE3 of the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The BLAKE3 of the script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// The number of the call within its run, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<u32>,
    /// The server's name in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The tool's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// `allow`, `deny`, `ask`, `approved` or `denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Cow<'static, str>>,
    /// The words of the rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// `ask` and `decision`: what the decision is bound to, 16 digits of BLAKE3 over what the user is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// `decision`: how it came from the user: `terminal`, `command-line`, `client` or `page`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Cow<'static, str>>,
    /// `decision`: the further calls of the tool in this run that it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<u32>,
    /// `decision`: why, in the words of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// How the call or the run ended: one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Cow<'static, str>>,
    /// Where the response is not the server's: `cache`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Cow<'static, str>>,
    /// Calls of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// Bytes of arguments, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_in: Option<u64>,
    /// Bytes of responses, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_out: Option<u64>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// The arguments, as JSON text that may be cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// `file`: the number of this file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<u64>,
    /// `file`: the number of the oldest file that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<u64>,
    /// `unfinished`: the bytes of the line before, which a writer did not finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// `unfinished`: the BLAKE3 of these bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub piece: Option<String>,
    /// `lost`: lines that could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
}

impl Entry {
    /// An entry of this kind, now.
    #[must_use]
    pub fn new(kind: &'static str) -> Self {
        Self {
            time: humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
            kind: Cow::Borrowed(kind),
            ..Self::default()
        }
    }

    /// Hides secrets in its texts, and cuts what is too long.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        for name in [
            &mut self.run,
            &mut self.by,
            &mut self.user,
            &mut self.client,
            &mut self.client_version,
            &mut self.server,
            &mut self.tool,
        ] {
            bound(name, LONGEST_NAME);
        }
        bound(&mut self.principal, LONGEST_PRINCIPAL);
        bound(&mut self.rule, LONGEST_RULE);
        bound(&mut self.because, LONGEST_RULE);
        bound(&mut self.arguments, LONGEST_ARGUMENTS);
        self
    }

    /// Its fields as the inside of a JSON object. Secrets are hidden before a text is cut.
    pub(crate) fn body(self) -> Vec<u8> {
        let mut text = serde_json::to_vec(&self.bounded()).unwrap_or_default();
        // The braces.
        text.pop();
        if !text.is_empty() {
            text.remove(0);
        }
        text
    }
}

fn bound(value: &mut Option<String>, most: usize) {
    if let Some(text) = value {
        let shown = mcp_bridge::without_secrets(text.as_bytes());
        if let Cow::Owned(hidden) = shown {
            *text = String::from_utf8_lossy(&hidden).into_owned();
        }
        if let Cow::Owned(cut) = text::cut(text, most) {
            *text = cut;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_bounded_whatever_its_texts_are() {
        // Six bytes of JSON for one of text.
        let long = || Some("\u{1}".repeat(100_000));
        let entry = Entry {
            run: long(),
            by: long(),
            user: long(),
            principal: long(),
            client: long(),
            client_version: long(),
            server: long(),
            tool: long(),
            rule: long(),
            because: long(),
            arguments: long(),
            ..Entry::new("call")
        };
        let length = entry.body().len();
        assert!(length < crate::line::LONGEST - 1_000, "{length}");
    }

    #[test]
    fn a_field_that_does_not_apply_is_absent() {
        let entry = Entry {
            time: "t".to_owned(),
            run: Some("r_1".to_owned()),
            ..Entry::new("end")
        };
        let text = String::from_utf8_lossy(&entry.body()).into_owned();
        assert_eq!(text, r#""time":"t","kind":"end","run":"r_1""#);
    }
}
