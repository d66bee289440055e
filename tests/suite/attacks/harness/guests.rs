//! Hostile guests: each with its arguments, and its bounds.

mod table;

use std::cell::Cell;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use mcp_tests::{Measured, guest};
use serde_json::json;

use super::{
    Bounds, LATE, MESSAGE, PATIENCE, RECORDED, SLACK, Taken, UNOPTIMISED, alone, compiled,
    is_chosen, is_too_long, judge, listed,
};
use crate::attacks::{MIB, attack};
use crate::cli::Host;
use crate::hostile::{components as wat, waiting};

/// One guest, and its arguments.
struct Case {
    name: &'static str,
    skill: Skill,
    options: &'static str,
    /// The response of the typed tool `fake/version`: a head, a unit, its repetitions, and a tail.
    version: (&'static str, &'static str, usize, &'static str),
    /// Whether a server passes much to the host, which adds to the bounds of the run.
    server: bool,
    /// Another component that provides its imports.
    part: Option<fn() -> Vec<u8>>,
}

enum Skill {
    /// A skill of `tests/guests`, and its input.
    Program(&'static str, String),
    /// A component whose function `f` is called.
    Component(fn() -> Vec<u8>),
}

fn program(name: &'static str, skill: &'static str, input: &str, options: &'static str) -> Case {
    Case {
        name,
        skill: Skill::Program(skill, input.to_owned()),
        options,
        version: ("{\"content\":[", "", 0, "]}"),
        server: false,
        part: None,
    }
}

fn greedy(name: &'static str, input: &str, options: &'static str) -> Case {
    program(name, "greedy", input, options)
}

fn component(name: &'static str, bytes: fn() -> Vec<u8>, options: &'static str) -> Case {
    let case = program(name, "", "", options);
    Case {
        skill: Skill::Component(bytes),
        ..case
    }
}

impl Case {
    /// The server's response is large.
    fn answered(self) -> Self {
        Self {
            server: true,
            ..self
        }
    }

    fn version(
        self,
        head: &'static str,
        unit: &'static str,
        count: usize,
        tail: &'static str,
    ) -> Self {
        Self {
            version: (head, unit, count, tail),
            server: true,
            ..self
        }
    }

    fn with(self, part: fn() -> Vec<u8>) -> Self {
        Self {
            part: Some(part),
            ..self
        }
    }

    fn memory(&self) -> u64 {
        self.option("--memory").map_or(MEMORY, |text| {
            text.strip_suffix("MiB").unwrap().parse().unwrap()
        }) * MIB
    }

    fn timeout(&self) -> Duration {
        self.option("--timeout").map_or(TIMEOUT, |text| {
            Duration::from_millis(text.strip_suffix("ms").unwrap().parse().unwrap())
        })
    }

    fn option(&self, name: &str) -> Option<&'static str> {
        let mut words = self.options.split_whitespace();
        words.find(|word| *word == name).and_then(|_| words.next())
    }
}

/// MiB of a run, where its line names no other.
const MEMORY: u64 = 96;

/// The timeout of a line without its own. A case that takes longer than [`SHORT`] also runs with that.
const TIMEOUT: Duration = Duration::from_millis(1500);
const SHORT: Duration = Duration::from_millis(100);

/// The bound of a server: a message, and 16 MiB besides.
const SERVER: u64 = MESSAGE + 16 * MIB;

/// The guest, with its own home.
struct Home {
    host: Host,
    skill: String,
    part: Option<String>,
}

fn home(case: &Case) -> Home {
    let host = Host::new();
    let (head, unit, count, tail) = case.version;
    let answer = json!({ "head": head, "unit": unit, "count": count, "tail": tail });
    listed(&host, &answer.to_string());
    if case.options.contains("--dir") {
        let dir = host.dir.path().join("d");
        std::fs::create_dir_all(dir.join("many")).unwrap();
        std::fs::write(dir.join("large"), vec![b'x'; 12_000_000]).unwrap();
        for entry in 0..5_000 {
            std::fs::write(dir.join(format!("many/{entry:0200}")), "").unwrap();
        }
    }
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let skill = match &case.skill {
        Skill::Program(name, _) => text(&guest(name)),
        Skill::Component(bytes) => text(&compiled(&host, "skill.wasm", &bytes())),
    };
    let part = case
        .part
        .map(|part| text(&compiled(&host, "part.wasm", &part())));
    Home { host, skill, part }
}

/// Runs the case once, with additional options.
fn run(case: &Case, home: &Home, more: &[&str]) -> Measured {
    let mut args = vec!["run", &home.skill, "--format", "json"];
    match &case.skill {
        Skill::Program(_, input) => args.extend(["--input", input]),
        Skill::Component(_) => args.extend(["--invoke", "f()"]),
    }
    if let Some(part) = &home.part {
        args.extend(["--with", part]);
    }
    let (memory, timeout) = (format!("{MEMORY}MiB"), format!("{}ms", TIMEOUT.as_millis()));
    if case.option("--memory").is_none() {
        args.extend(["--memory", &memory]);
    }
    if case.option("--timeout").is_none() && !more.contains(&"--timeout") {
        args.extend(["--timeout", &timeout]);
    }
    let mut own = case.options.split_whitespace();
    while let Some(word) = own.next() {
        // The option of the attempt replaces the case's own.
        if word == "--timeout" && more.contains(&word) {
            own.next();
        } else {
            args.push(word);
        }
    }
    args.extend(more);
    let ran = attack(&home.host, &args, PATIENCE);
    // A case that runs nothing proves nothing.
    let name = case.name;
    let refused = matches!(ran.code, Some(2 | 5 | 6)) && !is_too_long(&ran);
    assert!(!refused, "{name}: {}", ran.stderr);
    assert!(
        !ran.stderr.contains("unknown variant"),
        "{name}: {}",
        ran.stderr
    );
    ran
}

/// A run of the same kind that does nothing: once for each kind. A run with a linked skill uses more code of the
/// program, and the pages of that count.
fn nothing(case: &Case) -> &'static Measured {
    static PROGRAM: OnceLock<Measured> = OnceLock::new();
    static COMPONENT: OnceLock<Measured> = OnceLock::new();
    static PARTS: OnceLock<Measured> = OnceLock::new();
    let of = |nothing: Case| {
        let home = home(&nothing);
        // The first run compiles it.
        let mut runs = (0..4).map(|_| run(&nothing, &home, &[])).skip(1);
        let first = runs.next().unwrap();
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        runs.fold(first, |mut least, run| {
            least.peak = least.peak.min(run.peak);
            least.wall = least.wall.min(run.wall);
            least.cpu = least.cpu.min(run.cpu);
            least
        })
    };
    let parts =
        || component("nothing in parts", waiting::cancels_one_call, "").with(waiting::yields);
    match case.skill {
        _ if case.part.is_some() => PARTS.get_or_init(|| of(parts())),
        Skill::Program(..) => PROGRAM.get_or_init(|| of(greedy("nothing", r#""nothing""#, ""))),
        Skill::Component(_) => COMPONENT.get_or_init(|| of(component("nothing", wat::nothing, ""))),
    }
}

/// The worst delay of this machine with a guest that only computes.
fn jitter() -> Duration {
    static JITTER: OnceLock<Duration> = OnceLock::new();
    *JITTER.get_or_init(|| {
        let spins = greedy(
            "spins",
            r#""spin""#,
            "--timeout 100ms --fuel 99999999999999",
        );
        let home = home(&spins);
        let nothing = nothing(&spins);
        let late = |_| {
            let taken = Taken::of(&run(&spins, &home, &[]), nothing);
            let latest = taken.run.unwrap().max(taken.wall);
            latest.saturating_sub(Duration::from_millis(100))
        };
        let worst = (0..7).map(late).max().unwrap();
        eprintln!("jitter: {worst:?}");
        // A machine with a larger delay proves nothing about the host.
        worst.min(Duration::from_millis(500))
    })
}

fn bounds(case: &Case, timeout: Duration, unoptimised: Duration) -> Bounds {
    let memory = case.memory();
    let server = if case.server { SERVER } else { 0 };
    let end = timeout + LATE + jitter() + unoptimised;
    Bounds {
        peak: memory + memory / 10 + server + SLACK,
        run: Some((end, memory)),
        // The host writes the result, and the server ends.
        wall: end + unoptimised,
        // The runtime has one thread, and one works for it meanwhile.
        cpu: 2 * end,
    }
}

/// Runs each case to its end, and again with a short deadline if it lasted longer than that.
fn check(more: &[&str], chosen: impl Fn(&Case) -> bool) {
    let _alone = alone();
    let mut excess = Vec::new();
    for case in table::all() {
        if !is_chosen(case.name) || !chosen(&case) {
            continue;
        }
        let nothing = nothing(&case);
        let home = home(&case);
        if let Skill::Program(name, _) = case.skill {
            home.host.run(&["compile", guest(name).to_str().unwrap()]);
        }
        let last = Cell::new(Duration::ZERO);
        let once = |options: &[&str]| {
            let options = [more, options].concat();
            let taken = Taken::of(&run(&case, &home, &options), nothing);
            last.set(taken.run.unwrap_or_default());
            taken
        };
        let unoptimised = match more.contains(&"--record") {
            true => RECORDED,
            false => UNOPTIMISED,
        };
        let long = bounds(&case, case.timeout(), unoptimised);
        excess.extend(judge(case.name, &long, || once(&[])));
        if last.get() > SHORT {
            let short = bounds(&case, SHORT, unoptimised);
            let name = format!("{} (short)", case.name);
            excess.extend(judge(&name, &short, || once(&["--timeout", "100ms"])));
        }
    }
    assert!(excess.is_empty(), "{}", excess.join("\n"));
}

#[test]
fn hostile_guests_take_no_more_than_their_run_was_given() {
    check(&[], |_| true);
}

#[test]
fn hostile_guests_that_are_recorded_take_no_more_than_their_run_was_given() {
    // A recording cannot be of several skills.
    check(&["--record", "run.jsonl"], |case| case.part.is_none());
}
