//! Edits a document and a sheet through the server `google-workspace`: a variant of 31 records, one in an answer,
//! lists of lists, and answers that come wrapped in `{"result": …}`.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-google-workspace");
use google_workspace::{
    BatchUpdateDocParams, ManageDocTabAction, ManageDocTabParams, ManageDocTabResult,
    ModifySheetValuesParams, Operation, OperationCreateHeaderFooter,
    OperationCreateHeaderFooterHeaderFooterType, OperationCreateHeaderFooterSectionType,
    OperationCreateHeaderFooterType, OperationFormatText, OperationFormatTextType,
    OperationInsertText, OperationInsertTextAnchorPosition, OperationInsertTextType, Values,
};

const USER: &str = "ada@example.org";

struct GoogleWorkspace;

impl Skill for GoogleWorkspace {
    const DESCRIPTION: &str =
        "Writes the minutes of a meeting into a document and its numbers into a sheet.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let tab = google_workspace::manage_doc_tab(&ManageDocTabParams {
            tab_id: Some("t.1".to_owned()),
            title: Some("Minutes".to_owned()),
            ..ManageDocTabParams::new(USER, "doc-1", ManageDocTabAction::Rename)
        })?;
        let ManageDocTabResult::Rename(renamed) = tab else {
            return Err(Error::msg("the tab was not renamed"));
        };

        let edited = google_workspace::batch_update_doc(&BatchUpdateDocParams::new(
            USER,
            "doc-1",
            vec![
                Operation::InsertText(OperationInsertText {
                    tab_id: renamed.tab_id,
                    anchor_text: Some("Agenda".to_owned()),
                    anchor_position: Some(OperationInsertTextAnchorPosition::After),
                    ..OperationInsertText::new(OperationInsertTextType::InsertText, "1. Grüße ☕\n")
                }),
                Operation::FormatText(OperationFormatText {
                    bold: Some(true),
                    font_size: Some(11.5),
                    ..OperationFormatText::new(OperationFormatTextType::FormatText, 1, 8)
                }),
                Operation::CreateHeaderFooter(OperationCreateHeaderFooter {
                    header_footer_type: Some(
                        OperationCreateHeaderFooterHeaderFooterType::FirstPageOnly,
                    ),
                    ..OperationCreateHeaderFooter::new(
                        OperationCreateHeaderFooterType::CreateHeaderFooter,
                        OperationCreateHeaderFooterSectionType::Footer,
                    )
                }),
            ],
        ))?;

        let rows = [["Item", "Cost"], ["Tea", "=2*3"]].map(|row| row.map(str::to_owned).into());
        let cells = google_workspace::modify_sheet_values(&ModifySheetValuesParams {
            values: Some(Values::Array(rows.into())),
            clear_values: Some(false),
            ..ModifySheetValuesParams::new(USER, "sheet-1", "A1:B2")
        })?;
        Ok(json!({
            "renamed": [renamed.success, renamed.requests_applied, renamed.link],
            "edited": edited,
            "cells": cells,
        }))
    }
}

mcp_guest_sdk::export_skill!(GoogleWorkspace);
