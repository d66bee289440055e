//! What the policy says of the calls of one tool: the rules of the tool are found once, and weighed for each call. Asks
//! no one, and makes no call.

use std::sync::Arc;

use mcp_bridge::{JsonObject, Tool};
use serde_json::Value;

use super::calls::CallTracker;
use crate::ledger::DriftedTool;
use crate::recording::Call;
use crate::rules::policy::{Decision, Grants, Hints, Rule, ToolRules};

/// What the policy says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judged {
    Allow,
    /// A person decides, because of this rule.
    Ask(String),
    /// The error of the call.
    Deny(String),
}

/// The rules for the calls of one tool.
pub(crate) struct ToolJudge {
    grants: Arc<Grants>,
    rules: ToolRules,
    name: String,
    /// The tool is not as it was pinned: each call asks.
    drift: Option<DriftedTool>,
}

/// The rule that allows every call of this tool, in words; `None` where none does, or the calls differ.
pub(crate) fn rule_of_all(grants: &Grants, server: &str, tool: &Tool) -> Option<Arc<str>> {
    grants.policy.as_ref()?;
    let rules = grants.rules_of(server, &tool.name, Hints::of(tool));
    let is_same = rules.fixed() == Some(&Decision::Allow);
    let rule = is_same.then(|| rules.allowing(&JsonObject::new()))??;
    Some(rule.rule.into())
}

impl ToolJudge {
    /// The rules for this tool. `None`: every call of it is allowed.
    pub(crate) fn of(grants: &Arc<Grants>, server: &str, tool: &Tool) -> Option<Self> {
        grants.policy.as_ref()?;
        let rules = grants.rules_of(server, &tool.name, Hints::of(tool));
        if rules.fixed() == Some(&Decision::Allow) {
            return None;
        }
        Some(Self {
            grants: Arc::clone(grants),
            rules,
            name: format!("{server}/{}", tool.name),
            drift: None,
        })
    }

    /// The rules for a tool that is not as it was pinned: what no rule denies asks.
    pub(crate) fn of_drifted(
        grants: &Arc<Grants>,
        server: &str,
        tool: &Tool,
        drift: DriftedTool,
    ) -> Self {
        Self {
            grants: Arc::clone(grants),
            rules: grants.rules_of(server, &tool.name, Hints::of(tool)),
            name: format!("{server}/{}", tool.name),
            drift: Some(drift),
        }
    }

    /// The definition of the tool, if it is not the pinned one.
    pub(crate) fn drifted(&self) -> Option<&DriftedTool> {
        self.drift.as_ref()
    }

    /// Why each call of such a tool asks.
    pub(crate) fn drift_rule(&self) -> Option<&'static str> {
        let drift = self.drift.as_ref();
        drift.map(|drift| DriftedTool::rule(drift.is_new))
    }

    /// The rule that allows a call with these arguments, in words.
    pub(crate) fn rule(&self, arguments: &JsonObject) -> Option<Arc<str>> {
        let rule = self.rules.allowing(arguments)?;
        Some(rule.rule.into())
    }

    /// Whether a person decides about some call.
    pub(crate) fn may_ask(&self) -> bool {
        match self.rules.fixed() {
            Some(Decision::Deny(_)) => false,
            Some(Decision::Ask(_)) | None => true,
            Some(Decision::Allow) => self.drift.is_some(),
        }
    }

    /// Whether the arguments make a difference.
    pub(crate) fn needs_arguments(&self) -> bool {
        self.rules.needs_arguments()
    }

    /// Decides about a call, and counts it.
    pub(crate) fn judge(&self, calls: &CallTracker, arguments: &JsonObject) -> Judged {
        let decision = calls.decider(&self.grants).decide(&self.rules, arguments);
        match (decision, self.drift_rule()) {
            (Decision::Deny(rule), _) => Judged::Deny(self.denied(&rule)),
            (Decision::Allow, None) => Judged::Allow,
            (Decision::Allow, Some(drift)) => Judged::Ask(drift.to_owned()),
            (Decision::Ask(rule), None) => Judged::Ask(rule.to_string()),
            (Decision::Ask(rule), Some(drift)) => Judged::Ask(format!("{rule}; {drift}")),
        }
    }

    /// The error of a call that a rule denies. Counts nothing.
    pub(crate) fn denies(&self, call: &Call) -> Option<String> {
        match call {
            Call::Tool {
                arguments: Value::Object(arguments),
                ..
            } => self.rules.denies(arguments).map(|rule| self.denied(&rule)),
            _ => None,
        }
    }

    fn denied(&self, rule: &Rule) -> String {
        format!("policy denies this call of `{}`: {rule}", self.name)
    }

    /// The same for a call as a ledger has it.
    pub(crate) fn judge_call(&self, calls: &CallTracker, call: &Call) -> Judged {
        match call {
            Call::Tool {
                arguments: Value::Object(arguments),
                ..
            } => self.judge(calls, arguments),
            // It fails before it is made.
            _ => Judged::Allow,
        }
    }

    /// Counts a call that an earlier process made.
    pub(crate) fn made(&self, calls: &CallTracker, call: &Call) {
        if let Call::Tool {
            arguments: Value::Object(arguments),
            ..
        } = call
        {
            calls.decider(&self.grants).made(&self.rules, arguments);
        }
    }
}

impl Judged {
    /// The error of a call in a run without a ledger, which cannot wait.
    pub(crate) fn refusal(self) -> Option<String> {
        match self {
            Self::Allow => None,
            Self::Deny(why) => Some(why),
            Self::Ask(rule) => Some(format!(
                "the user has to decide about this call, and this run cannot wait: {rule}"
            )),
        }
    }
}
