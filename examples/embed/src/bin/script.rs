//! Runs a script, with a tool of this very program.
//!
//! ```text
//! cargo run -p embed --bin script
//! ```

use std::sync::Arc;

use anyhow::{Context as _, bail};
use futures_util::future::BoxFuture;
use mcp_bridge::{Answer, CallError, CallToolResult, JsonObject, Tool};
use mcp_host::{Catalog, Environment, Host, Limits, Outcome, Request, ToolServer};
use serde_json::json;

/// As an agent writes it. Its import is what it may call.
const SCRIPT: &str = r#"
import { price } from "mcp:shop";

interface Line { item: string; count: number }

export default async (lines: Line[]) => {
  const prices = await Promise.all(lines.map(({ item }) => price({ item })));
  return lines.reduce((sum, { count }, n) => sum + count * prices[n].cents, 0) / 100;
};
"#;

const ORDER: &str = r#"[{"item":"tea","count":3},{"item":"milk","count":1}]"#;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let engine = mcp_script_engine_image::engine().map_err(anyhow::Error::msg)?;
    let host = Host::builder().script_engine(engine).build()?;
    let script = host.script("order.ts", SCRIPT).await?;
    let environment = Environment {
        catalog: Arc::new(Catalog::of(
            [Arc::new(Shop::new()?) as Arc<dyn ToolServer>],
        )?),
        ..Environment::default()
    };
    let linked = host.link(&script, &environment)?;
    let limits = Limits::default();
    let report = host.run(&linked, &Request::Input(ORDER), &limits).await?;
    let Outcome::Finished = report.outcome else {
        bail!("{:?}", report.outcome);
    };
    let calls = report.calls();
    let total = report.result.context("a finished run has a result")?;
    eprintln!("{total} after {calls} calls");
    Ok(())
}

/// A server with the one tool `price`.
struct Shop {
    tools: Vec<Tool>,
}

impl Shop {
    fn new() -> serde_json::Result<Self> {
        let tools = json!([{
            "name": "price",
            "inputSchema": {
                "type": "object", "properties": { "item": { "type": "string" } }, "required": ["item"],
            },
            "outputSchema": {
                "type": "object", "properties": { "cents": { "type": "integer" } }, "required": ["cents"],
            },
        }]);
        Ok(Self {
            tools: serde_json::from_value(tools)?,
        })
    }
}

impl ToolServer for Shop {
    fn name(&self) -> &str {
        "shop"
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        _tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        Box::pin(async move {
            let cents = match arguments.get("item").and_then(|item| item.as_str()) {
                Some("tea") => 450,
                Some("milk") => 120,
                _ => return Err(CallError::NotFound("the shop does not have it".to_owned())),
            };
            Ok(CallToolResult::structured(json!({ "cents": cents })).into())
        })
    }
}
