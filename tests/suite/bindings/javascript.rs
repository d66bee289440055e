//! `componentize-qjs`: the skill of `tests/bindings/javascript`, with the whole interface.

use std::path::PathBuf;
use std::process::Command;

use mcp_host::{ImportError, LinkError};
use mcp_tests::Setup;

use super::{Catalog, component, mongodb, runs};
use crate::install::{self, done};

#[tokio::test]
async fn javascript_makes_the_same_calls() {
    let Some((catalog, component)) = skill("javascript_makes_the_same_calls") else {
        return;
    };
    let server = catalog.play(mongodb::answers());
    runs(&component, server, &mongodb::calls(), &mongodb::result()).await;
}

#[tokio::test]
async fn javascript_imports_every_function_of_the_interface() {
    let Some((catalog, component)) = skill("javascript_imports_every_function_of_the_interface")
    else {
        return;
    };
    let all = catalog.tools.len();
    let server = catalog.only(&mongodb::TOOLS).play(mongodb::answers());
    let refused = Setup::default()
        .server(server)
        .try_run(&component, "{}")
        .await
        .err();

    let Some(LinkError::Imports(missing)) = refused else {
        panic!("linked without its tools: {refused:?}");
    };
    assert_eq!(missing.len(), all - mongodb::TOOLS.len());
    for import in &missing {
        assert!(matches!(import, ImportError::Tool { .. }), "{import}");
    }
}

/// The catalog, and the component that is made with all of it.
fn skill(test: &str) -> Option<(Catalog, PathBuf)> {
    let catalog = Catalog::open(test, "mongodb")?;
    let installation = install::node(test, "tests/bindings/javascript", "componentize-qjs")?;
    let made = component(&catalog, &installation, "javascript/skill.js", |dir| {
        let script = "node_modules/componentize-qjs/bin/componentize-qjs";
        done(
            Command::new("node")
                .arg(installation.join(script))
                .args(["--wit", "wit", "--world", "shops", "--js", "skill.js"])
                .args(["--output", "skill.wasm"])
                .current_dir(dir),
        );
    });
    Some((catalog, made))
}
