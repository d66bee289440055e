//! Rate limiting: delays calls to respect the configured concurrency and calls per minute.
//! A call waits within its own deadline and is then refused; none is ever dropped or sent early.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};
use rmcp::model::Tool;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};

use crate::config::{CallLimits, EACH_TOOL, Rule};
use crate::error::CallError;

/// A call that has less time left than this when its turn comes is not sent.
const LEAST_TIME: Duration = Duration::from_millis(1);

/// The limits of one server.
pub(crate) struct RateLimiter {
    server: Limit,
    tools: HashMap<String, Limit>,
}

/// Admits one call for as long as it is held.
pub(crate) struct Permit<'a> {
    /// Whether the call had to wait.
    pub(crate) waited: bool,
    _places: [Option<SemaphorePermit<'a>>; 2],
}

impl RateLimiter {
    /// Gives `None` where nothing is limited.
    pub(crate) fn new(server: &str, limits: &CallLimits, tools: &[Tool]) -> Option<Self> {
        let limit = |rule: &Rule, whose: String| Limit::new(*rule, whose);
        let rule_of = |name: &str| {
            let named = limits.tools.iter().find(|(tool, _)| tool == name);
            let each = || limits.tools.iter().find(|(tool, _)| tool == EACH_TOOL);
            named.or_else(each).map(|(_, rule)| *rule)
        };
        let limits_of_tools: HashMap<String, Limit> = tools
            .iter()
            .filter_map(|tool| {
                let rule = rule_of(&tool.name).filter(|rule| *rule != Rule::default())?;
                let whose = format!("tool `{}` of server `{server}`", tool.name);
                Some((tool.name.to_string(), limit(&rule, whose)))
            })
            .collect();
        if limits_of_tools.is_empty() && limits.server == Rule::default() {
            return None;
        }
        Some(Self {
            server: limit(&limits.server, format!("server `{server}`")),
            tools: limits_of_tools,
        })
    }

    /// Waits for the call's turn.
    ///
    /// # Errors
    ///
    /// [`CallError::Throttled`], no later than `deadline`; at once where the turn would come after it.
    pub(crate) async fn acquire(
        &self,
        tool: &str,
        deadline: Instant,
    ) -> Result<Permit<'_>, CallError> {
        let start = Instant::now();
        // The tool's own limit first: a call that waits for its tool must not take a place of the server.
        let (own, own_waited) = match self.tools.get(tool) {
            Some(limit) => limit.acquire(start, deadline).await?,
            None => (None, false),
        };
        let (shared, shared_waited) = self.server.acquire(start, deadline).await?;
        Ok(Permit {
            waited: own_waited || shared_waited,
            _places: [own, shared],
        })
    }
}

/// One rule, enforced.
struct Limit {
    whose: String,
    places: Option<(NonZeroU32, Semaphore)>,
    bucket: Option<(NonZeroU32, DefaultDirectRateLimiter)>,
}

impl Limit {
    fn new(rule: Rule, whose: String) -> Self {
        let places = |count: NonZeroU32| {
            let most = usize::try_from(count.get()).unwrap_or(usize::MAX);
            (count, Semaphore::new(most.min(Semaphore::MAX_PERMITS)))
        };
        let bucket = |count: NonZeroU32| {
            (
                count,
                governor::RateLimiter::direct(Quota::per_minute(count)),
            )
        };
        Self {
            whose,
            places: rule.concurrency.map(places),
            bucket: rule.calls_per_minute.map(bucket),
        }
    }

    /// A place if there are places, and a token if there are tokens.
    async fn acquire(
        &self,
        start: Instant,
        deadline: Instant,
    ) -> Result<(Option<SemaphorePermit<'_>>, bool), CallError> {
        let mut waited = false;
        let place = match &self.places {
            None => None,
            Some((count, places)) => match places.try_acquire() {
                Ok(place) => Some(place),
                Err(_) => {
                    waited = true;
                    let place = timeout_at(deadline, places.acquire()).await;
                    // The other error is a closed semaphore, and nothing closes this one. A call is not
                    // sent for an answer that cannot come in time any more.
                    let in_time = Instant::now() + LEAST_TIME < deadline;
                    let place = place.ok().and_then(Result::ok).filter(|_| in_time);
                    Some(place.ok_or_else(|| {
                        self.refused(format!("has a limit of {count} in flight"), start.elapsed())
                    })?)
                }
            },
        };
        if let Some((count, bucket)) = &self.bucket {
            while let Err(not_yet) = bucket.check() {
                waited = true;
                let wait = not_yet.wait_time_from(DefaultClock::default().now());
                if Instant::now() + wait > deadline {
                    return Err(self.refused(
                        format!("has a rate limit of {count} a minute"),
                        start.elapsed(),
                    ));
                }
                sleep(wait).await;
            }
        }
        Ok((place, waited))
    }

    fn refused(&self, limit: String, waited: Duration) -> CallError {
        // Milliseconds are precise enough for a message.
        let millis = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        CallError::Throttled {
            limit: format!("{} {limit}", self.whose),
            waited: Duration::from_millis(millis),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn limiter(limits: CallLimits) -> Option<RateLimiter> {
        let tools = ["a", "b"].map(|name| {
            let tool = json!({"name": name, "inputSchema": {"type": "object"}});
            serde_json::from_value(tool).unwrap()
        });
        RateLimiter::new("s", &limits, &tools)
    }

    fn rule(concurrency: u32, calls_per_minute: u32) -> Rule {
        Rule {
            concurrency: NonZeroU32::new(concurrency),
            calls_per_minute: NonZeroU32::new(calls_per_minute),
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(100)
    }

    fn message<T>(entered: Result<T, CallError>) -> String {
        match entered {
            Ok(_) => panic!("it is admitted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn there_is_no_limiter_without_limits() {
        assert!(limiter(CallLimits::default()).is_none());
    }

    #[tokio::test]
    async fn place_is_free_again_when_the_permit_is_dropped() {
        let tools = vec![("a".to_owned(), rule(1, 0))];
        let limiter = Arc::new(
            limiter(CallLimits {
                tools,
                ..CallLimits::default()
            })
            .unwrap(),
        );
        let first = limiter.acquire("a", soon()).await.unwrap();
        assert!(!first.waited);
        assert!(
            !limiter.acquire("b", soon()).await.unwrap().waited,
            "another tool"
        );
        let refused = message(limiter.acquire("a", soon()).await);
        assert!(
            refused.starts_with("call throttled after 0.1")
                && refused.ends_with("s: tool `a` of server `s` has a limit of 1 in flight"),
            "{refused}"
        );
        let second = tokio::spawn({
            let limiter = Arc::clone(&limiter);
            async move { limiter.acquire("a", soon()).await.unwrap().waited }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(second.await.unwrap(), "it waited, and was let through");
    }

    #[tokio::test]
    async fn call_whose_token_comes_too_late_is_refused_at_once() {
        let server = rule(0, 2);
        let limiter = limiter(CallLimits {
            server,
            ..CallLimits::default()
        })
        .unwrap();
        for tool in ["a", "b"] {
            limiter.acquire(tool, soon()).await.unwrap();
        }
        let start = Instant::now();
        let late = start + Duration::from_secs(20);
        let refused = message(limiter.acquire("a", late).await);
        assert!(
            refused.ends_with("s: server `s` has a rate limit of 2 a minute"),
            "{refused}"
        );
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn call_whose_token_comes_in_time_waits_for_it() {
        let tools = vec![("*".to_owned(), rule(0, 600))];
        let limiter = limiter(CallLimits {
            tools,
            ..CallLimits::default()
        })
        .unwrap();
        for _ in 0..600 {
            limiter.acquire("a", soon()).await.unwrap();
        }
        let start = Instant::now();
        assert!(
            limiter
                .acquire("a", start + Duration::from_secs(5))
                .await
                .unwrap()
                .waited
        );
        assert!(
            start.elapsed() > Duration::from_millis(50),
            "a token comes every 100 ms"
        );
        assert!(
            !limiter.acquire("b", soon()).await.unwrap().waited,
            "each has its own"
        );
    }
}
