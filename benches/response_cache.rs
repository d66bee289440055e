//! A cache hit: arguments in canonical order, the key, the look-up, and a copy of the response for the caller. The
//! server is a few lines of shell, and gets one call.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mcp_bridge::{Client, Config, ConnectOptions, JsonObject, Source};
use serde_json::json;

const SERVER: &str = r#"while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9][0-9]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*)
      result='{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"small","version":"1"}}' ;;
    *'"method":"tools/list"'*)
      result='{"tools":[{"name":"read","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}]}' ;;
    *'"method":"tools/call"'*)
      result='{"content":[{"type":"text","text":"an answer of ordinary length, as tools give it"}]}' ;;
    *'"id":'*)
      printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no such method"}}\n' "$id"
      continue ;;
    *) continue ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done"#;

fn hit(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let entry = json!({"command": "sh", "args": ["-c", SERVER], "cache": {"ttl_sec": 3600}});
    let text = json!({"mcpServers": {"small": entry}}).to_string();
    let config = Config::parse(&text, Path::new("mcp.json")).unwrap();
    let server = config.server("small").unwrap();
    let client = runtime
        .block_on(Client::connect(server, ConnectOptions::default()))
        .unwrap();
    let arguments =
        json!({"owner": "someone", "repository": "something", "number": 17, "labels": ["a", "b"]});
    let arguments: JsonObject = arguments.as_object().unwrap().clone();
    let call = async |arguments: JsonObject| client.call("read", arguments).await.unwrap();
    runtime.block_on(call(arguments.clone()));
    assert_eq!(
        runtime.block_on(call(arguments.clone())).source,
        Source::Cache
    );

    criterion.bench_function("response_cache/hit", |bench| {
        bench
            .to_async(&runtime)
            .iter_batched(|| arguments.clone(), &call, BatchSize::SmallInput);
    });
    runtime.block_on(client.close());
}

criterion_group!(benches, hit);
criterion_main!(benches);
