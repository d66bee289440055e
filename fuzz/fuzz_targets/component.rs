//! Skills as a toolchain makes them, without code in them: what they import and export is all that linking looks at.

use mcp_codegen::{Flavour, Tool, contract, package};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve, SourceMap};

/// The world of `mcp:tools/skill`, and every tool of the server `s`.
const WORLD: &str =
    "package fuzz:built; world built { include mcp:tools/skill@0.1.0; import mcp-server:s/tools; }";

/// A skill that imports these tools of the server `s`; `None` where there is none to import.
pub fn skill(tools: &[Tool]) -> Option<Vec<u8>> {
    let package = package("s", tools, Flavour::Sync).expect("valid WIT");
    if package.functions.is_empty() {
        return None;
    }
    let mut resolve = Resolve::default();
    let mut files = SourceMap::default();
    for (path, text) in contract::FILES {
        files.push_str(path, text);
    }
    let Ok(group) = files.parse() else {
        panic!("the contract does not parse")
    };
    resolve.push_group(group).expect("the contract is valid");
    resolve
        .push_source("tools.wit", &package.wit)
        .expect("valid WIT");
    let id = resolve
        .push_source("world.wit", WORLD)
        .expect("a valid world");
    let world = resolve
        .select_world(&[id], Some("built"))
        .expect("its world");
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("a module takes metadata");
    let encoder = ComponentEncoder::default()
        .module(&module)
        .expect("a module with metadata");
    // What is too large for a component (a million types, say) is no skill.
    encoder.validate(false).encode().ok()
}
