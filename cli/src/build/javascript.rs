//! JavaScript and TypeScript: npm, `tsc` for the types, and `componentize-qjs` for the component.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use mcp_bridge::named_file;
use mcp_codegen::javascript;
use serde_json::Value;
use tokio::process::Command;

use super::inputs::MAX_TEXT;
use super::project::Project;
use super::sources;
use super::tool::{Needed, is_older, step};
use crate::exit::Failure;
use crate::progress::Progress;

const NODE: Needed = Needed {
    program: "node",
    oldest: "20",
    asked: &["--version"],
    get: if cfg!(target_os = "macos") {
        "brew install node"
    } else {
        "sudo apt-get install nodejs npm"
    },
};

const NPM: Needed = Needed {
    program: "npm",
    oldest: "8",
    asked: &["--version"],
    get: NODE.get,
};

/// An npm package that builds skills.
struct Package {
    name: &'static str,
    /// The version to install if the project names none.
    pinned: &'static str,
    /// The oldest version that works.
    oldest: &'static str,
}

const COMPONENTIZE: Package = Package {
    name: "componentize-qjs",
    pinned: "0.4.3",
    oldest: "0.4.3",
};

const TYPESCRIPT: Package = Package {
    name: "typescript",
    pinned: "7.0.2",
    oldest: "5",
};

/// The packages need no install scripts, and an install without scripts is safer.
const INSTALL: [&str; 3] = ["--ignore-scripts", "--no-audit", "--no-fund"];

/// Writes the types of the world's imports to the place where editors and `tsc` find them.
pub(super) fn declare(project: &Project) -> Result<(), Failure> {
    let path = project.dir.join("wit/types.d.ts");
    let text = mcp_codegen::typescript::declarations(&project.resolve, project.world);
    // A file that is current stays untouched: a watcher of the directory would build again.
    if named_file::read_text(&path, MAX_TEXT).is_ok_and(|present| present == text) {
        return Ok(());
    }
    named_file::write(&path, text)
        .with_context(|| format!("failed to write `{}`", path.display()))
        .map_err(Failure::host)
}

/// Installs the packages of package.json, and the tools that it does not name.
pub(super) async fn install(
    project: &Project,
    typescript: bool,
    progress: &Progress,
) -> Result<(), Failure> {
    NODE.check(project).await?;
    NPM.check(project).await?;
    let tools: &[Package] = if typescript {
        &[COMPONENTIZE, TYPESCRIPT]
    } else {
        &[COMPONENTIZE]
    };

    let manifest = manifest(project)?;
    let unnamed: Vec<String> = tools
        .iter()
        .filter(|tool| {
            ["dependencies", "devDependencies"]
                .iter()
                .all(|list| manifest[list][tool.name].is_null())
        })
        .map(|tool| format!("{}@{}", tool.name, tool.pinned))
        .collect();
    if !unnamed.is_empty()
        || stamp(project) != named_file::read_text(&stamped(project), MAX_TEXT).ok()
    {
        let mut npm = Command::new("npm");
        npm.arg("install").args(INSTALL);
        if !unnamed.is_empty() {
            npm.args(["--save-dev", "--save-exact"]).args(&unnamed);
        }
        step(project, &mut npm, progress).await?;
        if let Some(stamp) = stamp(project) {
            named_file::write(&stamped(project), stamp)
                .context("failed to write into `node_modules`")
                .map_err(Failure::host)?;
        }
    }
    tools.iter().try_for_each(|tool| installed(project, tool))
}

/// Checks types and removes them: tsconfig.json decides where the JavaScript goes.
pub(super) async fn compile(project: &Project, progress: &Progress) -> Result<(), Failure> {
    let mut tsc = Command::new("node");
    tsc.arg("node_modules/typescript/bin/tsc")
        .args(["--project", "tsconfig.json"])
        // For the places in errors.
        .args(["--sourceMap", "true", "--inlineSourceMap", "false"]);
    step(project, &mut tsc, progress).await
}

/// Builds the component from the `main` file of package.json.
pub(super) async fn build(project: &Project, progress: &Progress) -> Result<(), Failure> {
    let manifest = manifest(project)?;
    let main = manifest["main"].as_str().unwrap_or("src/skill.js");
    if !project.dir.join(main).is_file() {
        return Err(Failure::usage(anyhow!(
            "`{main}`, the `main` of `{}`, does not exist",
            project.dir.join("package.json").display()
        ))
        .hint(Some(
            "let `main` name the JavaScript that exports `describe` and `run`",
        )));
    }
    write_entry(project, main).map_err(Failure::host)?;
    let wit = project.bare_wit()?;
    let mut componentize = Command::new("node");
    componentize
        .arg("node_modules/componentize-qjs/bin/componentize-qjs")
        .args(["--wit", wit, "--world", project.world_name()])
        .args(["--js", ENTRY, "--module-root", ".", "--sync", "--opt-size"])
        .arg("--output")
        .arg(project.unfinished());
    step(project, &mut componentize, progress).await
}

/// The source of the component: the skill, with checked values.
const ENTRY: &str = "build/entry/skill.js";

fn write_entry(project: &Project, main: &str) -> anyhow::Result<()> {
    let entry = javascript::entry(
        &project.resolve,
        project.world,
        // From `build/entry`, where the files below are.
        &format!("../../{main}"),
    );
    let module = project.dir.join(ENTRY);
    let dir = module.parent().unwrap_or(&project.dir);
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        named_file::write(&path, text)
            .with_context(|| format!("failed to write `{}`", path.display()))
    };
    fs::create_dir_all(dir).with_context(|| format!("failed to write `{}`", dir.display()))?;
    for (name, text) in javascript::FILES {
        write(name, text)?;
    }
    write(javascript::TYPES_JS, &entry.types)?;
    write(javascript::CONSOLE_JS, &entry.console)?;
    let made = project.dir.join(main);
    let sources = sources::of(&project.dir, made.parent().unwrap_or(&project.dir))?;
    write(javascript::SOURCES_JS, &sources)?;
    named_file::write(&module, entry.module)
        .with_context(|| format!("failed to write `{}`", module.display()))
}

fn manifest(project: &Project) -> Result<Value, Failure> {
    let path = project.dir.join("package.json");
    let read = || -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&named_file::read_text(
            &path, MAX_TEXT,
        )?)?)
    };
    read()
        .with_context(|| format!("failed to read `{}`", path.display()))
        .map_err(Failure::usage)
}

/// The hash of the inputs of node_modules.
fn stamp(project: &Project) -> Option<String> {
    let manifest = named_file::read_text(&project.dir.join("package.json"), MAX_TEXT).ok()?;
    let lock =
        named_file::read_text(&project.dir.join("package-lock.json"), MAX_TEXT).unwrap_or_default();
    Some(
        blake3::hash(format!("{manifest}\0{lock}").as_bytes())
            .to_hex()
            .to_string(),
    )
}

/// In node_modules itself, so that both are deleted together.
fn stamped(project: &Project) -> PathBuf {
    project.dir.join("node_modules/.mcp-host-made-from")
}

/// Checks the version that the project itself names.
fn installed(project: &Project, tool: &Package) -> Result<(), Failure> {
    let path = project
        .dir
        .join("node_modules")
        .join(tool.name)
        .join("package.json");
    let read = || -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&named_file::read_text(
            &path, MAX_TEXT,
        )?)?)
    };
    let manifest = read()
        .with_context(|| format!("`{}` is not installed as npm would", path.display()))
        .map_err(|error| {
            Failure::host(error).hint(Some("remove `node_modules` and build again"))
        })?;
    let version = manifest["version"].as_str().unwrap_or_default();
    if !is_older(version, tool.oldest) {
        return Ok(());
    }
    let (name, oldest, pinned) = (tool.name, tool.oldest, tool.pinned);
    Err(Failure::host(anyhow!(
        "building `{}` needs {name} {oldest} or newer, and package.json asks for {version}",
        project.dir.display()
    ))
    .hint(Some(format!(
        "get it with `npm install --save-dev --save-exact {name}@{pinned}`"
    ))))
}
