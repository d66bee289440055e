//! Plans an issue through the server `github`: enums, lists of enums, variants told apart by type and by key, JSON.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-github");
use github::{
    FieldFilter, IssueField, IssueFieldValue, IssueWriteMethod, IssueWriteParams, IssueWriteState,
    ItemsItem, ItemsItemIssueNumber, ItemsItemNodeId, ListIssuesField, ListIssuesOrderBy,
    ListIssuesParams, ProjectsWriteMethod, ProjectsWriteParams, UpdatedField, UpdatedFieldName,
};

struct Github;

impl Skill for Github {
    const DESCRIPTION: &str = "Opens an issue unless there is one, and puts it on the board.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let me: Value = github::get_me()?.json()?;
        let open: Value = github::list_issues(&ListIssuesParams {
            field_filters: Some(vec![FieldFilter::new("Priority", "P1")]),
            fields: Some(vec![ListIssuesField::Number, ListIssuesField::FieldValues]),
            order_by: Some(ListIssuesOrderBy::UpdatedAt),
            per_page: Some(5.0),
            state: Some(IssueWriteState::Open),
            ..ListIssuesParams::new("octo", "hello")
        })?
        .json()?;

        let issue: Value = github::issue_write(&IssueWriteParams {
            title: Some("\"Grüße\" break\nthe log".to_owned()),
            assignees: Some(vec![me["login"].as_str().unwrap_or_default().to_owned()]),
            labels: Some(Vec::new()),
            issue_fields: Some(vec![
                field("Priority", IssueFieldValue::String("P1".to_owned())),
                field("Effort", IssueFieldValue::Number(2.5)),
                field("Public", IssueFieldValue::Boolean(true)),
                IssueField {
                    delete: Some(true),
                    ..IssueField::new("Owner")
                },
            ]),
            ..IssueWriteParams::new(IssueWriteMethod::Create, "octo", "hello")
        })?
        .json()?;

        let board = github::projects_write(&ProjectsWriteParams {
            items: Some(vec![
                ItemsItem::NodeId(ItemsItemNodeId::new("I_kwDO")),
                ItemsItem::IssueNumber(ItemsItemIssueNumber::new(42, "octo", "hello")),
            ]),
            updated_field: Some(UpdatedField::Name(UpdatedFieldName::new(
                "Status",
                json!({ "option": ["Todo", 1] }).to_string(),
            ))),
            ..ProjectsWriteParams::new(ProjectsWriteMethod::UpdateProjectItems, "octo")
        })?;
        Ok(json!({ "open": open, "issue": issue["url"], "board": board.text() }))
    }
}

mcp_guest_sdk::export_skill!(Github);

fn field(name: &str, value: IssueFieldValue) -> IssueField {
    IssueField {
        value: Some(value),
        ..IssueField::new(name)
    }
}
