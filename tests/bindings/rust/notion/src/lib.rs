//! Finds, writes and changes a page through the server `notion`: arms told apart by required keys and by `const`, JSON
//! or text.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-notion");
use notion::{
    ApiPostPageChild, ApiPostPageParams, ApiPostPageParentRequest, ApiPostSearchParams,
    ApiUpdatePageMarkdownParams, ApiUpdatePageMarkdownType, Child, ContentUpdate, Filter,
    FilterObject, FilterObjectValue, Parent, Sort, UpdateContent, UpdateContentObject,
};

struct Notion;

impl Skill for Notion {
    const DESCRIPTION: &str = "Adds a page to a database that it finds by name.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let found: Value = notion::api_post_search(&ApiPostSearchParams {
            query: Some("Recipes".to_owned()),
            sort: Some(Sort::String("last_edited_time".to_owned())),
            filter: Some(Filter::Object(FilterObject {
                value: Some(FilterObjectValue::DataSource),
                property: Some("object".to_owned()),
            })),
            page_size: Some(1),
            ..ApiPostSearchParams::new()
        })?
        .json()?;
        let database = found["results"][0]["id"].as_str().unwrap_or_default();

        let heading =
            json!({ "paragraph": { "rich_text": [{ "text": { "content": "Steep." } }] } });
        let page: Value = notion::api_post_page(&ApiPostPageParams {
            children: Some(vec![
                ApiPostPageChild::Object(heading.to_string()),
                ApiPostPageChild::String("Drink.".to_owned()),
            ]),
            icon: Some("🍵".to_owned()),
            ..ApiPostPageParams::new(
                Parent::ParentRequest2(ApiPostPageParentRequest::new(database)),
                Child::Object(json!({ "title": [{ "text": { "content": "Tea" } }] }).to_string()),
            )
        })?
        .json()?;

        let update = UpdateContentObject {
            allow_deleting_content: Some(false),
            ..UpdateContentObject::new(vec![
                ContentUpdate::new("Steep.", "Steep for 3 min."),
                ContentUpdate {
                    replace_all_matches: Some(true),
                    ..ContentUpdate::new("Drink.", "Enjoy.")
                },
            ])
        };
        let changed = notion::api_update_page_markdown(&ApiUpdatePageMarkdownParams {
            update_content: Some(UpdateContent::Object(update)),
            ..ApiUpdatePageMarkdownParams::new(
                page["id"].as_str().unwrap_or_default(),
                ApiUpdatePageMarkdownType::UpdateContent,
            )
        })?;
        Ok(json!({ "page": page, "changed": changed.text() }))
    }
}

mcp_guest_sdk::export_skill!(Notion);
