//! What a command waits for, on stderr: a spinner on a terminal, and lines in a pipe or a file, where an agent or a CI
//! job reads them. Prints nothing about a wait that is short.

mod calls;

use std::io::IsTerminal as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mcp_bridge::text;

use super::{out, spinner};
pub(crate) use calls::{CallWatch, OnlyCalls};

/// Bytes of a step's text.
const LONGEST: usize = 160;

/// The wait after which a spinner appears. One that flickers tells nothing.
const SPIN: Duration = Duration::from_millis(100);

/// The wait after which a step counts as long, and a pipe gets its line.
const LONG: Duration = Duration::from_secs(1);

/// The time between two lines about the same step.
const AGAIN: Duration = Duration::from_secs(10);

/// The progress of this process. Clones share it.
#[derive(Clone)]
pub(crate) struct Progress {
    shared: Arc<Shared>,
}

struct Shared {
    spins: bool,
    state: Mutex<State>,
    changed: Condvar,
    /// Where lines go.
    print: fn(&str),
}

#[derive(Default)]
struct State {
    step: Option<Step>,
    /// The thread that looks at the clock runs.
    watched: bool,
    /// When the thread looks again by itself.
    looks: Option<Instant>,
}

/// One wait.
struct Step {
    /// "compiling x.wasm"
    what: String,
    /// What it does at the moment, if the step says so.
    detail: Option<String>,
    since: Instant,
    /// When it is shown, or shown again, after `since`.
    due: Duration,
    /// Its name was printed.
    named: bool,
}

impl Progress {
    /// Shows a spinner if stderr is a terminal that can redraw a line, and no verbose log interrupts it; lines
    /// otherwise.
    pub(crate) fn new(verbose: u8) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let spins = verbose == 0 && !dumb && std::io::stderr().is_terminal();
        if spins {
            spinner::start();
        }
        Self::printing(spins, |line| out::say("", line))
    }

    fn printing(spins: bool, print: fn(&str)) -> Self {
        let shared = Shared {
            spins,
            state: Mutex::default(),
            changed: Condvar::new(),
            print,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Starts a step that may be short: "starting github". It lasts until the next step or `clear`. A pipe gets a line
    /// after a second, and one every ten seconds. A step of the same name goes on.
    pub(crate) fn wait_for(&self, what: impl Into<String>) {
        let what = what.into();
        if self
            .shared
            .lock()
            .step
            .as_ref()
            .is_some_and(|step| step.what == what)
        {
            return;
        }
        let due = if self.shared.spins { SPIN } else { LONG };
        self.start(&what, Instant::now(), due, false);
    }

    /// Starts a step that is long: "running npm ci". It prints its line now, which stays, and after that does as
    /// `wait_for`.
    pub(crate) fn begin(&self, what: impl Into<String>) {
        let what = what.into();
        self.say(&what);
        let due = if self.shared.spins { SPIN } else { AGAIN };
        self.start(&what, Instant::now(), due, true);
    }

    /// Says what the present step does at the moment: "Compiling serde". A pipe sees it in the next line about the
    /// step.
    pub(crate) fn detail(&self, detail: &str) {
        let mut state = self.shared.lock();
        if let Some(step) = &mut state.step {
            step.detail = Some(text::short(detail, LONGEST).into_owned());
            if self.shared.spins && step.since.elapsed() >= step.due {
                spinner::show(step.shown());
            }
        }
    }

    /// Prints a line that stays.
    pub(crate) fn say(&self, line: &str) {
        (self.shared.print)(&text::line(line));
    }

    /// Ends the step.
    pub(crate) fn clear(&self) {
        let mut state = self.shared.lock();
        state.step = None;
        if self.shared.spins {
            spinner::hide();
        }
    }

    fn start(&self, what: &str, since: Instant, due: Duration, named: bool) {
        let mut state = self.shared.lock();
        let spinning = self.shared.spins
            && state
                .step
                .as_ref()
                .is_some_and(|step| step.since.elapsed() >= step.due);
        let step = Step {
            what: text::short(what, LONGEST).into_owned(),
            detail: None,
            since,
            due,
            named,
        };
        if spinning {
            spinner::show(step.shown());
        }
        state.step = Some(step);
        if !state.watched {
            let shared = Arc::clone(&self.shared);
            // A thread and not a task: a step may keep the runtime's only thread busy. Without the thread, the command
            // does its work in silence.
            let spawned = thread::Builder::new()
                .name("progress".to_owned())
                .spawn(move || shared.watch());
            state.watched = spawned.is_ok();
        }
        // Each tool call is a step: waking the thread for one that it will look at in time costs more than the call
        // does.
        let in_time = state.looks.is_some_and(|looks| looks <= since + due);
        drop(state);
        if !in_time {
            self.shared.changed.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows each step when it is due. Holds the lock meanwhile, so that nothing about a step appears after it ended.
    fn watch(&self) -> ! {
        let mut state = self.lock();
        loop {
            let wait = state.step.as_mut().and_then(|step| self.look(step));
            state.looks = wait.map(|wait| Instant::now() + wait);
            state = match wait {
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(wait) => {
                    let waited = self.changed.wait_timeout(state, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Shows the step if it is due. Returns how long to wait before the next look.
    fn look(&self, step: &mut Step) -> Option<Duration> {
        let lasts = step.since.elapsed();
        if let Some(wait) = step.due.checked_sub(lasts)
            && !wait.is_zero()
        {
            return Some(wait);
        }
        if self.spins {
            // The spinner moves by itself from here on.
            spinner::show(step.shown());
            return None;
        }
        (self.print)(&text::line(&step.line(lasts)));
        step.named = true;
        // From the planned time on, not from now: late lines do not add up.
        step.due = if step.due < AGAIN {
            AGAIN
        } else {
            step.due + AGAIN
        };
        Some(step.due.saturating_sub(lasts))
    }
}

impl Step {
    /// For the spinner.
    fn shown(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{}: {detail}", self.what),
            None => self.what.clone(),
        }
    }

    /// For a pipe: its name, and after that how long it lasts.
    fn line(&self, lasts: Duration) -> String {
        if !self.named && lasts < AGAIN {
            return self.what.clone();
        }
        let detail = self.detail.as_ref();
        let detail = detail
            .map(|detail| format!(": {detail}"))
            .unwrap_or_default();
        format!("still {} ({} s){detail}", self.what, lasts.as_secs())
    }
}

#[cfg(test)]
#[path = "progress/tests.rs"]
mod tests;
