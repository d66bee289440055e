//! Indexes and queries a collection through the server `mongodb`: maps with variants in them, variants in variants,
//! wire names that are no identifiers, JSON documents there and back.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill, ToolError};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-mongodb");
use mongodb::{
    AggregateCount, AggregateParams, AppliedLimit, CountParams, CountString, CreateIndexParams,
    DefinitionItem, DefinitionItemClassic, DefinitionItemClassicType, DefinitionItemVectorSearch,
    DefinitionItemVectorSearchType, Field, FieldFilter, FieldFilterType, FieldVector,
    FieldVectorSimilarity, FieldVectorType, FindParams, IndexType, Key, KeyString, SortItem,
    SortItemObject, SortItemString,
};

struct Mongodb;

impl Skill for Mongodb {
    const DESCRIPTION: &str =
        "Makes the indexes of a collection of shops and looks for one of them.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let index = mongodb::create_index(&CreateIndexParams::new(
            "c1",
            "city",
            "shops",
            vec![
                DefinitionItem::Classic(DefinitionItemClassic::new(
                    DefinitionItemClassicType::Classic,
                    vec![
                        ("place".to_owned(), Key::String(KeyString::N2dsphere)),
                        ("a.b$c".to_owned(), Key::Number(-1)),
                    ],
                )),
                DefinitionItem::VectorSearch(DefinitionItemVectorSearch::new(
                    DefinitionItemVectorSearchType::VectorSearch,
                    vec![
                        Field::Filter(FieldFilter::new(FieldFilterType::Filter, "kind")),
                        Field::Vector(FieldVector {
                            num_dimensions: Some(3.0),
                            similarity: Some(FieldVectorSimilarity::DotProduct),
                            ..FieldVector::new(FieldVectorType::Vector, "embedding")
                        }),
                    ],
                )),
            ],
        ))?;

        let found = mongodb::find(&FindParams {
            filter: Some(json!({ "open": { "$gte": 8.5 }, "kind": null }).to_string()),
            limit: Some(1.0),
            sort: Some(vec![
                ("name".to_owned(), SortItem::String(SortItemString::Desc)),
                ("_id".to_owned(), SortItem::Number(1)),
                (
                    "score".to_owned(),
                    SortItem::Object(SortItemObject::new("textScore")),
                ),
            ]),
            ..FindParams::new("c1", "city", "shops")
        })?;
        let documents: Vec<Value> = found
            .documents
            .iter()
            .map(|document| serde_json::from_str(document))
            .collect::<Result<_, _>>()?;

        let counted = mongodb::aggregate(&AggregateParams::new(
            "c1",
            "city",
            "shops",
            vec![json!({ "$match": { "kind": "tea" } }).to_string()],
        ))?;
        let count = match counted.count {
            AggregateCount::Number(count) => json!(count),
            AggregateCount::String(CountString::Indeterminate) => json!("indeterminate"),
        };
        let failed = match mongodb::count(&CountParams::new("c1", "city", "bars")) {
            Err(ToolError::Failed(answer)) => answer.text(),
            other => return Err(Error::msg(format!("not a failure of the tool: {other:?}"))),
        };
        Ok(json!({
            "index": index.index_name,
            "isVectorSearch": index.index_type == IndexType::VectorSearch,
            "found": documents,
            "limitedByConfig": found.applied_limits == [AppliedLimit::ConfigMaxDocumentsPerQuery],
            "count": count,
            "failed": failed,
        }))
    }
}

mcp_guest_sdk::export_skill!(Mongodb);
