//! Skills as a toolchain makes them. What they import and export is all that linking looks at, so that most have no
//! code in them; a guest has code of ours.

use mcp_codegen::{Flavour, Tool, contract, package};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve, SourceMap, WorldId};

/// The world of `mcp:tools/skill`, and every tool of the server `s`.
const WORLD: &str =
    "package fuzz:built; world built { include mcp:tools/skill@0.1.0; import mcp-server:s/tools; }";

/// A skill that imports these tools of the server `s`; `None` where there is none to import.
#[allow(dead_code, reason = "not every target that makes guests makes skills")]
pub fn skill(tools: &[Tool]) -> Option<Vec<u8>> {
    let package = package("s", tools, Flavour::Sync).expect("valid WIT");
    if package.functions.is_empty() {
        return None;
    }
    let (resolve, world) = resolved(&package.wit, WORLD);
    let module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    // What is too large for a component (a million types, say) is no skill.
    encoder(&resolve, world, module).encode().ok()
}

/// A component of the core module `module`, in the text format. It implements `world`, the text of a package with one
/// world `built`, which may import these tools of the server `s`.
#[allow(dead_code, reason = "not every target that makes skills makes guests")]
pub fn guest(tools: &[Tool], world: &str, module: &str) -> Vec<u8> {
    let package = package("s", tools, Flavour::Sync).expect("valid WIT");
    let (resolve, world) = resolved(&package.wit, world);
    let module = wat::parse_str(module).expect("a module");
    let encoded = encoder(&resolve, world, module).encode();
    encoded.expect("the module implements the world")
}

/// The world `built` of this text, between the contract and the WIT of a server's tools.
fn resolved(tools: &str, world: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let mut files = SourceMap::default();
    for (path, text) in contract::FILES {
        files.push_str(path, text);
    }
    let Ok(group) = files.parse() else {
        panic!("the contract does not parse")
    };
    resolve.push_group(group).expect("the contract is valid");
    resolve.push_source("tools.wit", tools).expect("valid WIT");
    let id = resolve
        .push_source("world.wit", world)
        .expect("a valid world");
    let world = resolve
        .select_world(&[id], Some("built"))
        .expect("its world");
    (resolve, world)
}

fn encoder(resolve: &Resolve, world: WorldId, mut module: Vec<u8>) -> ComponentEncoder {
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)
        .expect("a module takes metadata");
    let encoder = ComponentEncoder::default().module(&module);
    encoder.expect("a module with metadata").validate(false)
}
