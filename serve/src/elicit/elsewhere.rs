//! Waits until what a form asks is decided elsewhere: on a command line, or on the local page. Decides nothing.

use std::time::Duration;

use mcp_host::{RunStore, RunStoreError};

use crate::door::Door;

/// How often the files of the run are looked at.
const LOOKS: Duration = Duration::from_millis(250);

/// What the ledger says of the questions of a form.
enum Form {
    /// One of them at least is open.
    Asks,
    /// None is, and another process has the ledger.
    Held,
    /// None is: the run can go on, or is over.
    Settled,
}

/// Waits until none of these questions is open any more, and no process has the ledger.
pub(super) async fn settled(door: &Door, run: &str, questions: &[String]) {
    let Some(runs) = &door.runs else {
        return std::future::pending().await;
    };
    // What was decided before this wait began has no stamp of its own.
    let (mut last, mut looks) = (runs.stamp(run), true);
    loop {
        tokio::time::sleep(LOOKS).await;
        let now = runs.stamp(run);
        if now == last && !looks {
            continue;
        }
        last = now;
        // In memory as the ledger of a run that goes on. Where others have the room, the next look comes later.
        let Some(_room) = door.ledgers.room(runs.ledger_bytes(run)).await else {
            looks = true;
            continue;
        };
        let (runs, run, questions) = (runs.clone(), run.to_owned(), questions.to_vec());
        let look = tokio::task::spawn_blocking(move || form(&runs, &run, &questions));
        match look.await {
            Ok(Form::Settled) => return,
            // Its stamp does not show when the process lets it go.
            Ok(Form::Held) => looks = true,
            Ok(Form::Asks) | Err(_) => looks = false,
        }
    }
}

fn form(runs: &RunStore, run: &str, questions: &[String]) -> Form {
    let view = match runs.look(run) {
        Ok(view) => view,
        Err(RunStoreError::NotFound(_)) => return Form::Settled,
        Err(_) => return Form::Asks,
    };
    let mut open = view.ledger().questions().into_iter();
    if open.any(|question| questions.contains(&question.digest())) {
        return Form::Asks;
    }
    match view.is_in_use() {
        true => Form::Held,
        false => Form::Settled,
    }
}
