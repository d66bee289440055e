//! Python: a virtual environment in the project, and `componentize-py` in it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use mcp_bridge::named_file;
use serde::Deserialize;
use tokio::process::Command;

use super::inputs::MAX_TEXT;
use super::project::Project;
use super::tool::{Needed, is_older, run, step};
use crate::exit::Failure;
use crate::progress::Progress;

const PYTHON: Needed = Needed {
    program: "python3",
    oldest: "3.11",
    // An installation without these modules cannot create a virtual environment.
    asked: &[
        "-c",
        "import ensurepip, platform, venv; print(platform.python_version())",
    ],
    get: if cfg!(target_os = "macos") {
        "brew install python"
    } else {
        "sudo apt-get install python3 python3-venv"
    },
};

const COMPONENTIZE: &str = "componentize-py";
/// The version to install if the project names none.
const PINNED: &str = "componentize-py==0.25.1";
const OLDEST: &str = "0.25";

/// The relevant part of pyproject.toml.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pyproject {
    #[serde(default)]
    project: Table,
    #[serde(default)]
    dependency_groups: Groups,
}

#[derive(Default, Deserialize)]
struct Table {
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Groups {
    /// The packages that build the skill; they do not become part of it.
    #[serde(default)]
    build: Vec<String>,
}

/// Installs `componentize-py` beside the project's own dependencies.
pub(super) async fn install(project: &Project, progress: &Progress) -> Result<(), Failure> {
    let pyproject = pyproject(project)?;
    let mut tools = pyproject.dependency_groups.build;
    if !tools.iter().any(|tool| is_for(tool, COMPONENTIZE)) {
        tools.push(PINNED.to_owned());
    }
    environment(project, &tools, progress).await?;
    check_version(project).await?;

    let packages = packages(project);
    let wanted = pyproject.project.dependencies;
    if wanted.is_empty() || is_stamped(&packages, &wanted) {
        return Ok(());
    }
    remove(&packages)?;
    let mut pip = Command::new(python(project));
    pip.args(PIP)
        .arg("--target")
        .arg(&packages)
        // A component cannot run native code of this machine: a package that has nothing else is rejected now.
        .args(["--only-binary=:all:", "--platform", "any"])
        .args(["--implementation", "py", "--abi", "none"])
        .args(&wanted);
    step(project, &mut pip, progress).await?;
    write_stamp(&packages, &wanted)
}

/// Builds the component of the module `skill`, and the bindings that editors and tests import.
pub(super) async fn build(project: &Project, progress: &Progress) -> Result<(), Failure> {
    let sources = ["src", "."]
        .into_iter()
        .find(|dir| project.dir.join(dir).join("skill.py").is_file())
        .ok_or_else(|| {
            Failure::usage(anyhow!(
                "directory `{}` has no `src/skill.py`",
                project.dir.display()
            ))
            .hint(Some(
                "it is the module with the class `WitWorld`, whose methods are `describe` and `run`",
            ))
        })?;
    let wit = project.bare_wit()?;
    let world = ["--wit-path", wit, "--world", project.world_name()];
    write_bindings(project, wit, world, progress).await?;

    let mut componentize = Command::new(bin(project).join(COMPONENTIZE));
    componentize
        .args(world)
        .args(["componentize", "skill", "--python-path", sources]);
    let packages = packages(project);
    if packages.is_dir() {
        componentize.arg("--python-path").arg(packages);
    }
    componentize.arg("--output").arg(project.unfinished());
    step(project, &mut componentize, progress).await
}

/// Writes the bindings that editors and tests import, if the world or the tool changed since they were written.
async fn write_bindings(
    project: &Project,
    wit: &str,
    world: [&str; 4],
    progress: &Progress,
) -> Result<(), Failure> {
    let bindings = project.build().join("bindings");
    let text = |path: PathBuf| named_file::read_text(&path, MAX_TEXT).unwrap_or_default();
    let wanted = [
        text(project.dir.join(".venv").join(STAMP)),
        project.world_name().to_owned(),
        text(project.dir.join(wit).join("world.wit")),
    ];
    if is_stamped(&bindings, &wanted) {
        return Ok(());
    }
    remove(&bindings)?;
    let mut componentize = Command::new(bin(project).join(COMPONENTIZE));
    componentize.args(world).arg("bindings").arg(&bindings);
    step(project, &mut componentize, progress).await?;
    defer_annotations(&bindings)
        .with_context(|| format!("failed to write the bindings in `{}`", bindings.display()))
        .map_err(Failure::host)?;
    write_stamp(&bindings, &wanted)
}

/// A tool with the name of a module of the bindings, `types`, hides that module from the annotations of later ones, so
/// that a test could not import them. The values of these annotations are not needed.
fn defer_annotations(dir: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            defer_annotations(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "py") {
            let text = named_file::read_text(&path, MAX_TEXT)?;
            named_file::write(&path, format!("from __future__ import annotations\n{text}"))?;
        }
    }
    Ok(())
}

const PIP: [&str; 5] = [
    "-m",
    "pip",
    "install",
    "--no-input",
    "--disable-pip-version-check",
];

/// Ensures that `.venv` exists and has these packages.
pub(super) async fn environment(
    project: &Project,
    wanted: &[String],
    progress: &Progress,
) -> Result<(), Failure> {
    let dir = project.dir.join(".venv");
    if is_stamped(&dir, wanted) && python(project).is_file() {
        return Ok(());
    }
    if !python(project).is_file() {
        PYTHON.check(project).await?;
        let mut venv = Command::new(PYTHON.program);
        venv.args(["-m", "venv", ".venv"]);
        step(project, &mut venv, progress).await?;
    }
    let mut pip = Command::new(python(project));
    pip.args(PIP).args(wanted);
    step(project, &mut pip, progress).await?;
    write_stamp(&dir, wanted)
}

/// The interpreter of the project's environment.
pub(super) fn python(project: &Project) -> PathBuf {
    bin(project).join("python")
}

fn bin(project: &Project) -> PathBuf {
    project.dir.join(".venv/bin")
}

/// The project's own dependencies, separate from its build tools, because they become part of the component.
fn packages(project: &Project) -> PathBuf {
    project.build().join("packages")
}

async fn check_version(project: &Project) -> Result<(), Failure> {
    let ran = run(Command::new(bin(project).join(COMPONENTIZE))
        .arg("--version")
        .current_dir(&project.dir))
    .await
    .with_context(|| format!("failed to run `.venv/bin/{COMPONENTIZE}`"))
    .map_err(|error| Failure::host(error).hint(Some("remove `.venv` and build again")))?;
    if ran.success && !is_older(&ran.stdout, OLDEST) {
        return Ok(());
    }
    Err(Failure::host(anyhow!(
        "building `{}` needs {COMPONENTIZE} {OLDEST} or newer, and this is {}",
        project.dir.display(),
        ran.stdout.trim()
    ))
    .hint(Some(format!(
        "write `{PINNED}` into the group `build` of `[dependency-groups]` in pyproject.toml"
    ))))
}

fn pyproject(project: &Project) -> Result<Pyproject, Failure> {
    let path = project.dir.join("pyproject.toml");
    let read = || -> anyhow::Result<Pyproject> {
        Ok(toml::from_str(&named_file::read_text(&path, MAX_TEXT)?)?)
    };
    read()
        .with_context(|| format!("failed to read `{}`", path.display()))
        .map_err(Failure::usage)
}

/// Whether a requirement (`name==1.2`, `name[extra] >= 1`) names this package.
fn is_for(requirement: &str, name: &str) -> bool {
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(requirement.len());
    requirement[..end]
        .replace(['_', '.'], "-")
        .eq_ignore_ascii_case(name)
}

const STAMP: &str = "made-from";

fn is_stamped(dir: &Path, wanted: &[String]) -> bool {
    named_file::read_text(&dir.join(STAMP), MAX_TEXT)
        .is_ok_and(|made_from| made_from == wanted.join("\n"))
}

fn write_stamp(dir: &Path, wanted: &[String]) -> Result<(), Failure> {
    named_file::write(&dir.join(STAMP), wanted.join("\n"))
        .with_context(|| format!("failed to write into `{}`", dir.display()))
        .map_err(Failure::host)
}

fn remove(dir: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::host(
            anyhow::Error::new(error).context(format!("failed to remove `{}`", dir.display())),
        )),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_for;

    #[test]
    fn a_requirement_names_its_package() {
        for requirement in [
            "componentize-py==0.25.1",
            "Componentize_Py >= 0.25",
            "componentize-py",
        ] {
            assert!(is_for(requirement, "componentize-py"), "{requirement}");
        }
        assert!(!is_for("componentize-python==1", "componentize-py"));
    }
}
