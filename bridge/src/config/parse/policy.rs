//! `limits` and `cache` of a server.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::object::{Fields, Object, seconds};
use super::trace::Trace;
use crate::config::policy::{self, Bounds, CachePolicy, CallLimits, DEFAULT_TTL, Rule};

/// `limits`: a rule for the whole server, rules for its tools, and how much of it is read.
#[derive(Default)]
pub(super) struct Limits {
    rule: OneRule,
    tools: Vec<(String, Rule)>,
    bounds: Bounds,
}

impl Limits {
    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }
}

impl Fields for Limits {
    const KEYS: &'static [&'static str] = &[
        "concurrency",
        "calls_per_minute",
        "tools",
        "max_message_bytes",
        "max_tools",
    ];
    const EXPECTED: &'static str = "an object, such as {\"concurrency\": 4}";

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut M,
        trace: &Trace,
    ) -> Result<(), M::Error> {
        match key {
            "tools" => self.tools = map.next_value_seed(Rules(trace))?,
            "max_message_bytes" => {
                if let Some(bytes) = whole(map, SMALLEST_MESSAGE)? {
                    self.bounds.message = usize::try_from(bytes).unwrap_or(usize::MAX);
                }
            }
            "max_tools" => {
                if let Some(tools) = whole(map, 1)? {
                    self.bounds.tools = usize::try_from(tools).unwrap_or(usize::MAX);
                }
            }
            key => self.rule.read(key, map, trace)?,
        }
        Ok(())
    }
}

impl From<Limits> for CallLimits {
    fn from(limits: Limits) -> Self {
        Self {
            server: limits.rule.0,
            tools: limits.tools,
        }
    }
}

#[derive(Default)]
struct OneRule(Rule);

impl Fields for OneRule {
    const KEYS: &'static [&'static str] = &["concurrency", "calls_per_minute"];
    const EXPECTED: &'static str = "an object with `concurrency` or `calls_per_minute`";

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut M,
        _: &Trace,
    ) -> Result<(), M::Error> {
        match key {
            "concurrency" => self.0.concurrency = count(map)?,
            "calls_per_minute" => self.0.calls_per_minute = count(map)?,
            _ => return Err(M::Error::unknown_field(key, Self::KEYS)),
        }
        Ok(())
    }
}

/// No server can say what it is in fewer bytes.
const SMALLEST_MESSAGE: u32 = 1024;

fn whole<'de, M: MapAccess<'de>>(map: &mut M, least: u32) -> Result<Option<u32>, M::Error> {
    let Some(number) = map.next_value::<Option<serde_json::Number>>()? else {
        return Ok(None);
    };
    let whole = number.as_u64().and_then(|whole| u32::try_from(whole).ok());
    whole
        .filter(|whole| *whole >= least)
        .map(Some)
        .ok_or_else(|| {
            M::Error::custom(format!(
                "`{number}` is not a whole number from {least} to {}",
                u32::MAX
            ))
        })
}

fn count<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Option<NonZeroU32>, M::Error> {
    Ok(whole(map, 1)?.and_then(NonZeroU32::new))
}

/// The rules of tools by name.
struct Rules<'a>(&'a Trace);

impl<'de> DeserializeSeed<'de> for Rules<'_> {
    type Value = Vec<(String, Rule)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Rules<'_> {
    type Value = Vec<(String, Rule)>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object of limits by tool")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut rules = Vec::new();
        while let Some(tool) = map.next_key::<String>()? {
            let key = Some(format!("limits.tools.{tool}"));
            let before = self.0.key.replace(key);
            let OneRule(rule) = map.next_value_seed(Object::nested(self.0))?;
            rules.push((tool, rule));
            self.0.key.replace(before);
        }
        Ok(rules)
    }
}

/// `cache`.
#[derive(Default)]
pub(super) struct Cache {
    ttl: Option<Duration>,
    max_bytes: Option<u64>,
    tools: Option<Vec<String>>,
}

impl Fields for Cache {
    const KEYS: &'static [&'static str] = &["ttl_sec", "max_bytes", "tools"];
    const EXPECTED: &'static str = "an object, such as {\"ttl_sec\": 60}";

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut M,
        _: &Trace,
    ) -> Result<(), M::Error> {
        match key {
            "ttl_sec" => self.ttl = seconds(map)?,
            "max_bytes" => self.max_bytes = map.next_value()?,
            "tools" => self.tools = map.next_value()?,
            _ => return Err(M::Error::unknown_field(key, Self::KEYS)),
        }
        Ok(())
    }
}

impl From<Cache> for CachePolicy {
    fn from(cache: Cache) -> Self {
        Self {
            ttl: cache.ttl.unwrap_or(DEFAULT_TTL),
            max_bytes: cache.max_bytes.unwrap_or(policy::DEFAULT_MAX_BYTES),
            tools: cache.tools,
        }
    }
}
