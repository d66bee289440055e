//! Makes entries of the audit log of what runs do. Decides nothing about a run, except that it does not begin where the
//! settings require a log that cannot be written.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mcp_audit::{Entry, Kept, LONGEST_ARGUMENTS, Log};
use mcp_host::{
    AuditSettings, CallOver, CallStarted, Observer, Outcome, Report, RunEnd, RunEvents, RunStarted,
    WaitEvent, millis,
};
use mcp_serve::{Asked, Audit};

use crate::dirs;
use crate::exit::Failure;
use crate::settings::SettingsArgs;

/// How long the end of a command waits for its last lines, and a run for its first where the log is required.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of arguments that are read beyond those that are kept, so that a secret at the cut is whole.
pub(super) const BEYOND: usize = 64 << 10;

/// Bytes of `/etc/passwd` that are read.
const LONGEST_USERS: u64 = 1 << 20;

/// The audit of one process.
#[derive(Clone, Copy)]
pub(crate) struct Auditor {
    /// `None`: the settings turn it off, or there is no directory for it.
    log: Option<&'static Log>,
    pub(super) settings: AuditSettings,
}

static LOG: OnceLock<Log> = OnceLock::new();

/// The audit of a command that has no other use for the settings.
pub(crate) fn of_settings(settings: &SettingsArgs) -> Result<Option<Auditor>, Failure> {
    let found = settings.find()?.map(|found| found.audit);
    Ok(Auditor::new(found.unwrap_or_default()))
}

impl Auditor {
    /// `None`: the settings turn the log off, and no collector gets the entries.
    pub(crate) fn new(settings: AuditSettings) -> Option<Self> {
        let log = settings.enabled.then(|| Self::log(settings)).flatten();
        let is_exported = cfg!(feature = "otlp");
        (settings.enabled || is_exported).then_some(Self { log, settings })
    }

    fn log(settings: AuditSettings) -> Option<&'static Log> {
        let dir = dirs::audit().inspect_err(|error| {
            let error = format!("{error:#}");
            tracing::warn!(error, "there is no audit log");
        });
        let default = Kept::default();
        let kept = Kept {
            size: settings.size.unwrap_or(default.size),
            files: settings.files.unwrap_or(default.files),
        };
        let dir = dir.ok()?;
        Some(LOG.get_or_init(|| Log::open(dir, kept)))
    }

    /// Appends an entry at once.
    /// `false`: the log lost it.
    pub(super) fn put_now(self, entry: Entry) -> bool {
        #[cfg(feature = "otlp")]
        crate::otlp::emit(&entry);
        self.log.is_some_and(|log| log.append_now(entry))
    }

    /// Appends an entry, some milliseconds later.
    fn put(self, entry: Entry) {
        #[cfg(feature = "otlp")]
        crate::otlp::emit(&entry);
        if let Some(log) = self.log {
            log.append(entry);
        }
    }

    /// The observer of a run of a command, with this id.
    pub(crate) fn command(self, by: &'static str, run: &str) -> Arc<dyn Observer> {
        let asked = of_command(run.to_owned());
        Arc::new(Of {
            auditor: self,
            asked,
            by,
        })
    }

    /// Observes one call that no skill makes.
    ///
    /// # Errors
    ///
    /// Why the call must not be made.
    pub(crate) fn direct(
        self,
        asked: &Asked,
        by: &'static str,
    ) -> Result<Arc<dyn RunEvents>, String> {
        let taken = self.put_now(self.asked("direct", asked, by));
        self.required(taken)?;
        Ok(Arc::new(Events {
            auditor: self,
            run: asked.run.clone(),
        }))
    }

    /// A run of a command that did not begin.
    pub(crate) fn not_begun(
        self,
        by: &'static str,
        run: &str,
        (report, is_script): (&Report, bool),
    ) {
        let denied = match &report.outcome {
            Outcome::Denied { message } => Some(message),
            _ => None,
        };
        let _ = self.put_now(Entry {
            component: (!is_script).then(|| report.digest.to_string()),
            script: is_script.then(|| report.digest.to_string()),
            decision: denied.map(|_| "deny".into()),
            rule: denied.cloned(),
            outcome: Some(report.outcome.name().into()),
            ..self.asked("refused", &of_command(run.to_owned()), by)
        });
    }

    pub(super) fn asked(self, kind: &'static str, asked: &Asked, by: &'static str) -> Entry {
        let (client, client_version) = asked.client.clone().unzip();
        Entry {
            run: Some(asked.run.clone()),
            by: Some(by.to_owned()),
            user: Some(user().to_owned()),
            pid: Some(std::process::id()),
            principal: asked.principal.clone(),
            client,
            client_version,
            session: asked.session,
            ..Entry::new(kind)
        }
    }

    fn started(
        self,
        asked: &Asked,
        by: &'static str,
        run: &RunStarted<'_>,
    ) -> Result<Arc<dyn RunEvents>, String> {
        let digest = Some(run.digest.to_string());
        let (script, component) = match run.is_script {
            true => (digest, None),
            false => (None, digest),
        };
        let kind = match run.is_resumed {
            true => "resume",
            false => "run",
        };
        let taken = self.put_now(Entry {
            component,
            script,
            ..self.asked(kind, asked, by)
        });
        self.required(taken)?;
        Ok(Arc::new(Events {
            auditor: self,
            run: asked.run.clone(),
        }))
    }

    /// Why nothing may begin, where the log is required.
    /// `taken`: the log took the line of the beginning.
    fn required(self, taken: bool) -> Result<(), String> {
        if !self.settings.required || !self.settings.enabled {
            return Ok(());
        }
        let wanted = "`required` of `[audit]` in the settings wants every run in it";
        let Some(log) = self.log else {
            return Err(format!("there is no audit log; {wanted}"));
        };
        if !taken {
            return Err(format!("the audit log takes no line now; {wanted}"));
        }
        log.flush(PATIENCE)
            .map_err(|error| format!("{error}; {wanted}"))
    }
}

/// Waits for the last lines of this process, for a short time.
pub(crate) fn close() {
    if let Some(log) = LOG.get()
        && let Err(error) = log.flush(PATIENCE)
    {
        tracing::debug!(%error, "the last lines of the audit log are lost");
    }
}

/// The id of a run that no agent asked for: `x_` and 8 characters.
pub(crate) fn run_id() -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    mcp_host::run_id('x', hasher.finish())
}

/// What a command asks for, with the id of its run.
pub(crate) fn of_command(run: String) -> Asked {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Asked {
        run,
        session: None,
        principal: None,
        client: Some(("mcp-host".to_owned(), version)),
    }
}

/// The runs that one request asks for.
struct Of {
    auditor: Auditor,
    asked: Asked,
    by: &'static str,
}

impl Observer for Of {
    fn started(&self, run: &RunStarted<'_>) -> Result<Arc<dyn RunEvents>, String> {
        self.auditor.started(&self.asked, self.by, run)
    }
}

/// The runs of agents.
pub(crate) struct OfAgents(pub(crate) Auditor);

impl Audit for OfAgents {
    fn run(&self, asked: &Asked) -> Arc<dyn Observer> {
        Arc::new(Of {
            auditor: self.0,
            asked: asked.clone(),
            by: "serve",
        })
    }

    fn refused(&self, asked: &Asked, code: &str, why: &str) {
        let is_denied = code == "import_denied";
        let _ = self.0.put_now(Entry {
            decision: is_denied.then_some("deny".into()),
            rule: is_denied.then(|| why.to_owned()),
            outcome: Some(code.to_owned().into()),
            ..self.0.asked("refused", asked, "serve")
        });
    }

    fn direct(&self, asked: &Asked) -> Result<Arc<dyn RunEvents>, String> {
        self.0.direct(asked, "serve --direct")
    }

    fn waiting(&self, asked: &Asked, event: WaitEvent<'_>) {
        self.0.waiting(asked, event);
    }
}

/// One run.
struct Events {
    auditor: Auditor,
    run: String,
}

impl Events {
    fn entry(&self, kind: &'static str) -> Entry {
        Entry {
            run: Some(self.run.clone()),
            ..Entry::new(kind)
        }
    }
}

impl RunEvents for Events {
    fn sending(&self, call: &CallStarted<'_>) {
        let arguments = self.auditor.settings.arguments;
        // The line about the end of a call that only reads says all of it.
        if call.read_only && !arguments {
            return;
        }
        let arguments = arguments.then(|| {
            let start = call.arguments.start(LONGEST_ARGUMENTS + BEYOND);
            String::from_utf8_lossy(&start).into_owned()
        });
        let _ = self.auditor.put_now(Entry {
            call: Some(call.number),
            server: Some(call.server.to_owned()),
            tool: Some(call.tool.to_owned()),
            decision: Some(call.decision.name().into()),
            rule: call.rule.map(str::to_owned),
            bytes_in: Some(call.bytes_in),
            arguments,
            ..self.entry("sent")
        });
    }

    fn called(&self, call: &CallOver<'_>) {
        self.auditor.put(Entry {
            call: Some(call.number).filter(|number| *number > 0),
            server: Some(call.server.to_owned()),
            tool: Some(call.tool.to_owned()),
            decision: Some(call.decision.name().into()),
            rule: call.rule.map(str::to_owned),
            outcome: Some(call.outcome.into()),
            source: call.from_cache.then_some("cache".into()),
            bytes_in: Some(call.bytes_in),
            bytes_out: Some(call.bytes_out),
            ms: Some(millis(call.elapsed)),
            ..self.entry("call")
        });
    }

    fn ended(&self, end: &RunEnd<'_>) {
        let entry = self.entry(match end {
            RunEnd::Reported(report) if report.outcome == Outcome::Paused => "pause",
            _ => "end",
        });
        let _ = self.auditor.put_now(match end {
            RunEnd::Reported(report) => Entry {
                outcome: Some(report.outcome.name().into()),
                calls: Some(report.calls().into()),
                bytes_in: Some(report.tools.iter().map(|(_, used)| used.bytes_in).sum()),
                bytes_out: Some(report.tool_bytes()),
                ms: Some(report.time.run_ms),
                ..entry
            },
            RunEnd::HostFault => Entry {
                outcome: Some("host-fault".into()),
                ..entry
            },
            RunEnd::Dropped => Entry {
                outcome: Some("dropped".into()),
                ..entry
            },
        });
    }
}

/// The user of this process: the name that the OS has for it, else its number.
pub(super) fn user() -> &'static str {
    static USER: OnceLock<String> = OnceLock::new();
    USER.get_or_init(|| {
        let uid = rustix::process::geteuid().as_raw().to_string();
        let users = std::path::Path::new("/etc/passwd");
        let users = mcp_bridge::named_file::read(users, LONGEST_USERS).unwrap_or_default();
        let users = String::from_utf8_lossy(&users);
        let named = users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1) == Some(&*uid)).then(|| name.to_owned())
        });
        named.unwrap_or_else(|| format!("uid {uid}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_runs_differ() {
        let (one, other) = (run_id(), run_id());
        assert_ne!(one, other);
        assert!(one.starts_with("x_") && one.len() == 10, "{one}");
    }
}
