//! The state of one server that was needed: idle, starting, up or down. Starts nothing itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mcp_host::ToolServer;
use tokio::sync::watch;

use crate::list::List;

/// A server that failed is tried again after this time, and not before.
const AGAIN: Duration = Duration::from_secs(5);

/// How a server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was not needed yet.
    Idle,
    Starting,
    Up,
    /// It failed, and why.
    Down(String),
    /// It refused the credentials that it got.
    NeedsLogin,
}

/// A server that cannot be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// It is not in the configuration.
    Unknown,
    Down(String),
    /// It refused the credentials that it got, or there were none.
    NeedsLogin(NeedsLogin),
}

/// A server that wants to know who the user is, or wants more than the login of the user allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NeedsLogin {
    pub(crate) address: String,
    /// The configuration file.
    pub(crate) file: String,
    /// The command that logs in. `None`: the file has credentials of its own.
    pub(crate) command: Option<Box<str>>,
}

/// One server that was needed.
pub(super) struct Slot {
    /// What the configuration says of it.
    pub(super) entry: Arc<str>,
    pub(super) state: watch::Sender<State>,
}

#[derive(Clone)]
pub(super) enum State {
    Idle,
    Starting,
    Up(Arc<dyn ToolServer>, List),
    Down(Unavailable, Instant),
}

impl Slot {
    pub(super) fn new(entry: Arc<str>) -> Self {
        Self {
            entry,
            state: watch::Sender::new(State::Idle),
        }
    }

    /// Marks the server as starting, unless it runs, is starting, or failed a moment ago. The caller starts it then.
    pub(super) fn begins(&self) -> bool {
        self.state.send_if_modified(|state| {
            let begins = state.needs_start();
            if begins {
                *state = State::Starting;
            }
            begins
        })
    }

    /// Waits until the server is up or down.
    pub(super) async fn settled(&self) -> Result<Arc<dyn ToolServer>, Unavailable> {
        let mut state = self.state.subscribe();
        let settled = state.wait_for(State::is_settled).await;
        match settled.as_deref() {
            Ok(State::Up(server, _)) => Ok(Arc::clone(server)),
            Ok(State::Down(why, _)) => Err(why.clone()),
            Ok(State::Idle | State::Starting) | Err(_) => {
                Err(Unavailable::Down("the configuration changed".to_owned()))
            }
        }
    }
}

impl State {
    fn is_settled(&self) -> bool {
        matches!(self, Self::Up(..) | Self::Down(..))
    }

    fn needs_start(&self) -> bool {
        match self {
            Self::Idle => true,
            Self::Down(_, since) => since.elapsed() > AGAIN,
            Self::Starting | Self::Up(..) => false,
        }
    }

    pub(super) fn standing(&self) -> Standing {
        match self {
            Self::Idle => Standing::Idle,
            Self::Starting => Standing::Starting,
            Self::Up(..) => Standing::Up,
            Self::Down(Unavailable::NeedsLogin(_), _) => Standing::NeedsLogin,
            Self::Down(Unavailable::Down(why), _) => Standing::Down(why.clone()),
            Self::Down(Unavailable::Unknown, _) => {
                Standing::Down("it is not configured".to_owned())
            }
        }
    }
}
