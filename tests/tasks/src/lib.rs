//! The eight tasks of `examples/tasks` as one component: the input says which. Each makes the calls of its script, in
//! the order of the script.
#![forbid(unsafe_code)]

mod bus_factor;
mod busiest_hour;
mod close_month;
mod error_owners;
mod first_bad_commit;
mod jobs_today;
mod meeting_hour;
mod price_drift;
mod sql;

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{AsyncSkill, Error};
use serde::Deserialize;
use serde_json::Value;

mcp_guest_sdk::import_server!("wit/deps/mcp-server-everything");
mcp_guest_sdk::import_server!("wit/deps/mcp-server-filesystem");
mcp_guest_sdk::import_server!("wit/deps/mcp-server-git");
mcp_guest_sdk::import_server!("wit/deps/mcp-server-memory");
mcp_guest_sdk::import_server!("wit/deps/mcp-server-sqlite");
mcp_guest_sdk::import_server!("wit/deps/mcp-server-time");

struct Tasks;

#[derive(Deserialize, JsonSchema)]
struct Input {
    task: Task,
    /// The directory of the shop.
    shop: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Task {
    BusFactor,
    BusiestHour,
    CloseMonth,
    ErrorOwners,
    FirstBadCommit,
    JobsToday,
    MeetingHour,
    PriceDrift,
}

impl AsyncSkill for Tasks {
    const DESCRIPTION: &str = "Does one of the eight tasks of the shop.";
    type Input = Input;
    type Output = Value;

    async fn run(Input { task, shop }: Input) -> Result<Value, Error> {
        match task {
            Task::BusFactor => bus_factor::run(&shop).await,
            Task::BusiestHour => busiest_hour::run().await,
            Task::CloseMonth => close_month::run(&shop).await,
            Task::ErrorOwners => error_owners::run(&shop).await,
            Task::FirstBadCommit => first_bad_commit::run(&shop).await,
            Task::JobsToday => jobs_today::run().await,
            Task::MeetingHour => meeting_hour::run().await,
            Task::PriceDrift => price_drift::run(&shop).await,
        }
    }
}

mcp_guest_sdk::export_async_skill!(Tasks);
