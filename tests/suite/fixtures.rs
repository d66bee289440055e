//! The components of `wit-component`'s own tests: each is inspected, loaded and linked as what it is, or rejected with
//! a reason. Cargo's unpacked sources of that crate contain them; this repository does not.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use mcp_host::{
    EntryKind, Environment, Export, ImportError, Inspection, LinkError, LoadError, Needs, Skill,
    inspect, link,
};
use mcp_tests::{cache, engine, root};

/// Proposals that this host disables, by the reason in its message.
const OFF: [(&str, &str); 8] = [
    ("async-builtins", "error-context feature"),
    ("async-export", "async stackful feature"),
    ("async-streams-and-futures", "more async builtins feature"),
    ("async-unit-builtins", "more async builtins feature"),
    ("custom-page-sizes", "custom page sizes proposal"),
    ("implements", "`cm-implements` feature"),
    ("threading", "`context.get`"),
    ("wasm-init-task", "async stackful feature"),
];

#[test]
fn the_fixtures_of_wit_component_load_and_link_or_are_refused_with_a_reason() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 90, "{}", fixtures.len());
    let mut linked = 0;
    for (name, bytes) in &fixtures {
        let inspection = inspect(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        match Skill::load(engine(), bytes, Some(cache())) {
            Ok(skill) => {
                let seen = inspection.functions.iter().map(|f| f.name.clone());
                let loaded = skill.exports().iter().map(Export::name);
                assert_eq!(sorted(seen), sorted(loaded), "{name}");
                assert_eq!(Needs::read(bytes).as_ref(), Some(skill.needs()), "{name}");
                linked += usize::from(links(name, skill, &inspection));
            }
            Err(LoadError::NoSkill { exports }) => {
                assert_eq!(inspection.entry, EntryKind::None, "{name}: {exports:?}");
            }
            Err(LoadError::Invalid(why)) => {
                let why = format!("{why:#}");
                let off = OFF.iter().find(|(off, _)| off == name);
                assert!(
                    off.is_some_and(|(_, says)| why.contains(says)),
                    "{name}: {why}"
                );
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert!(linked > 20, "{linked}");
}

/// Whether it links; otherwise the error names all imports that the inspection found unknown, and no others.
fn links(name: &str, skill: Skill, inspection: &Inspection) -> bool {
    let refused = match link(&Arc::new(skill), &Environment::default()) {
        Ok(_) => Vec::new(),
        Err(LinkError::Imports(errors)) => errors,
        Err(error) => panic!("{name}: {error}"),
    };
    let refused = refused.iter().map(|error| match error {
        ImportError::Unknown(import) => import.clone(),
        error => panic!("{name}: {error}"),
    });
    let refused = sorted(refused);
    let unknown = sorted(inspection.permissions.unknown.iter().cloned());
    assert_eq!(refused, unknown, "{name}");
    refused.is_empty()
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Each component by the name of its directory.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let mut fixtures = Vec::new();
    for entry in std::fs::read_dir(sources().join("tests/components")).unwrap() {
        let dir = entry.unwrap().path();
        // Without one, the directory shows what cannot become a component.
        if let Ok(text) = std::fs::read_to_string(dir.join("component.wat")) {
            let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
            fixtures.push((name, wat::parse_str(text).unwrap()));
        }
    }
    fixtures.sort();
    fixtures
}

/// Where cargo has the sources of the `wit-component` that this workspace uses.
fn sources() -> PathBuf {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        metadata.status.success(),
        "{}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let found = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| {
            let version = package["version"].as_str().unwrap();
            package["name"] == "wit-component" && version.starts_with("0.254.")
        });
    let manifest = PathBuf::from(found.unwrap()["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}
