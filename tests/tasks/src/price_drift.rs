//! `price-drift.ts`: prices of suppliers that differ from ours.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use mcp_guest_sdk::{Context as _, Error};
use serde_json::{Value, json};

use crate::filesystem::{self, ReadMultipleFilesParams, SearchFilesParams};
use crate::sql::rows;

/// Files that one call reads.
const AT_ONCE: usize = 8;

pub(crate) async fn run(shop: &str) -> Result<Value, Error> {
    let ours: Vec<(String, i64)> = rows("json_array(sku, cents)", "products").await?;
    let ours: BTreeMap<String, i64> = ours.into_iter().collect();

    let params = SearchFilesParams::new(format!("{shop}/files/prices"), "*.csv");
    let found = filesystem::search_files(params).await?.content;
    let mut paths: Vec<String> = found.lines().map(str::to_owned).collect();
    paths.sort();
    let (mut compared, mut drifted, mut unknown) = (0, Vec::new(), Vec::new());
    for some in paths.chunks(AT_ONCE) {
        let params = ReadMultipleFilesParams::new(some.to_vec());
        let text = filesystem::read_multiple_files(params).await?.content;
        for line in text.lines().filter(|line| is_product(line)) {
            let fields: Vec<&str> = line.split(',').collect();
            let cents: i64 = fields.get(2).context(line)?.parse()?;
            let sku = fields[0].to_owned();
            match ours.get(&sku) {
                Some(known) if *known == cents => compared += 1,
                Some(known) => {
                    compared += 1;
                    drifted.push((sku, *known, cents));
                }
                None => unknown.push(sku),
            }
        }
    }
    drifted.sort_by_key(|(_, ours, theirs)| Reverse((theirs - ours).abs()));
    let drifted = drifted
        .iter()
        .map(|(sku, ours, theirs)| json!({ "sku": sku, "ours": ours, "theirs": theirs }));
    Ok(json!({ "compared": compared, "drifted": drifted.collect::<Value>(), "unknown": unknown }))
}

/// Whether a line starts with a name such as `SKU-00001,`.
fn is_product(line: &str) -> bool {
    let name = line
        .split_once(',')
        .and_then(|(sku, _)| sku.split_once('-'));
    name.is_some_and(|(letters, digits)| {
        letters.bytes().all(|byte| byte.is_ascii_uppercase())
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}
