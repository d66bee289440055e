//! `busiest-hour.ts`: the local hour in which each store sells the most.

use std::collections::BTreeMap;

use mcp_guest_sdk::{Context as _, Error, try_join_all};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sql::{object, rows};
use crate::time::{self, ConvertTimeParams};

const PER_PAGE: usize = 2000;

#[derive(Deserialize)]
struct Store {
    id: u32,
    city: String,
    zone: String,
}

#[derive(Deserialize)]
struct Order {
    id: u32,
    store: u32,
    placed_at: String,
}

pub(crate) async fn run() -> Result<Value, Error> {
    let columns = object("id, city, zone");
    let stores: Vec<Store> =
        rows(&columns, "(SELECT id, city, zone FROM stores ORDER BY id)").await?;
    let offsets = try_join_all(stores.iter().map(|store| offset(&store.zone))).await?;
    let offsets: BTreeMap<u32, i32> = stores.iter().map(|store| store.id).zip(offsets).collect();
    let mut hours: BTreeMap<u32, [u32; 24]> = BTreeMap::new();

    let columns = object("id, store, placed_at, cents, customer");
    let mut last = 0;
    loop {
        let source =
            format!("(SELECT * FROM orders WHERE id > {last} ORDER BY id LIMIT {PER_PAGE})");
        let page: Vec<Order> = rows(&columns, &source).await?;
        for order in &page {
            let utc = minute(&order.placed_at).context("an order without a time")?;
            let offset = offsets.get(&order.store).context("an order of no store")?;
            let hour = usize::try_from((utc + offset).rem_euclid(1440) / 60)?;
            hours.entry(order.store).or_default()[hour] += 1;
        }
        last = page.last().map_or(last, |order| order.id);
        if page.len() < PER_PAGE {
            break;
        }
    }

    let stores = stores.iter().map(|store| {
        let hours = hours.get(&store.id).copied().unwrap_or_default();
        let orders = hours.iter().copied().max();
        let hour = hours.iter().position(|count| Some(*count) == orders);
        json!({ "city": store.city, "hour": hour, "orders": orders, "of": hours.iter().sum::<u32>() })
    });
    Ok(stores.collect())
}

/// Minutes east of UTC: the server says "+5.75h".
pub(crate) async fn offset(zone: &str) -> Result<i32, Error> {
    let answer = time::convert_time(ConvertTimeParams::new("UTC", "12:00", zone)).await?;
    let difference = answer.time_difference;
    let (hours, part) = difference
        .trim_end_matches('h')
        .split_once('.')
        .context(format!("the difference is `{difference}`"))?;
    let minutes = match part {
        "0" => 0,
        "5" => 30,
        "25" => 15,
        "75" => 45,
        _ => return Err(Error::msg(format!("the difference is `{difference}`"))),
    };
    let hours: i32 = hours.parse()?;
    Ok(hours * 60 + if hours < 0 { -minutes } else { minutes })
}

/// The minute of the day of "2026-05-07 04:17".
fn minute(placed_at: &str) -> Option<i32> {
    let hour: i32 = placed_at.get(11..13)?.parse().ok()?;
    let minute: i32 = placed_at.get(14..16)?.parse().ok()?;
    Some(hour * 60 + minute)
}
