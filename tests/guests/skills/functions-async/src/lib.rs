//! Exports an `async func`, and a tool's error as its own.

wit_bindgen::generate!({
    inline: r#"
        package test:functions-async;

        world functions-async {
          import mcp:tools/tools@0.1.0;
          use mcp:tools/types@0.1.0.{tool-error};
          export later: async func(name: string) -> string;
          export call: func(server: string, tool: string) -> result<string, tool-error>;
        }
    "#,
    path: "../../wit/sync/deps/mcp-tools",
    world: "test:functions-async/functions-async",
    generate_all,
});

struct Functions;

impl Guest for Functions {
    async fn later(name: String) -> String {
        wit_bindgen::yield_async().await;
        format!("later, {name}")
    }

    fn call(server: String, tool: String) -> Result<String, ToolError> {
        let result = mcp::tools::tools::call_tool(&server, &tool, "{}")?;
        Ok(result.structured.unwrap_or_default())
    }
}

export!(Functions);
