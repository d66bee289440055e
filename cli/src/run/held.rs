//! A run that may wait for a person: asks on a terminal, and else leaves the run where `approve` finds it.

use std::path::{Path, PathBuf, absolute};
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use mcp_host::{
    Channel, Determinism, Ledger, LedgerError, LedgerRunError, Limits, Linked, Outcome, Report,
    Request, RunInfo, RunStore, Scope, Standing, WaitEvent, execute_ledger,
};
use serde_json::{Value, json};

use crate::audit::{Auditor, of_command};
use crate::exit::{Exit, Failure};
use crate::questions::{self, Choice, MORE};
use crate::runs::failed;
use crate::settings::SettingsArgs;
use crate::signals::{StopSender, stopped};
use crate::{always, dirs, out};

/// What a run needs to wait.
pub(super) struct Waits<'a> {
    /// Where "always" is written.
    pub(super) settings: &'a SettingsArgs,
    /// The id of the run.
    pub(super) id: String,
    pub(super) auditor: Option<Auditor>,
    /// How long it waits.
    pub(super) time: Duration,
    /// The configuration of its servers, if it has any.
    pub(super) config: Option<PathBuf>,
    /// The run has a ledger, although nothing of it waits.
    pub(super) keep_all: bool,
}

/// A run that has a ledger from now on.
pub(super) struct Held<'a> {
    store: RunStore,
    info: RunInfo,
    ledger: Ledger,
    waits: &'a Waits<'a>,
}

/// A run that waits for a decision after this command.
pub(super) struct Waiting {
    run: String,
    until: SystemTime,
    questions: Vec<Value>,
}

impl Waiting {
    /// Adds to the JSON of a report what a program needs to go on.
    pub(super) fn add_to(&self, report: &mut Value) {
        let until = humantime::format_rfc3339_seconds(self.until).to_string();
        report["run"] = json!(self.run);
        report["expires"] = json!(until);
        report["questions"] = json!(self.questions);
    }
}

impl<'a> Held<'a> {
    /// A new run.
    pub(super) fn begin(
        linked: &Linked,
        path: &Path,
        request: &Request<'_>,
        (limits, fixed): (&Limits, Determinism),
        waits: &'a Waits<'a>,
    ) -> Result<Self, Failure> {
        let source = linked.source();
        let store = dirs::runs()?;
        let info = RunInfo {
            id: waits.id.clone(),
            began: SystemTime::now(),
            by: "run".to_owned(),
            client: None,
            owner: None,
            name: path.display().to_string(),
            skill: None,
            component: source
                .is_none()
                .then(|| absolute(path).unwrap_or_else(|_| path.to_owned())),
            scope: 0,
            max_tokens: 0,
            config: waits.config.clone(),
            earlier: linked.earlier(),
            searches: Vec::new(),
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
            waits,
        })
    }

    /// A run that waited.
    pub(super) fn resume(id: &str, waits: &'a Waits<'a>) -> Result<Self, Failure> {
        let store = dirs::runs()?;
        let mut info = store.info(id).map_err(failed)?;
        let mut ledger = store.ledger(id).map_err(failed)?;
        if ledger.standing() == Standing::Paused && info.is_expired() {
            ledger.expire().map_err(|error| failed(error.into()))?;
            waits.log(WaitEvent::Expired);
            let error = anyhow!("run {id} waited too long for a decision, and does not go on");
            return Err(Failure::usage(error));
        }
        if !info.has_config(waits.config.as_deref()) {
            return Err(other_config(&info, waits.config.as_deref()));
        }
        if ledger.standing() == Standing::Ready && info.goes_on() {
            store.write(&info).map_err(failed)?;
        }
        Ok(Self {
            store,
            info,
            ledger,
            waits,
        })
    }

    /// Runs until the end, and asks the user on the way. Where no one can be asked, the run stays paused.
    pub(super) async fn run(
        self,
        linked: &Linked,
        limits: &Limits,
        stop: &StopSender,
    ) -> Result<(Report, Option<Waiting>), Failure> {
        let Self {
            store,
            mut info,
            mut ledger,
            waits,
        } = self;
        let id = info.id.clone();
        loop {
            let ran = execute_ledger(linked, ledger, limits, stopped(stop)).await;
            let report = ran.map_err(|error| not_run(error, &info))?;
            if report.outcome != Outcome::Paused {
                return Ok((report, None));
            }
            // A command that looks again does not lengthen the wait.
            info.waits(waits.time);
            store.write(&info).map_err(failed)?;
            ledger = store.ledger(&id).map_err(failed)?;
            let open = ledger.questions();
            for question in &open {
                waits.log(WaitEvent::Asked(question));
            }
            if open.is_empty() || !waits.decide(&info, &mut ledger, stop).await? {
                out::say(
                    "",
                    &format!(
                        "run {id} waits for {}: decide with `mcp-host approve {id}`, then give the same command \
                         with `--resume {id}`",
                        humantime::format_duration(info.left())
                    ),
                );
                let waiting = Waiting {
                    run: id,
                    until: info.expires.unwrap_or_else(SystemTime::now),
                    questions: ledger.questions().iter().map(questions::entry).collect(),
                };
                return Ok((report, Some(waiting)));
            }
            info.goes_on();
            store.write(&info).map_err(failed)?;
        }
    }
}

impl Waits<'_> {
    fn log(&self, event: WaitEvent<'_>) {
        if let Some(auditor) = self.auditor {
            auditor.waiting(&of_command(self.id.clone()), event);
        }
    }

    /// Asks about each call, until a signal comes. Whether all are decided.
    async fn decide(
        &self,
        info: &RunInfo,
        ledger: &mut Ledger,
        stop: &StopSender,
    ) -> Result<bool, Failure> {
        for question in ledger.questions() {
            if !questions::can_ask() {
                out::pass_on(&questions::shown(&question));
                continue;
            }
            let choice = tokio::select! {
                choice = always::ask(self.settings, info, ledger, &question) => choice?,
                // The run waits on the disk, as if the user had decided to decide later.
                _ = stopped(stop) => {
                    out::say("", "");
                    None
                }
            };
            let Some((mut choice, rules)) = choice else {
                return Ok(false);
            };
            if choice == Choice::Always {
                // The rules of this run are those with which it began.
                choice = Choice::Allow(Scope::Run { more: MORE });
            }
            for rule in &rules {
                self.log(WaitEvent::Allowed { rule });
            }
            let decided = choice.decided(None, "on the terminal of mcp-host run");
            let written = ledger.decide(&question, decided.clone());
            written.map_err(|error| failed(error.into()))?;
            self.log(WaitEvent::Decided {
                question: &question,
                decided: &decided,
                channel: Channel::Terminal,
            });
        }
        Ok(ledger.questions().is_empty())
    }
}

/// The servers of another configuration may have the same names, and are not those about which the user decides.
fn other_config(info: &RunInfo, now: Option<&Path>) -> Failure {
    let shown = |config: Option<&Path>| match config {
        Some(config) => format!("the configuration `{}`", config.display()),
        None => "no configuration".to_owned(),
    };
    let (id, began) = (&info.id, info.config.as_deref());
    let error = anyhow!(
        "run {id} began with {}, and this command has {}",
        shown(began),
        shown(now)
    );
    let hint = began.map(|began| format!("add `--config {}`", began.display()));
    Failure::usage(error).hint(hint)
}

fn not_run(error: LedgerRunError, info: &RunInfo) -> Failure {
    let id = &info.id;
    match error {
        LedgerRunError::Ledger(error @ LedgerError::Ended { .. }) => {
            let hint = format!("`mcp-host runs show {id} --format json` has its result");
            Failure::usage(error.into()).hint(Some(hint))
        }
        LedgerRunError::Ledger(error @ LedgerError::OtherSkill { .. }) => {
            let hint = match &info.component {
                Some(component) => format!("the run began with `{}`", component.display()),
                None => format!("`mcp-host runs show {id} --source` prints the script of the run"),
            };
            Failure::new(Exit::Differs, error.into()).hint(Some(hint))
        }
        LedgerRunError::Differs(error) => Failure::new(Exit::Differs, error.into()),
        error => Failure::host(error.into()),
    }
}
