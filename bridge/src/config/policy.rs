//! The policy of a configuration for the calls of a server: how many, how often, which responses are cached, and
//! how elicitation requests are answered.

use std::num::NonZeroU32;
use std::time::Duration;

/// The name in `limits` that stands for each tool without a rule of its own.
pub(crate) const EACH_TOOL: &str = "*";
/// The time to live of a cached response where `cache` does not say.
pub(super) const DEFAULT_TTL: Duration = Duration::from_secs(60);
/// The size of a server's response cache where `cache` does not say.
pub(super) const DEFAULT_MAX_BYTES: u64 = 16 << 20;

/// `limits`: a call over a limit waits for its turn, within its deadline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallLimits {
    /// For all calls of the server together.
    pub server: Rule,
    /// For the calls of one tool, by its name. `*` stands for each tool without a rule of its own.
    pub tools: Vec<(String, Rule)>,
}

/// `limits`: how much of a server is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// `max_message_bytes`: the longest message, event or body, in bytes; 16 MiB if absent. What it says
    /// may take 16 MiB more than that in memory, its text included.
    pub message: usize,
    /// `max_tools`: the most tools that a server may list; 10,000 if absent.
    pub tools: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            message: 16 << 20,
            tools: 10_000,
        }
    }
}

/// How many calls, and how often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// `concurrency`: the most calls in flight.
    pub concurrency: Option<NonZeroU32>,
    /// `calls_per_minute`: a bucket of so many tokens, which is filled again evenly within a minute.
    pub calls_per_minute: Option<NonZeroU32>,
}

/// `cache`: which responses are cached. Without it the client caches none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CachePolicy {
    /// `ttl_sec`: the time to live of a cached response; 60 s if absent.
    pub ttl: Duration,
    /// `max_bytes`: the size of the server's response cache, as JSON; 16 MiB if absent.
    pub max_bytes: u64,
    /// `tools`: the tools whose responses are cached; if absent, those that say `readOnlyHint`.
    pub tools: Option<Vec<String>>,
}

/// How the client answers an elicitation request (`elicitation` of the entry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Elicitation {
    /// Decline.
    #[default]
    Decline,
    /// Accept with the default of each field of the form. Decline where a required field has no default.
    Defaults,
}
