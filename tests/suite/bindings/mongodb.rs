//! A skill in three languages: the responses of the server `mongodb`, and the expected result.

use serde_json::{Value, json};

use super::{Answer, Call};

/// The tools that it calls.
pub(super) const TOOLS: [&str; 4] = ["create-index", "find", "aggregate", "count"];

pub(super) fn answers() -> Vec<(&'static str, Answer)> {
    let index = json!({
        "database": "city", "collection": "shops", "indexName": "shops_1", "indexType": "vectorSearch",
    });
    let found = json!({
        "documents": [{ "_id": { "$oid": "64b7" }, "name": "café ☕" }],
        "queryResultsCount": 7,
        "appliedLimits": ["config.maxDocumentsPerQuery"],
    });
    let counted = json!({ "documents": [], "count": "indeterminate", "appliedLimits": [] });
    vec![
        ("create-index", Answer::Structured(index)),
        ("find", Answer::Structured(found)),
        ("aggregate", Answer::Structured(counted)),
        ("count", Answer::Failed("no collection `bars`")),
    ]
}

pub(super) fn calls() -> Vec<Call> {
    let keys = json!({ "place": "2dsphere", "a.b$c": -1 });
    let fields = json!([
        { "type": "filter", "path": "kind" },
        { "type": "vector", "path": "embedding", "numDimensions": 3, "similarity": "dotProduct" },
    ]);
    let create = json!({
        "connectionId": "c1", "database": "city", "collection": "shops",
        "definition": [
            { "type": "classic", "keys": keys },
            { "type": "vectorSearch", "fields": fields },
        ],
    });
    let find = json!({
        "connectionId": "c1", "database": "city", "collection": "shops",
        "filter": { "open": { "$gte": 8.5 }, "kind": null },
        "limit": 1,
        "sort": { "name": "desc", "_id": 1, "score": { "$meta": "textScore" } },
    });
    let aggregate = json!({
        "connectionId": "c1", "database": "city", "collection": "shops",
        "pipeline": [{ "$match": { "kind": "tea" } }],
    });
    let count = json!({ "connectionId": "c1", "database": "city", "collection": "bars" });
    vec![
        ("create-index", create),
        ("find", find),
        ("aggregate", aggregate),
        ("count", count),
    ]
}

pub(super) fn result() -> Value {
    json!({
        "index": "shops_1",
        "isVectorSearch": true,
        "found": [{ "_id": { "$oid": "64b7" }, "name": "café ☕" }],
        "limitedByConfig": true,
        "count": "indeterminate",
        "failed": "no collection `bars`",
    })
}
