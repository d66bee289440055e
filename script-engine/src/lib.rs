//! The engine that runs scripts: QuickJS-ng as a component of the world `mcp:script/engine`. An instance runs one
//! script. It calls tools by the numbers that the host gave for this script, and knows no others.

mod answers;
mod calls;
mod engine;
mod files;
mod json;
mod loader;
mod native;
mod outcome;
mod own;
mod random;
mod rejections;
mod run;
mod state;
mod text;
mod timers;
mod url;

mod bindings {
    #![allow(missing_docs, unsafe_code, reason = "generated")]
    wit_bindgen::generate!({ path: ["../wit", "wit"], world: "mcp:script/engine", generate_all });

    use super::Component;
    export!(Component);
}

use bindings::mcp::script::types::{Outcome, Script};

struct Component;

impl bindings::Guest for Component {
    fn initialize() {
        engine::initialize();
    }

    async fn run(script: Script) -> Outcome {
        run::run(script).await
    }
}
