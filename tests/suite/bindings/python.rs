//! `componentize-py`: the skill of `tests/bindings/python`, with the tools that it calls and no others.

use std::process::Command;

use super::{Catalog, component, mongodb, runs};
use crate::install::{self, done};

#[tokio::test]
async fn python_makes_the_same_calls_and_needs_no_other_tool() {
    let test = "python_makes_the_same_calls_and_needs_no_other_tool";
    let Some(catalog) = Catalog::open(test, "mongodb") else {
        return;
    };
    let pinned = "tests/bindings/python";
    let Some(installation) = install::python(test, pinned, "componentize-py") else {
        return;
    };
    let catalog = catalog.only(&mongodb::TOOLS);
    let component = component(&catalog, &installation, "python/skill.py", |dir| {
        done(
            Command::new(installation.join("bin/componentize-py"))
                .args(["--wit-path", "wit", "--world", "shops"])
                .args(["componentize", "skill", "--output", "skill.wasm"])
                .current_dir(dir),
        );
    });
    let server = catalog.play(mongodb::answers());
    runs(&component, server, &mongodb::calls(), &mongodb::result()).await;
}
