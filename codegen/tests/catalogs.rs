//! Real catalogs: every tool of every server comes out, and comes out the same every time.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says why it was skipped"
)]

use std::path::{Path, PathBuf};

use mcp_codegen::{Catalog, Flavour, package};

fn catalogs() -> Vec<(String, Catalog)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/schemas");
    if !dir.is_dir() {
        assert!(
            std::env::var_os("CI").is_none(),
            "`{}` is missing, and CI must not skip this",
            dir.display()
        );
        println!("SKIPPED: `{}` is missing", dir.display());
        return Vec::new();
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .filter_map(|file| {
            let server = file
                .file_name()?
                .to_str()?
                .strip_suffix(".tools.json")?
                .to_owned();
            let text = std::fs::read_to_string(&file).unwrap();
            Some((server, Catalog::parse(&text).unwrap()))
        })
        .collect()
}

#[test]
fn every_tool_of_every_catalog_has_a_function() {
    let dump = std::env::var_os("DUMP");
    for (server, catalog) in catalogs() {
        assert_eq!(catalog.refused, [], "{server}");
        for flavour in [Flavour::Sync, Flavour::Async] {
            let made = package(&server, &catalog.tools, flavour)
                .unwrap_or_else(|error| panic!("{server}: {error:?}"));
            assert_eq!(made.refused, [], "{server}");
            assert_eq!(made.functions.len(), catalog.tools.len(), "{server}");
            let again = package(&server, &catalog.tools, flavour).unwrap();
            assert_eq!(made.wit, again.wit, "{server}");
            if let (Some(dir), Flavour::Sync) = (&dump, flavour) {
                let dir = Path::new(dir);
                std::fs::write(dir.join(format!("{server}.wit")), &made.wit).unwrap();
                let losses: String =
                    made.functions
                        .iter()
                        .flat_map(|function| {
                            function.losses.iter().map(|loss| {
                                format!("{} {}: {}\n", function.label, loss.at, loss.why)
                            })
                        })
                        .collect();
                std::fs::write(dir.join(format!("{server}.losses")), losses).unwrap();
            }
        }
    }
}
