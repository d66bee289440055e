//! `limits` and `cache` of a server.

use super::notice::Notices;
use super::object::{Fault, Field, Object};
use crate::config::policy::{
    Bounds, CachePolicy, CallLimits, DEFAULT_MAX_BYTES, DEFAULT_TTL, Rule,
};

/// No server can say what it is in fewer bytes.
const SMALLEST_MESSAGE: u32 = 1024;

/// `limits`: a rule for the whole server, rules for its tools, and how much of it is read.
pub(super) fn limits(
    field: &Field<'_>,
    notices: &mut Notices,
) -> Result<(CallLimits, Bounds), Fault> {
    let mut object = field.object("an object, such as {\"concurrency\": 4}")?;
    let (mut limits, mut bounds) = (CallLimits::default(), Bounds::default());
    limits.server = rule(&mut object)?;
    if let Some(tools) = object.take("tools") {
        for (tool, field) in tools.fields("an object of limits by tool")? {
            let mut object = field.object("an object with `concurrency` or `calls_per_minute`")?;
            limits.tools.push((tool, rule(&mut object)?));
            notices.unknown(&object);
        }
    }
    if let Some(field) = object.take("max_message_bytes") {
        bounds.message = usize::try_from(field.whole(SMALLEST_MESSAGE)?).unwrap_or(usize::MAX);
    }
    if let Some(field) = object.take("max_tools") {
        bounds.tools = usize::try_from(field.whole(1)?).unwrap_or(usize::MAX);
    }
    notices.unknown(&object);
    Ok((limits, bounds))
}

fn rule(object: &mut Object<'_>) -> Result<Rule, Fault> {
    let mut rule = Rule::default();
    if let Some(field) = object.take("concurrency") {
        rule.concurrency = field.count()?;
    }
    if let Some(field) = object.take("calls_per_minute") {
        rule.calls_per_minute = field.count()?;
    }
    Ok(rule)
}

/// `cache`.
pub(super) fn cache(field: &Field<'_>, notices: &mut Notices) -> Result<CachePolicy, Fault> {
    let mut object = field.object("an object, such as {\"ttl_sec\": 60}")?;
    let mut cache = CachePolicy {
        ttl: DEFAULT_TTL,
        max_bytes: DEFAULT_MAX_BYTES,
        tools: None,
    };
    if let Some(field) = object.take("ttl_sec") {
        cache.ttl = field.seconds()?;
    }
    if let Some(field) = object.take("max_bytes") {
        cache.max_bytes = field.bytes()?;
    }
    if let Some(field) = object.take("tools") {
        cache.tools = Some(field.texts()?);
    }
    notices.unknown(&object);
    Ok(cache)
}
