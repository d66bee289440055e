//! What is read of a message, and as what.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};

use super::*;

fn read(text: &str, asked: Asked) -> Value {
    let read = parse(text.as_bytes(), 1 << 20, |_| asked).unwrap();
    let mut message = serde_json::to_value(read.message).unwrap();
    if let Some(result) = read.result {
        message["result"] = serde_json::to_value(result).unwrap();
    }
    message
}

#[test]
fn typed_parse_gives_what_rmcp_would_give() {
    let tool = json!({"name": "a", "inputSchema": {"type": "object"}, "_meta": {"x": 1}});
    let task = json!({"taskId": "1", "status": "working", "createdAt": "2026-01-01T00:00:00Z",
        "lastUpdatedAt": "2026-01-01T00:00:00Z", "ttlMs": null});
    let mut created = task;
    created["resultType"] = json!("task");
    for result in [
        json!({"content": [{"type": "text", "text": "a"}], "_meta": {"k": [1]}}),
        json!({"content": [], "isError": true}),
        json!({"structuredContent": null, "resultType": "complete"}),
        json!({"resultType": "input_required", "requestState": "s"}),
        created,
        json!({"tools": [tool], "nextCursor": "n", "ttlMs": 5}),
        json!({"tools": [{"name": "a", "inputSchema": 1}]}),
        json!({}),
    ] {
        let answer = json!({"jsonrpc": "2.0", "id": 7, "result": result}).to_string();
        let rmcp: ServerJsonRpcMessage = serde_json::from_str(&answer).unwrap();
        let rmcp = serde_json::to_value(rmcp).unwrap();
        let list = Asked::ToolList { room: usize::MAX };
        let is_list = result.get("tools").is_some();
        for asked in [Asked::ToolCall, list, Asked::Other] {
            if asked == Asked::ToolCall && (is_list || result == json!({})) {
                let refused = parse(answer.as_bytes(), 1 << 20, |_| asked).unwrap_err();
                assert!(matches!(refused.problem, Problem::NotAResult(_)));
                continue;
            }
            assert_eq!(read(&answer, asked), rmcp, "{asked:?}: {answer}");
        }
    }
}

#[test]
fn page_of_a_list_is_not_read_where_there_is_no_room_for_it() {
    let page = json!({"tools": [{"name": "a", "description": "d".repeat(1000),
        "inputSchema": {"type": "object"}}]});
    let text = json!({"jsonrpc": "2.0", "id": 7, "result": page}).to_string();
    let read = |room| parse(text.as_bytes(), 1 << 20, |_| Asked::ToolList { room });
    let bytes = memory_of(text.as_bytes(), |_| Asked::ToolList { room: 0 });
    read(bytes).unwrap();
    let refused = read(bytes - 1).unwrap_err();
    assert!(matches!(refused.problem, Problem::Listed));
    assert_eq!(
        refused.envelope.answered_request(),
        Some(RequestId::Number(7))
    );
}

#[test]
fn message_that_is_more_than_an_answer_is_left_to_rmcp() {
    for text in [
        r#"{"jsonrpc":"2.0","id":7,"result":{"content":[]},"error":{"code":1,"message":"m"}}"#,
        r#"{"jsonrpc":"2.0","id":7,"id":7,"result":{"content":[]}}"#,
    ] {
        let read = parse(text.as_bytes(), 1 << 20, |_| Asked::ToolCall);
        assert!(
            matches!(read.unwrap_err().problem, Problem::Text(_)),
            "{text}"
        );
    }
}

#[test]
fn text_that_is_not_unicode_costs_one_character_in_every_answer() {
    let list = Asked::ToolList { room: usize::MAX };
    for (result, asked, at) in [
        (
            r#"{"content":[],"structuredContent":"a\ud83d"}"#,
            Asked::ToolCall,
            "structuredContent",
        ),
        (r#"{"tools":[],"nextCursor":"a\ud83d"}"#, list, "nextCursor"),
        (
            r#"{"tools":[1],"nextCursor":"a\ud83d"}"#,
            list,
            "nextCursor",
        ),
        (r#"{"other":"a\ud83d"}"#, Asked::Other, "other"),
    ] {
        let answer = format!(r#"{{"jsonrpc":"2.0","id":7,"result":{result}}}"#);
        let read = read(&answer, asked);
        assert_eq!(read["result"][at], "a\u{fffd}", "{answer}");
        let flaws = &read["result"]["_meta"]["mcp-host/flaws"];
        assert!(flaws[0].as_str().unwrap().contains("U+FFFD"), "{read}");
    }
}

#[test]
fn number_that_json_does_not_have_is_named_in_a_result_and_null_in_a_list() {
    let result = r#"{"jsonrpc":"2.0","id":7,"result":{"structuredContent":{"a":NaN}}}"#;
    let refused = parse(result.as_bytes(), 1 << 20, |_| Asked::ToolCall).unwrap_err();
    assert!(
        refused.problem.to_string().contains("`NaN`"),
        "{}",
        refused.problem
    );
    let list = r#"{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"a",
        "inputSchema":{"default":-Infinity}}]}}"#;
    let read = read(list, Asked::ToolList { room: usize::MAX });
    assert_eq!(
        read["result"]["tools"][0]["inputSchema"],
        json!({"default": null})
    );
}

#[test]
fn result_says_which_member_is_wrong() {
    let result = r#"{"jsonrpc":"2.0","id":7,"result":{"content":5}}"#;
    let refused = parse(result.as_bytes(), 1 << 20, |_| Asked::ToolCall).unwrap_err();
    assert_eq!(
        refused.problem.to_string(),
        "`content` is a number, not a list of content blocks"
    );
    assert_eq!(
        refused.envelope.answered_request(),
        Some(RequestId::Number(7))
    );
}

#[test]
fn number_comes_as_it_was_written() {
    let result =
        r#"{"content":[],"structuredContent":[123456789012345678901234567890,1.50,1e400,-0]}"#;
    let answer = format!(r#"{{"jsonrpc":"2.0","id":7,"result":{result}}}"#);
    let read = read(&answer, Asked::ToolCall);
    assert_eq!(
        read["result"]["structuredContent"].to_string(),
        "[123456789012345678901234567890,1.50,1e+400,-0]"
    );
}

#[test]
fn member_that_the_parser_would_expand_is_refused() {
    let result = r#"{"content":[],"structuredContent":{"$serde_json::private::RawValue":"[1]"}}"#;
    let answer = format!(r#"{{"jsonrpc":"2.0","id":7,"result":{result}}}"#);
    let refused = parse(answer.as_bytes(), 1 << 20, |_| Asked::ToolCall).unwrap_err();
    assert!(matches!(refused.problem, Problem::Reserved));
}

#[test]
fn answer_with_a_loose_envelope_is_read_with_a_flaw() {
    let result = r#"{"content":[{"type":"text","text":"done"}]}"#;
    for envelope in [
        r#"{"id":7,"result":RESULT}"#,
        r#"{"jsonrpc":"2.0","id":7,"error":null,"result":RESULT}"#,
        r#"{"jsonrpc":"1.1","id":7,"method":"tools/call","result":RESULT}"#,
    ] {
        let read = read(&envelope.replace("RESULT", result), Asked::ToolCall);
        assert_eq!(read["id"], json!(7), "{envelope}");
        assert_eq!(read["result"]["content"][0]["text"], json!("done"));
        assert!(
            read["result"]["_meta"].to_string().contains("JSON-RPC 2.0"),
            "{read}"
        );
    }
    let error =
        r#"{"jsonrpc":"2.0","id":7,"result":null,"error":{"code":-5,"message":"it broke"}}"#;
    let error = read(error, Asked::ToolCall);
    assert_eq!(error["error"], json!({"code": -5, "message": "it broke"}));
}

#[test]
fn error_that_is_ill_formed_keeps_the_words_of_the_server() {
    let error = r#"{"jsonrpc":"2.0","id":7,"error":{"message":"it broke"}}"#;
    let refused = parse(error.as_bytes(), 1 << 20, |_| Asked::ToolCall).unwrap_err();
    assert_eq!(
        refused.problem.to_string(),
        "the answer is not an MCP message: its `error` has no `code`: it broke"
    );
}

#[test]
fn what_a_server_adds_to_an_error_is_shown() {
    let error = |data| ErrorData::new(ErrorCode(-1), "it broke", data);
    assert_eq!(said(&error(None)), "it broke");
    assert_eq!(said(&error(Some(json!("late")))), "it broke: late");
    assert_eq!(
        words(&error(Some(json!({"field": "a"})))),
        "it broke: {\"field\":\"a\"} (JSON-RPC error -1)"
    );
    assert!(said(&error(Some(json!("x".repeat(5_000))))).len() < 1_100);
}

#[test]
fn what_rmcp_would_copy_is_refused_where_the_copies_do_not_fit() {
    const LIMIT: usize = 16 << 20;
    let long = "x".repeat(10 << 20);
    let refused = |text: String| {
        let read = parse(text.as_bytes(), LIMIT, |_| Asked::Other);
        matches!(read.unwrap_err().problem, Problem::TooMuchMemory(_))
    };
    assert!(refused(format!(
        r#"{{"jsonrpc":"2.0","id":"{long}","method":"ping"}}"#
    )));
    assert!(refused(format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/message","params":"{long}"}}"#
    )));
    assert!(refused(format!(
        r#"{{"jsonrpc":"2.0","id":"{long}","result":{{}}}}"#
    )));
    assert!(refused(format!(
        r#"{{"jsonrpc":"2.0","id":"{long}","id":1,"error":{{}}}}"#
    )));
    // Answers are read as long as before, loose ones too.
    let answer = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"{long}"}}]}}}}"#
    );
    parse(answer.as_bytes(), LIMIT, |_| Asked::ToolCall).unwrap();
    let loose = answer.replacen(r#""jsonrpc":"2.0","#, "", 1);
    parse(loose.as_bytes(), LIMIT, |_| Asked::ToolCall).unwrap();
}
