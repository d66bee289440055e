//! A run that may wait for a person: asks on a terminal, and else leaves the run where `approve` finds it.

use std::path::{Path, absolute};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, anyhow};
use mcp_host::{
    Determinism, Ledger, LedgerError, LedgerRun, Limits, Linked, Outcome, Report, Request, RunInfo,
    RunStore, Standing, execute_ledger,
};

use crate::exit::{Exit, Failure};
use crate::questions;
use crate::runs::failed;
use crate::signals::{StopSender, stopped};
use crate::{dirs, out};

/// A run that has a ledger from now on.
pub(super) struct Held {
    store: RunStore,
    info: RunInfo,
    ledger: Ledger,
}

impl Held {
    /// A new run.
    pub(super) fn begin(
        linked: &Linked,
        path: &Path,
        request: &Request<'_>,
        (limits, fixed): (&Limits, Determinism),
    ) -> Result<Self, Failure> {
        let source = linked.source();
        let store = dirs::runs()?;
        let id = RunStore::new_id()
            .context("failed to draw the id of a run")
            .map_err(Failure::host)?;
        let info = RunInfo {
            id,
            began: SystemTime::now(),
            by: "run".to_owned(),
            client: None,
            name: path.display().to_string(),
            component: source
                .is_none()
                .then(|| absolute(path).unwrap_or_else(|_| path.to_owned())),
            scope: 0,
            max_tokens: 0,
            config: None,
            earlier: linked.earlier(),
            expires: None,
        };
        let file = store
            .create(&info, source.map(str::as_bytes))
            .map_err(failed)?;
        let ledger = Ledger::create(file, linked, request, limits, fixed);
        let ledger = ledger.map_err(|error| Failure::host(error.into()))?;
        Ok(Self {
            store,
            info,
            ledger,
        })
    }

    /// A run that waited.
    pub(super) fn resume(id: &str) -> Result<Self, Failure> {
        let store = dirs::runs()?;
        let info = store.info(id).map_err(failed)?;
        let ledger = store.ledger(id).map_err(failed)?;
        if ledger.standing() == Standing::Paused && info.is_expired() {
            let error = anyhow!("run {id} waited too long for a decision, and does not go on");
            return Err(Failure::usage(error));
        }
        Ok(Self {
            store,
            info,
            ledger,
        })
    }

    /// Runs until the end, and asks the user on the way. Where no one can be asked, the run stays paused.
    pub(super) async fn run(
        self,
        linked: &Linked,
        (limits, wait): (&Limits, Duration),
        stop: &StopSender,
    ) -> Result<Report, Failure> {
        let Self {
            store,
            mut info,
            mut ledger,
        } = self;
        let id = info.id.clone();
        loop {
            let ran = execute_ledger(linked, ledger, limits, stopped(stop)).await;
            let report = ran.map_err(|error| not_run(error, &id))?;
            if report.outcome != Outcome::Paused {
                return Ok(report);
            }
            info.expires = Some(SystemTime::now() + wait);
            store.write(&info).map_err(failed)?;
            ledger = store.ledger(&id).map_err(failed)?;
            let waits = !ledger.questions().is_empty();
            if !waits || !decide(&mut ledger, stop).await? {
                out::say(
                    "",
                    &format!(
                        "run {id} waits for {}: decide with `mcp-host approve {id}`, then give the same command \
                         with `--resume {id}`",
                        humantime::format_duration(wait)
                    ),
                );
                return Ok(report);
            }
        }
    }
}

/// Asks about each call, until a signal comes. Whether all are decided.
async fn decide(ledger: &mut Ledger, stop: &StopSender) -> Result<bool, Failure> {
    for question in ledger.questions() {
        if !questions::can_ask() {
            out::pass_on(&questions::shown(&question));
            continue;
        }
        let choice = tokio::select! {
            choice = questions::ask(&question) => choice?,
            // The run waits on the disk, as if the user had decided to decide later.
            _ = stopped(stop) => {
                out::say("", "");
                None
            }
        };
        let Some(choice) = choice else {
            return Ok(false);
        };
        let decided = choice.decided(None, "on the terminal of mcp-host run");
        let decided = ledger.decide(&question, decided);
        decided.map_err(|error| failed(error.into()))?;
    }
    Ok(ledger.questions().is_empty())
}

fn not_run(error: LedgerRun, id: &str) -> Failure {
    match error {
        LedgerRun::Ledger(error @ LedgerError::Ended { .. }) => {
            let hint = format!("`mcp-host runs show {id} --format json` has its result");
            Failure::usage(error.into()).hint(Some(hint))
        }
        LedgerRun::Ledger(error @ LedgerError::OtherSkill { .. }) => {
            let hint = "give the skill or the script that the run began with";
            Failure::new(Exit::Differs, error.into()).hint(Some(hint))
        }
        LedgerRun::Differs(error) => Failure::new(Exit::Differs, error.into()),
        error => Failure::host(error.into()),
    }
}
