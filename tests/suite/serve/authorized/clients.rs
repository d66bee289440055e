//! The official TypeScript SDK without a token: it meets the 401, reads the metadata, and gets a token at the issuer.

use std::process::Command;

use serde_json::{Value, json};

use super::{SCOPES, guarded, has};
use crate::install;
use crate::serve::ALLOWED;

const PINNED: &str = "tests/serve-clients";

#[test]
fn the_typescript_sdk_finds_the_authorization_server_and_connects() {
    let test = "the_typescript_sdk_finds_the_authorization_server_and_connects";
    let Some(installation) = install::node(test, PINNED, "serve-clients") else {
        return;
    };
    let Some(node) = install::recent_node(test, &installation) else {
        return;
    };
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    let _served = issuer.serve(&host, &[]);
    let echo = "import { echo } from \"mcp:scripted\";\nexport default await echo({ n: 4711 });";
    for sdk in ["client", "sdk"] {
        for (id, expected) in [("ann", "4711"), ("bob", "error import_denied")] {
            let mut plan = json!({
                "sdk": sdk, "url": issuer.resource(), "issuer": issuer.addresses["issuer"],
                "id": id, "secret": issuer.addresses["secrets"][id], "code": echo,
            });
            if sdk == "sdk" {
                plan["scope"] = "mcp:write mcp:read".into();
            }
            let mut command = Command::new(&node);
            command.arg(mcp_tests::root().join(PINNED).join("authorized.mjs"));
            let output = command
                .arg(&installation)
                .arg(plan.to_string())
                .output()
                .unwrap();
            let printed = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{sdk} {id}\n{printed}");
            let got: Value = serde_json::from_slice(&output.stdout).unwrap();
            has(got["text"].as_str().unwrap(), expected);
            let requests = got["requests"].to_string();
            for part in [
                "401 POST /mcp",
                "200 GET /.well-known/oauth-protected-resource/mcp",
                "200 POST /token",
                "200 POST /mcp",
            ] {
                has(&requests, part);
            }
        }
    }
}
