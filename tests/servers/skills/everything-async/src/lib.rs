//! Calls several tools of the server `everything` at once, as `async func`s.
#![forbid(unsafe_code)]

use std::cell::RefCell;

use mcp_guest_sdk::{AsyncSkill, Error, ToolError, join, try_join_all};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-everything");
use everything::{
    GetStructuredContentParams, GetSumParams, Location, TriggerLongRunningOperationParams,
};

struct EverythingAsync;

impl AsyncSkill for EverythingAsync {
    const DESCRIPTION: &str = "Does a sum and asks for the weather while a long operation runs.";
    type Input = Value;
    type Output = Value;

    async fn run(_input: Value) -> Result<Value, Error> {
        let order = RefCell::new(Vec::new());
        let long = async {
            let params = TriggerLongRunningOperationParams {
                duration: Some(1.0),
                steps: Some(1.0),
            };
            let answer = everything::trigger_long_running_operation(params).await;
            order.borrow_mut().push("long operation");
            answer
        };
        let sum = async {
            let answer = everything::get_sum(GetSumParams::new(1.0, 2.0)).await;
            order.borrow_mut().push("sum");
            answer
        };
        let (long, sum) = join!(long, sum);
        let cities = [Location::NewYork, Location::Chicago, Location::LosAngeles];
        let weather = try_join_all(cities.map(temperature)).await?;
        Ok(json!({
            "long": long?.text(),
            "sum": sum?.text(),
            "order": order.into_inner(),
            "temperatures": weather,
        }))
    }
}

mcp_guest_sdk::export_async_skill!(EverythingAsync);

async fn temperature(location: Location) -> Result<f64, ToolError> {
    let weather =
        everything::get_structured_content(GetStructuredContentParams::new(location)).await?;
    Ok(weather.temperature)
}
