//! What the user decides on the page, written into the ledger: about the questions that were shown, and no other. Where
//! one of them is not asked any more, nothing is decided.

use std::time::SystemTime;

use mcp_bridge::with_causes;
use mcp_host::{
    Channel, Decided, Ledger, Question, RunInfo, RunStore, RunStoreError, Scope, WaitEvent,
};

use super::always::{Always, Preview};
use super::form::Form;

/// Characters of a reason.
const LONGEST_REASON: usize = 1_000;

/// The most calls that one decision covers beyond the one that was asked about.
const MOST_MORE: u32 = 10_000;

/// A decision that was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The form says nothing that can be done.
    #[error("nothing was decided: {0}")]
    Form(&'static str),
    /// The run asks something else than was shown.
    #[error(
        "nothing was decided: the run does not ask what was shown any more. Below is what it asks now"
    )]
    Changed,
    /// The run cannot be decided about now.
    #[error("nothing was decided: {0}")]
    Run(String),
}

/// Decides as the form says. `log` gets each decision.
pub(super) fn decide(
    store: &RunStore,
    id: &str,
    (form, user): (&Form, &str),
    log: &dyn Fn(WaitEvent<'_>),
) -> Result<(), Refused> {
    let decided = decision(form, user)?;
    let Chosen {
        mut ledger, calls, ..
    } = chosen(store, id, form)?;
    write(&mut ledger, &calls, &decided, log)
}

/// What "always" would change for the calls that were chosen. Writes nothing.
pub(super) fn preview(
    store: &RunStore,
    id: &str,
    form: &Form,
    always: Option<&dyn Always>,
) -> Result<(RunInfo, Preview), Refused> {
    let always = always.ok_or(Refused::Form(NO_SETTINGS))?;
    let Chosen {
        info,
        ledger,
        calls,
    } = chosen(store, id, form)?;
    let change = always.change(&info, &ledger, &calls);
    let change = change.map_err(Refused::Run)?;
    Ok((info, Preview { change, calls }))
}

/// Writes the change that was shown into the settings file, and allows the calls.
pub(super) fn always(
    store: &RunStore,
    id: &str,
    (form, user): (&Form, &str),
    always: Option<&dyn Always>,
    log: &dyn Fn(WaitEvent<'_>),
) -> Result<(), Refused> {
    let always = always.ok_or(Refused::Form(NO_SETTINGS))?;
    let shown = form.one("change");
    let shown = shown.ok_or(Refused::Form("the form has no change"))?;
    let Chosen {
        info,
        mut ledger,
        calls,
    } = chosen(store, id, form)?;
    let written = always.write(&info, &ledger, &calls, shown);
    for rule in &written.map_err(Refused::Run)? {
        log(WaitEvent::Allowed { rule });
    }
    let decided = decided(user, true, Scope::Once, None);
    write(&mut ledger, &calls, &decided, log)
}

const NO_SETTINGS: &str = "this process has no settings file to write to";

/// The calls of a run that a form chose, all of which it asks about now.
struct Chosen {
    info: RunInfo,
    ledger: Ledger,
    calls: Vec<Question>,
}

fn chosen(store: &RunStore, id: &str, form: &Form) -> Result<Chosen, Refused> {
    let shown: Vec<&str> = form.all("digest").collect();
    if shown.is_empty() {
        return Err(Refused::Form("no call was chosen"));
    }
    let info = store.info(id).map_err(unusable)?;
    let ledger = store.ledger(id).map_err(unusable)?;
    if info.is_expired() {
        let why = "the run waited too long, and does not go on; its agent sends the script again";
        return Err(Refused::Run(why.to_owned()));
    }
    let open: Vec<_> = ledger
        .questions()
        .into_iter()
        .map(|question| (question.digest(), question))
        .collect();
    let is_open = |digest: &&str| open.iter().any(|(open, _)| open == digest);
    if !shown.iter().all(is_open) {
        return Err(Refused::Changed);
    }
    let calls = open.into_iter();
    let calls = calls.filter(|(digest, _)| shown.contains(&digest.as_str()));
    Ok(Chosen {
        calls: calls.map(|(_, question)| question).collect(),
        info,
        ledger,
    })
}

fn write(
    ledger: &mut Ledger,
    calls: &[Question],
    decided: &Decided,
    log: &dyn Fn(WaitEvent<'_>),
) -> Result<(), Refused> {
    for question in calls {
        let written = ledger.decide(question, decided.clone());
        written.map_err(|error| Refused::Run(with_causes(&error)))?;
        log(WaitEvent::Decided {
            question,
            decided,
            channel: Channel::Page,
        });
    }
    Ok(())
}

/// Ends a run that waits.
pub(super) fn cancel(store: &RunStore, id: &str) -> Result<(), Refused> {
    let mut ledger = store.ledger(id).map_err(unusable)?;
    let cancelled = ledger.cancel("the user cancelled the run");
    cancelled.map_err(|error| Refused::Run(with_causes(&error)))
}

fn decision(form: &Form, user: &str) -> Result<Decided, Refused> {
    let because = form.filled("because");
    let because = because.map(|why| why.chars().take(LONGEST_REASON).collect());
    let (allow, scope, because) = match form.one("decision") {
        Some("once") => (true, Scope::Once, None),
        Some("run") => {
            let more = form.filled("more").and_then(|more| more.parse().ok());
            let more = more.filter(|more| (1..=MOST_MORE).contains(more));
            let more = more.ok_or(Refused::Form("the number of further calls is 1 to 10,000"))?;
            (true, Scope::Run { more }, None)
        }
        Some("deny") => (false, Scope::Once, because),
        _ => return Err(Refused::Form("the form has no decision")),
    };
    Ok(decided(user, allow, scope, because))
}

fn decided(user: &str, allow: bool, scope: Scope, because: Option<String>) -> Decided {
    Decided {
        allow,
        scope,
        because,
        by: format!("{user} (local page)"),
        at: SystemTime::now(),
    }
}

fn unusable(error: RunStoreError) -> Refused {
    Refused::Run(with_causes(&error))
}
