//! `tools.wit`: the package of a server, made tool by tool; each is dropped before the next one.

use std::time::Instant;

use mcp_bridge::Tool;
use mcp_codegen::{Flavour, NotMade, Writer};
use serde_json::{Map, Value};

use crate::catalog;
use crate::rules::limits::{Account, Spend, Stop};
use mcp_codec::definition;

/// The most work for computing the package's size in a listing, some milliseconds: enough for 10,000 plain tools.
pub(super) const LISTED: usize = 600_000;

/// The most memory for making one function, if the run has as much.
const ONE: usize = 8 << 20;

/// The text of the package. `None` if the server has none, or if it takes more than `work`.
pub(super) fn write(
    entry: &catalog::CatalogServer,
    account: &Account,
    work: usize,
) -> Result<Option<Vec<u8>>, Stop> {
    let server = entry.server();
    let labels = entry.labels().iter();
    let names = labels.clone().map(|(label, _)| label);
    let Ok(mut writer) = Writer::new(server.name(), names, Flavour::Sync) else {
        return Ok(None);
    };
    let mut held = Spend::of(account);
    let mut taken = writer.memory();
    held.take(taken)?;
    for (label, place) in labels {
        if account.is_late(Instant::now()) {
            return Err(Stop::Deadline);
        }
        let Some(tool) = server.tools().get(place) else {
            continue;
        };
        let _copied = account.charge(weight(tool))?;
        let room = account.available().min(ONE);
        let making = account.charge(room)?;
        match writer.add(label, &definition(tool), room) {
            // The package itself says what it omits.
            Ok(()) | Err(NotMade::Refused(_)) => {}
            Err(NotMade::TooLarge) => return Err(Stop::Memory),
        }
        drop(making);
        held.take(writer.memory().saturating_sub(taken))?;
        taken = writer.memory();
        if writer.work() > work {
            return Ok(None);
        }
    }
    Ok(Some(writer.finish().into_bytes()))
}

/// About what a copy of the tool's definition takes.
fn weight(tool: &Tool) -> usize {
    let output = tool.output_schema.as_ref();
    let texts = tool.name.len() + tool.description.as_deref().map_or(0, str::len);
    texts + object(&tool.input_schema) + output.map_or(0, |schema| object(schema))
}

fn object(map: &Map<String, Value>) -> usize {
    // An entry beside its key and value: its hash and its place in the table. Room is made for four at least.
    const ENTRY: usize = size_of::<Value>() + 48;
    let entries = map.iter().map(|(key, inner)| key.len() + value(inner));
    ENTRY * map.len().max(4) + entries.sum::<usize>()
}

/// What a value takes beside its own place.
fn value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        // It is kept as text where it is large.
        Value::Number(_) => 32,
        Value::String(text) => text.len(),
        Value::Array(values) => {
            size_of_val(values.as_slice()) + values.iter().map(self::value).sum::<usize>()
        }
        Value::Object(map) => object(map),
    }
}
