//! An answer that is too large for the script is an error that it can catch, whatever the size: the run goes on.

use mcp_host::Outcome;
use mcp_tests::{Fake, structured, text};
use serde_json::{Value, json};

use super::library::World;

/// The server `s`: `json` answers with so many numbers, `text` with so many letters.
fn server() -> Fake {
    let schema = json!({ "type": "object", "properties": { "count": { "type": "integer" } } });
    let tools = json!([
        { "name": "json", "inputSchema": schema, "outputSchema": { "type": "object" } },
        { "name": "text", "inputSchema": schema },
    ]);
    Fake::new("s", tools, |tool, arguments| {
        let count = arguments.get("count").and_then(Value::as_u64).unwrap_or(0);
        let count = usize::try_from(count).unwrap();
        let answer = match tool {
            "json" => structured(json!({ "list": vec![0; count] })),
            _ => text(&"x".repeat(count)),
        };
        Box::pin(async move { Ok(answer) })
    })
}

#[tokio::test]
async fn answers_of_any_size_are_values_or_tool_errors_that_a_script_catches() {
    // 32 MiB for the engine, the answers, and what the host holds for them.
    let mut world = World::of(server()).memory(48 << 20);
    world.limits.transfer = 64 << 20;
    let source = "import { json, text } from \"mcp:s\";\nconst seen = [];\n\
        for (const [tool, counts] of [[text, [1e3, 1e5, 1e6, 8e6, 14e6, 20e6, 40e6]], [json, [1e3, 1e5, 4e5, 1e6, 2e6, 5e6]]]) {\n\
          const line = [];\n\
          for (const count of counts) {\n\
            try { const got = await tool({ count }); line.push((got.list ?? got).length === count); }\n\
            catch (error) { line.push(error instanceof ToolError ? error.code : String(error)); }\n\
          }\n\
          seen.push(line.join(' '));\n\
        }\nexport default seen;";
    let report = world.run(source).await;
    assert_eq!(report.outcome, Outcome::Finished, "{report:?}");
    let seen: Vec<String> = serde_json::from_str(report.result.as_deref().unwrap()).unwrap();
    for line in &seen {
        let words: Vec<_> = line.split(' ').collect();
        // Small ones arrive, large ones do not, and nothing lies between.
        assert_eq!(words.first(), Some(&"true"), "{seen:?}");
        assert_eq!(words.last(), Some(&"too-large"), "{seen:?}");
        let others = words
            .iter()
            .find(|word| !["true", "too-large"].contains(word));
        assert_eq!(others, None, "{seen:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_and_is_not_caught_names_its_call() {
    let mut world = World::of(server()).memory(48 << 20);
    world.limits.transfer = 64 << 20;
    let source = "import { json } from \"mcp:s\";\nexport default await json({ count: 2e6 });";
    let report = world.run(source).await;
    let Outcome::Failed { message } = &report.outcome else {
        panic!("{report:?}");
    };
    for part in ["script.ts:2:22", "s.json: the ", "retryable: no"] {
        assert!(message.contains(part), "no `{part}` in {message}");
    }
}
