//! Builds the skills of `tests/servers/skills` against the current servers: `mcp-codegen wit` writes their imports.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use mcp_tests::{binary, build, root};

use super::pinned::Pinned;
use crate::install::{STAMP, done, lock};

/// The component of a skill, by the name of its folder.
pub(super) fn component(skill: &str, server: &Pinned) -> PathBuf {
    let workspace = root().join("tests/servers/skills");
    {
        let _lock = lock(skill);
        generate(&workspace.join(skill).join("wit"), skill, server);
    }
    let built = build(&workspace, &["--package", skill]);
    built.join(format!("{}.wasm", skill.replace('-', "_")))
}

/// Writes the server's interface, unless the same generator wrote it for the same installation before.
fn generate(wit: &Path, skill: &str, server: &Pinned) {
    let generator = binary("mcp-codegen");
    let made_from = format!(
        "{} {:?}\n{} {:?}\n",
        generator.display(),
        changed(&generator),
        server.installation.display(),
        changed(&server.installation.join(STAMP)),
    );
    let stamp = wit.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|text| text == made_from) {
        return;
    }
    let mut command = Command::new(generator);
    command.args(["wit", server.name]).arg("--out").arg(wit);
    if skill.ends_with("-async") {
        command.arg("--async");
    }
    done(command.arg("--").arg(&server.command).args(&server.args));
    fs::write(stamp, made_from).unwrap();
}

fn changed(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}
