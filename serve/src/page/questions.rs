//! What a run asks: each tool with its arguments and the rule, and the form that decides. The form names the digests of
//! what it shows, so a decision holds for that alone.

use maud::{Markup, html};
use mcp_host::{DriftedTool, Ledger, Question, QuestionKind};

use super::{arguments, text};

/// Questions of one page. The others come when these are decided.
pub(super) const MOST: usize = 50;

/// The form of a run.
pub(super) struct Forms<'p> {
    pub(super) run: &'p str,
    /// The token of the form.
    pub(super) decide: &'p str,
    pub(super) may_decide: bool,
    pub(super) may_always: bool,
}

pub(super) fn section(
    forms: &Forms<'_>,
    ledger: &Ledger,
    (shown, more): (&[Question], usize),
) -> Markup {
    let all = shown.len() + more;
    html! {
        section aria-labelledby="asks" {
            h2 #asks { "It asks about " (text::count(all, "call")) }
            @if more > 0 {
                p.notice { "Only the first " (shown.len()) " are shown, and can be decided now." }
            }
            @if forms.may_decide {
                form method="post" action={ "/runs/" (forms.run) "/decide" } data-decides {
                    input type="hidden" name="csrf" value=(forms.decide);
                    (groups(ledger, shown, true))
                    (choices(shown.len(), forms.may_always))
                }
            } @else {
                (groups(ledger, shown, false))
            }
        }
    }
}

/// Calls of one tool stand together, and are compared.
fn groups(ledger: &Ledger, shown: &[Question], may_decide: bool) -> Markup {
    let mut groups: Vec<Vec<&Question>> = Vec::new();
    for question in shown {
        let of = |question: &Question| {
            (
                question.function.clone(),
                question.server.clone(),
                question.tool.clone(),
            )
        };
        let same = |group: &&mut Vec<&Question>| of(group[0]) == of(question);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(question),
            None => groups.push(vec![question]),
        }
    }
    html! {
        @for group in &groups {
            @let before = arguments::before(ledger, group[0]);
            @let columns = arguments::COLUMNS - usize::from(before.is_some());
            div.question {
                h3 { code { (text::name(&group[0].name('/'))) } }
                @for question in group { (one(question, may_decide)) }
                (drifts(group))
                (arguments::table(&group[..group.len().min(columns)], before))
                @for rest in group.get(columns..).unwrap_or_default().chunks(arguments::COLUMNS) {
                    (arguments::table(rest, None))
                }
            }
        }
    }
}

fn one(question: &Question, may_decide: bool) -> Markup {
    let digest = question.digest();
    html! {
        @if may_decide {
            label.check {
                input type="checkbox" name="digest" value=(digest) checked;
                div { "Call " (question.n) (why(question)) }
            }
        } @else {
            p { "Call " (question.n) (why(question)) }
        }
    }
}

/// Each definition that is not the pinned one, once, with what differs.
fn drifts(group: &[&Question]) -> Markup {
    let mut drifts: Vec<&DriftedTool> = Vec::new();
    for drift in group.iter().filter_map(|question| question.drift.as_ref()) {
        if !drifts.contains(&drift) {
            drifts.push(drift);
        }
    }
    html! {
        @for drift in drifts {
            @let what = if drift.is_new { "is new" } else { "changed" };
            p.notice { "The definition of the tool " (what) " since its server was pinned:" }
            pre {
                @for line in drift.diff.lines() { (text::line(line, 2_000)) "\n" }
            }
        }
    }
}

fn why(question: &Question) -> Markup {
    html! {
        span.soft {
            @match &question.kind {
                QuestionKind::Policy { rule } => { "Rule: " (text::line(rule, 600)) }
                QuestionKind::Unanswered => {
                    "It was sent, and its answer was lost: it may have had its effect. To allow it makes it again."
                }
            }
        }
    }
}

fn choices(shown: usize, may_always: bool) -> Markup {
    let these = match shown {
        1 => "this call",
        _ => "the chosen calls",
    };
    html! {
        fieldset {
            legend { "Decide about " (these) }
            div.choices {
                div { button type="submit" name="decision" value="once" { "Allow once" } }
                div {
                    label {
                        span { "Further calls of the same tool" }
                        input type="number" name="more" value="100" min="1" max="10000";
                    }
                    button type="submit" name="decision" value="run" { "Allow for this run" }
                }
                @if may_always {
                    div {
                        p.soft { "Shows the line of the settings file first" }
                        button.quiet type="submit" name="decision" value="always" { "Always allow …" }
                    }
                }
                div {
                    label {
                        span { "Reason, which the agent gets" }
                        input type="text" name="because" maxlength="1000" autocomplete="off";
                    }
                    button.deny type="submit" name="decision" value="deny" { "Refuse" }
                }
            }
        }
    }
}
