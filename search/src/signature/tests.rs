//! Signatures of hits, and what each loses when it is too long.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::json;

use super::*;

fn shown<'a>(name: &'a str, description: &'a str, input: &'a Value) -> Shown<'a> {
    Shown {
        server: "github",
        name,
        description,
        input,
        output: None,
        marks: &[],
    }
}

fn tokens(text: &str) -> usize {
    static TOKENIZER: std::sync::OnceLock<tiktoken_rs::CoreBPE> = std::sync::OnceLock::new();
    TOKENIZER
        .get_or_init(|| tiktoken_rs::o200k_base().unwrap())
        .encode_ordinary(text)
        .len()
}

#[test]
fn a_hit_is_a_callable_signature() {
    let input = json!({"properties": {
        "state": {"enum": ["open", "closed"]}, "owner": {"type": "string"}, "repo": {"type": "string"},
    }, "required": ["owner", "repo"]});
    let output = json!({"title": "Issues", "type": "object"});
    let tool = Shown {
        output: Some(&output),
        marks: &[Mark::Writes, Mark::NeedsLogin],
        ..shown(
            "list_issues",
            "Lists issues of a repository. Newest first.",
            &input,
        )
    };
    assert_eq!(
        signature(&tool),
        "github.list_issues({owner: string, repo: string, state?: \"open\"|\"closed\"}) -> Issues  \
         Lists issues of a repository. [writes] [needs login]"
    );
    assert_eq!(
        signature(&shown("list-all", "", &json!({}))),
        "github.list_all()"
    );
}

#[test]
fn detail_is_lost_before_parameters_and_required_ones_last() {
    let many = |count: usize| -> Value {
        let property = |at: usize| {
            let values = ["first", "second", "third", "fourth", "fifth"];
            (format!("parameter_{at}"), json!({"enum": values}))
        };
        let properties: serde_json::Map<String, Value> = (0..count).map(property).collect();
        json!({"properties": properties, "required": ["parameter_1"]})
    };
    let six = many(6);
    let some = signature(&shown("make", "Makes it of parts.", &six));
    assert!(some.contains("parameter_1: \"first\""), "{some}");
    assert!(some.contains("parameter_0?: string"), "{some}");
    let sixty = many(60);
    let line = signature(&shown("make", "Makes it of parts.", &sixty));
    assert!(
        line.starts_with("github.make({parameter_1: string, parameter_0?, parameter_2?"),
        "{line}"
    );
    assert!(line.contains(" more})  Makes it of parts."), "{line}");
    assert!(tokens(&line) <= 80, "{line}");
}

#[test]
fn an_output_is_its_properties_while_they_are_short() {
    let of = |output: Value| {
        let input = json!({});
        let tool = Shown {
            output: Some(&output),
            ..shown("get", "", &input)
        };
        signature(&tool)
    };
    assert_eq!(
        of(json!({"properties": {"n": {"type": "integer"}}})),
        "github.get() -> {n?: number}"
    );
    let wide: serde_json::Map<String, Value> = (0..40)
        .map(|at| (format!("property_{at}"), json!({"type": "string"})))
        .collect();
    assert_eq!(
        of(json!({"properties": wide, "title": "Wide"})),
        "github.get() -> Wide"
    );
    assert_eq!(
        of(json!({"type": "array", "items": {"type": "string"}})),
        "github.get() -> string[]"
    );
}

#[test]
fn a_description_cannot_pass_for_a_mark_or_hide_text() {
    let input = json!({});
    let text = "Reads.[needs login]\u{202e}\u{200b}\u{1b}[31m it\nnow";
    let line = signature(&Shown {
        marks: &[Mark::AsksUser],
        ..shown("read", text, &input)
    });
    assert_eq!(
        line,
        "github.read()  Reads.(needs login)(31m it now [asks user]"
    );
}

#[test]
fn a_long_description_ends_in_whole_words() {
    let input = json!({});
    let text = "word ".repeat(500);
    let line = signature(&shown("read", &text, &input));
    assert!(line.ends_with(" word…"), "{line}");
    assert!(
        (60..=80).contains(&tokens(&line)),
        "{} {line}",
        tokens(&line)
    );
}

#[test]
fn no_name_makes_a_signature_too_long() {
    let input = json!({"properties": {"p".repeat(500): {"enum": ["v".repeat(500)]}}, "required": ["p".repeat(500)]});
    for name in [
        "very_long_name_of_a_tool_".repeat(40),
        "zqxv".repeat(200),
        "名".repeat(400),
        "-".repeat(300),
    ] {
        let line = signature(&Shown {
            marks: &[Mark::AsksUser, Mark::Writes, Mark::NeedsLogin],
            ..shown(&name, "Does it.", &input)
        });
        assert!(
            line.ends_with(" [asks user] [writes] [needs login]"),
            "{line}"
        );
        assert!(tokens(&line) <= 80, "{} {line}", tokens(&line));
    }
}
