//! `jobs-today.ts`: the jobs that today's weather allows.

use std::cmp::Reverse;

use mcp_guest_sdk::{Error, try_join};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::everything::{self, GetStructuredContentParams, Location};
use crate::sql::{object, rows};

#[derive(Deserialize)]
struct Job {
    id: u32,
    title: String,
    hours: u32,
    coldest: f64,
    warmest: f64,
    dry: u8,
}

pub(crate) async fn run() -> Result<Value, Error> {
    let cities = [
        ("Chicago", Location::Chicago),
        ("Los Angeles", Location::LosAngeles),
        ("New York", Location::NewYork),
    ];
    let mut today = Vec::new();
    for (city, location) in cities {
        let weather = async {
            let params = GetStructuredContentParams::new(location);
            Ok(everything::get_structured_content(params).await?)
        };
        let (weather, jobs) = try_join!(weather, jobs_of(city))?;
        let conditions = weather.conditions.to_lowercase();
        let wet = conditions.contains("rain") || conditions.contains("snow");
        let possible: Vec<&Job> = jobs
            .iter()
            .filter(|job| weather.temperature >= job.coldest && weather.temperature <= job.warmest)
            .filter(|job| !(wet && job.dry == 1))
            .collect();
        let first = possible
            .iter()
            .min_by_key(|job| (Reverse(job.hours), job.id));
        today.push(json!({
            "city": city,
            "conditions": weather.conditions,
            "jobs": jobs.len(),
            "possible": possible.len(),
            "hours": possible.iter().map(|job| job.hours).sum::<u32>(),
            "first": first.map(|job| format!("{}: {}", job.id, job.title)),
        }));
    }
    Ok(today.into())
}

async fn jobs_of(city: &str) -> Result<Vec<Job>, Error> {
    let source = format!("jobs WHERE city = '{city}'");
    rows(&object("id, title, hours, coldest, warmest, dry"), &source).await
}
