//! Components, and what `inspect` says about each.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi};

use super::*;

/// A component of this world, whose functions trap.
fn component(wit: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_dir("../wit").unwrap();
    let package = resolve.push_str("test.wit", wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let encoder = ComponentEncoder::default().module(&module).unwrap();
    encoder.validate(true).encode().unwrap()
}

const WIT: &str = "
    package a:b;

    package mcp-server:git-hub {
        interface tools {
            get-issue: func(n: u32) -> string;
            list-issues: func();
        }
    }

    world w {
        import mcp-server:git-hub/tools;
        import mcp:tools/files@0.1.0;
        import mcp:tools/tools@0.1.0;
        import other:thing/api;
        export triage: func(n: u32) -> string;
    }

    package other:thing {
        interface api { f: func(); }
    }
";

#[test]
fn the_manifest_is_the_import_list() {
    let bytes = component(WIT);
    let inspection = inspect(&bytes).unwrap();
    let tool = |function: &str| Tool {
        server: "git-hub".into(),
        function: function.into(),
    };
    assert_eq!(
        inspection.permissions,
        Manifest {
            tools: vec![tool("get-issue"), tool("list-issues")],
            calls_by_name: vec!["call-tool".into(), "call-tools".into()],
            files: vec!["read-file".into(), "list-dir".into(), "write-file".into()],
            unknown: vec!["other:thing/api".into()],
            ..Manifest::default()
        }
    );
    assert_eq!(inspection.entry, EntryKind::Functions);
    assert_eq!(inspection.exports, ["triage"]);
    assert_eq!(inspection.size, bytes.len());
    assert_eq!(
        inspection.digest.to_string(),
        blake3::hash(&bytes).to_hex().as_str()
    );
    assert!(
        inspection
            .wit
            .contains("get-issue: func(n: u32) -> string;"),
        "{}",
        inspection.wit
    );
    assert!(
        inspection
            .producers
            .iter()
            .any(|producer| producer.name == "wit-component"),
        "{:?}",
        inspection.producers
    );
}

#[test]
fn a_skill_is_recognised_by_its_exports() {
    let skill = component("package a:b; world w { include mcp:tools/skill@0.1.0; }");
    assert_eq!(inspect(&skill).unwrap().entry, EntryKind::Skill);
    let nothing = component("package a:b; world w { }");
    assert_eq!(inspect(&nothing).unwrap().entry, EntryKind::None);
}

#[test]
fn error_about_bytes_that_are_not_a_component_names_what_they_are() {
    let error = inspect(b"\0asm\x01\0\0\0").unwrap_err();
    assert_eq!(
        error.to_string(),
        "a core WebAssembly module, not a component"
    );
    assert!(error.hint().is_some());
    let bytes = component(WIT);
    let error = inspect(&bytes[..bytes.len() - 1]).unwrap_err();
    assert!(matches!(error, InspectError::Invalid(_)), "{error}");
}

#[test]
fn inspecting_a_truncated_component_never_panics() {
    let bytes = component(WIT);
    // Where a section ends, what is left is a component too.
    let broken = (0..bytes.len())
        .filter(|length| inspect(&bytes[..*length]).is_err())
        .count();
    assert!(broken > bytes.len() - 80, "{broken} of {}", bytes.len());
}

#[test]
fn what_the_manifest_calls_wasi_links_and_the_rest_of_wasi_is_unknown() {
    let component = |import: &str| {
        let functions = "(export \"f\" (func))";
        wat::parse_str(format!(
            "(component (import \"{import}\" (instance {functions}))
              (core module $m (func (export \"g\"))) (core instance $i (instantiate $m))
              (func (export \"g\") (canon lift (core func $i \"g\"))))"
        ))
        .unwrap()
    };
    for served in [
        "wasi:cli/environment@0.2.0",
        "wasi:sockets/tcp@0.2.6",
        "wasi:http/outgoing-handler@0.2.0",
        "wasi:cli/environment@0.3.0",
        "wasi:keyvalue/store@0.2.0",
    ] {
        let bytes = component(served);
        let permissions = inspect(&bytes).unwrap().permissions;
        let engine = crate::Engine::new(crate::Allocation::OnDemand).unwrap();
        let skill = std::sync::Arc::new(Skill::load(&engine, &bytes, None).unwrap());
        let linked = crate::link(&skill, &crate::Environment::default());
        let refused = linked.err().map(|error| match &error {
            crate::LinkError::Imports(errors) => errors[0].to_string(),
            // The interface is served, but has no such function.
            _ => String::new(),
        });
        let is_unknown = refused.is_some_and(|why| why.contains("does not serve"));
        assert_eq!(permissions.unknown == [served], is_unknown, "{served}");
        assert_eq!(permissions.wasi == [served], !is_unknown, "{served}");
    }
}
