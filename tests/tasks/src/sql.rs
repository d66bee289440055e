//! Queries whose rows come as one JSON text, because the server writes rows in Python's notation.

use mcp_guest_sdk::{Context as _, Error};
use serde::de::DeserializeOwned;

use crate::sqlite::{self, ReadQueryParams};

/// The rows of a query: `value` is the JSON of one row, as SQLite makes it.
pub(crate) async fn rows<T: DeserializeOwned>(value: &str, source: &str) -> Result<Vec<T>, Error> {
    let query = format!("SELECT json_group_array({value}) AS rows FROM {source}");
    let answer = sqlite::read_query(ReadQueryParams::new(query))
        .await?
        .text();
    let json = answer
        .strip_prefix("[{'rows': '")
        .and_then(|rest| rest.strip_suffix("'}]"))
        .context(&answer)?;
    Ok(serde_json::from_str(json)?)
}

/// The JSON object of these columns.
pub(crate) fn object(columns: &str) -> String {
    let pairs: Vec<String> = columns
        .split(", ")
        .map(|name| format!("'{name}', {name}"))
        .collect();
    format!("json_object({})", pairs.join(", "))
}
