//! The release notes of `examples/` in every language: build time, run time and size. Prints the table and writes it
//! between the markers of the README. `HOST SERVER` as arguments measures these programs; without arguments, it builds
//! both in release mode.
#![allow(clippy::print_stdout, reason = "the table is what this prints")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};

const BEGIN: &str = "<!-- languages -->\n";
const END: &str =
    "<!-- end of languages: `cargo run -p mcp-benches --bin languages` writes what is between -->";

/// Runs with a warm cache; the median is shown.
const RUNS: usize = 9;

/// One program that writes the notes.
struct Example {
    language: &'static str,
    dir: &'static str,
    source: &'static str,
    /// Whether `mcp-host build` makes a component of the directory. A script runs as it is.
    built: bool,
}

const EXAMPLES: [Example; 7] = [
    component("Rust", "examples/release-notes", "src/lib.rs"),
    component(
        "Rust, calls overlap",
        "examples/languages/rust-async",
        "src/lib.rs",
    ),
    component(
        "JavaScript",
        "examples/languages/javascript",
        "src/skill.js",
    ),
    component(
        "TypeScript",
        "examples/languages/typescript",
        "src/skill.ts",
    ),
    component("Python", "examples/languages/python", "src/skill.py"),
    component("C", "examples/languages/c", "src/skill.c"),
    Example {
        language: "Script, calls overlap",
        dir: "examples/languages/script",
        source: "release-notes.ts",
        built: false,
    },
];

const fn component(language: &'static str, dir: &'static str, source: &'static str) -> Example {
    Example {
        language,
        dir,
        source,
        built: true,
    }
}

fn main() -> ExitCode {
    match measure() {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<String, String> {
    let root = mcp_tests::root();
    let (host, server) = programs(&root)?;
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let config = home.path().join("mcp.json");
    let servers = serde_json::json!({ "mcpServers": { "git-history": {
        "command": server, "args": ["--repo", root],
    } } });
    fs::write(&config, servers.to_string()).map_err(|error| error.to_string())?;

    let newest = git(&root, &["rev-parse", "HEAD"])?;
    let input = serde_json::json!({ "to": newest }).to_string();

    let mut table = String::new();
    let profile = if host.components().any(|part| part.as_os_str() == "debug") {
        ", host and server in the dev profile"
    } else {
        ""
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        table,
        "The same release notes, byte for byte, of the {} commits of this repository{profile}:\n",
        git(&root, &["rev-list", "--count", "HEAD"])?
    );
    table.push_str("| Language | Build after an edit | Component or script | First run | Warm run |\n|---|---:|---:|---:|---:|\n");
    let mut notes: Option<Vec<u8>> = None;
    for Example {
        language,
        dir,
        source,
        built,
    } in EXAMPLES
    {
        eprintln!("measuring {dir}");
        let skill = Skill {
            host: &host,
            config: &config,
            input: &input,
            home: home.path(),
            dir: root.join(dir),
        };
        let (component, build) = if built {
            // Installs missing tools now, which is not measured.
            skill.build()?;
            skill.touch(source)?;
            let start = Instant::now();
            (skill.build()?, time(start.elapsed()))
        } else {
            (skill.dir.join(source), "none".to_owned())
        };
        let size = fs::metadata(&component)
            .map_err(|error| error.to_string())?
            .len();

        let (first, said) = skill.run(&component)?;
        if notes.get_or_insert_with(|| said.clone()) != &said {
            return Err(format!(
                "`{dir}` writes other notes than `{}`",
                EXAMPLES[0].dir
            ));
        }
        let mut warm = (0..RUNS)
            .map(|_| skill.run(&component).map(|(time, _)| time))
            .collect::<Result<Vec<_>, _>>()?;
        warm.sort();
        let _ = writeln!(
            table,
            "| [{language}](../{dir}) | {build} | {} | {} | {} |",
            bytes(size),
            time(first),
            time(warm[RUNS / 2])
        );
    }
    put(&root.join("docs/writing-skills.md"), &table)?;
    Ok(table)
}

fn programs(root: &Path) -> Result<(PathBuf, PathBuf), String> {
    let mut given = std::env::args_os().skip(1).map(PathBuf::from);
    if let (Some(host), Some(server)) = (given.next(), given.next()) {
        let absolute = |path: PathBuf| path.canonicalize().map_err(|error| error.to_string());
        return Ok((absolute(host)?, absolute(server)?));
    }
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--release"])
        .args(["-p", "mcp-cli", "-p", "git-history-server"])
        .current_dir(root)
        .status();
    if !built.is_ok_and(|status| status.success()) {
        return Err("failed to build `mcp-host` and `git-history-server`".to_owned());
    }
    let release = root.join("target/release");
    Ok((release.join("mcp-host"), release.join("git-history-server")))
}

struct Skill<'a> {
    host: &'a Path,
    config: &'a Path,
    /// The same commits for all languages, whatever happens to the repository meanwhile.
    input: &'a str,
    /// Its cache is empty before the first run.
    home: &'a Path,
    dir: PathBuf,
}

impl Skill<'_> {
    fn build(&self) -> Result<PathBuf, String> {
        let output = Command::new(self.host)
            .arg("build")
            .arg(&self.dir)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim(),
        ))
    }

    /// Simulates an edit: cargo checks the time of a file, and `mcp-host` its contents.
    fn touch(&self, source: &str) -> Result<(), String> {
        let file = File::options()
            .append(true)
            .open(self.dir.join(source))
            .map_err(|error| error.to_string())?;
        file.set_modified(SystemTime::now())
            .map_err(|error| error.to_string())?;
        match fs::remove_file(self.dir.join("build/made-from")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Runs one whole process, its server included.
    fn run(&self, component: &Path) -> Result<(Duration, Vec<u8>), String> {
        let start = Instant::now();
        let output = Command::new(self.host)
            .arg("run")
            .arg(component)
            .arg("--config")
            .arg(self.config)
            .args(["--input", self.input])
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env("XDG_STATE_HOME", self.home.join("state"))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let elapsed = start.elapsed();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok((elapsed, output.stdout))
    }
}

fn git(root: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(args)
        .current_dir(root)
        .output()
        .map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn time(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

fn bytes(size: u64) -> String {
    match size {
        0..1_000_000 => format!("{} kB", size.div_ceil(1000)),
        _ => format!("{}.{} MB", size / 1_000_000, size / 100_000 % 10),
    }
}

fn put(file: &Path, table: &str) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or_else(|| format!("`{}` has no `{}`", file.display(), BEGIN.trim()))?;
    let (_, after) = rest
        .split_once(END)
        .ok_or_else(|| format!("`{}` has no `{END}`", file.display()))?;
    fs::write(file, format!("{before}{BEGIN}\n{table}\n{END}{after}"))
        .map_err(|error| error.to_string())
}
