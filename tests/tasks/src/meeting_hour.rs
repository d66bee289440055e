//! `meeting-hour.ts`: the hour of a day at which the most people are at work and free.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use mcp_guest_sdk::{Context as _, Error, try_join_all};
use serde_json::{Value, json};

use crate::busiest_hour::offset;
use crate::memory;

/// A day of June 2026.
const DAY: i32 = 10;
const WORK_BEGINS: i32 = 8 * 60;
const WORK_ENDS: i32 = 18 * 60;

struct Person {
    zone: String,
    /// Begin and end of each appointment, in local minutes since the begin of June.
    busy: Vec<(i32, i32)>,
}

pub(crate) async fn run() -> Result<Value, Error> {
    let graph = memory::read_graph().await?;
    let people = graph
        .entities
        .iter()
        .filter(|entity| entity.entity_type == "person")
        .map(|entity| person(&entity.observations).context("a person without a zone"))
        .collect::<Result<Vec<_>, _>>()?;
    let zones: BTreeSet<&str> = people.iter().map(|person| person.zone.as_str()).collect();
    let offsets = try_join_all(zones.iter().map(|zone| offset(zone))).await?;
    let offsets: BTreeMap<&str, i32> = zones.iter().copied().zip(offsets).collect();

    let mut hours: Vec<(i32, usize)> = (0..24)
        .map(|hour| {
            let free = people.iter().filter(|person| {
                let begin = (DAY - 1) * 1440 + hour * 60 + offsets[person.zone.as_str()];
                person.is_free(begin)
            });
            (hour, free.count())
        })
        .collect();
    hours.sort_by_key(|(_, free)| Reverse(*free));
    let best: Value = hours[..3]
        .iter()
        .map(|(hour, free)| json!({ "utc": format!("{hour:02}:00"), "free": free }))
        .collect();
    Ok(json!({ "people": people.len(), "zones": zones.len(), "best": best }))
}

impl Person {
    /// Whether the hour from this local minute on is work time without an appointment.
    fn is_free(&self, begin: i32) -> bool {
        let (clock, end) = (begin % 1440, begin + 60);
        clock >= WORK_BEGINS
            && clock + 60 <= WORK_ENDS
            && self
                .busy
                .iter()
                .all(|(from, to)| *to <= begin || *from >= end)
    }
}

fn person(observations: &[String]) -> Option<Person> {
    let zone = observations
        .iter()
        .find_map(|text| text.strip_prefix("works in zone "))?;
    let busy = observations.iter().filter_map(|text| busy(text)).collect();
    Some(Person {
        zone: zone.to_owned(),
        busy,
    })
}

/// `busy 2026-06-DD HH:MM-HH:MM ..`
fn busy(text: &str) -> Option<(i32, i32)> {
    let rest = text.strip_prefix("busy 2026-06-")?;
    let day: i32 = rest.get(..2)?.parse().ok()?;
    let minutes = |from: usize| {
        let hour: i32 = rest.get(from..from + 2)?.parse().ok()?;
        let minute: i32 = rest.get(from + 3..from + 5)?.parse().ok()?;
        Some((day - 1) * 1440 + hour * 60 + minute)
    };
    Some((minutes(3)?, minutes(9)?))
}
