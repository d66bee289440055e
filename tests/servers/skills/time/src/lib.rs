//! Says when a meeting is elsewhere, through the server `time`.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{Error, Skill, ToolError};
use serde::Deserialize;
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-time");
use time::{ConvertTimeParams, GetCurrentTimeParams};

struct Time;

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// Hours and minutes in UTC: `12:30`.
    at: String,
    /// IANA names, not all of which need to exist.
    zones: Vec<String>,
}

impl Skill for Time {
    const DESCRIPTION: &str = "Converts a time of today to several time zones.";
    type Input = Input;
    type Output = Value;

    fn run(Input { at, zones }: Input) -> Result<Value, Error> {
        let now = time::get_current_time(&GetCurrentTimeParams::new("UTC"))?;
        let meetings: Vec<Value> = zones
            .iter()
            .map(|zone| meeting(&at, zone))
            .collect::<Result<_, _>>()?;
        Ok(json!({
            "now": { "timezone": now.timezone, "isDst": now.is_dst, "offset": offset(&now.datetime) },
            "meetings": meetings,
        }))
    }
}

mcp_guest_sdk::export_skill!(Time);

/// The meeting in one zone; an unknown zone becomes a text, and does not end the skill.
fn meeting(at: &str, zone: &str) -> Result<Value, Error> {
    match time::convert_time(&ConvertTimeParams::new("UTC", at, zone)) {
        Ok(converted) => Ok(json!({
            "zone": converted.target.timezone,
            "at": clock(&converted.target.datetime),
            "difference": converted.time_difference,
            "sameDay": converted.source.day_of_week == converted.target.day_of_week,
            "isDst": converted.target.is_dst,
        })),
        Err(ToolError::Failed(answer)) => Ok(json!({ "zone": zone, "error": answer.text() })),
        Err(error) => Err(error.into()),
    }
}

/// `2026-11-20T21:30:00+09:00` -> `21:30:00+09:00`: the date is today's, whenever that is.
fn clock(datetime: &str) -> &str {
    datetime
        .split_once('T')
        .map_or(datetime, |(_, clock)| clock)
}

/// `+09:00` of the same.
fn offset(datetime: &str) -> &str {
    datetime.find('+').map_or("", |at| &datetime[at..])
}
