//! Hostile guests: what each is, what it is given, and what it may take of the machine.

use std::cell::Cell;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use mcp_tests::{Measured, guest};
use serde_json::json;

use super::{
    Bounds, LATE, MESSAGE, PATIENCE, SLACK, Taken, UNOPTIMISED, alone, compiled, is_chosen,
    is_too_long, judge, listed,
};
use crate::attacks::{MIB, attack};
use crate::cli::Host;
use crate::hostile::{components as wat, waiting};

/// One guest, and how it is run.
struct Case {
    name: &'static str,
    skill: Skill,
    options: &'static str,
    /// What the typed tool `fake/version` answers: a head, a unit, how often it is there, and a tail.
    version: (&'static str, &'static str, usize, &'static str),
    /// Whether a server hands much to the host: it is given that beside the run.
    server: bool,
    /// Another component, whose exports it imports.
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
    /// The server answers with much.
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

/// Where its line names no other. A case that takes longer than [`SHORT`] is run with that too.
const TIMEOUT: Duration = Duration::from_millis(1500);
const SHORT: Duration = Duration::from_millis(100);

/// What the server may take: a message, and 16 MiB beside it.
const SERVER: u64 = MESSAGE + 16 * MIB;

#[rustfmt::skip]
fn all() -> Vec<Case> {
    vec![
        // The guest's own instructions.
        greedy("spins", r#""spin""#, "--fuel 99999999999999"),
        greedy("grows", r#""grow""#, ""),
        program("an endless loop of fuel", "spin", "{}", "--fuel 10000000"),
        program("an endless loop of log lines", "log-loop", "{}", "--fuel 20000000"),
        program("an endless loop of calls", "call-loop", r#"{"server":"fake","tool":"compose","arguments":{}}"#, "--allow fake/*"),
        program("a panic", "panics", "{}", ""),
        program("a result of its own size", "big-output", "8000000", ""),
        program("grows by itself", "grow", "{}", ""),
        component("fills memory", || wat::moves(wat::FILL), "--memory 160MiB"),
        component("copies memory", || wat::moves(wat::COPY), "--memory 160MiB"),
        component("recurses", wat::recurses, ""),
        component("takes all memory", wat::takes_memory, "--fuel 99999999999999"),
        component("takes all of a table", wat::takes_tables, "--fuel 99999999999999 --max-table-elements 99999999999"),
        component("grows a table", wat::grows_a_table, "--max-table-elements 99999999999"),
        component("sixty instances", || wat::instances(""), "--max-instances 50"),
        component("sixty memories", || wat::instances("(memory 1)"), "--memory 3MiB"),
        component("sixty tables", || wat::instances("(table 10000 funcref)"), "--memory 3MiB"),
        component("a million handles", || wat::handles(1_000_000), ""),
        component("a million handles that are allowed", || wat::handles(1_000_000), "--max-handles 2000000"),
        component("a million streams", || wat::streams("stream", 1_000_000), ""),
        component("a million futures", || wat::streams("future", 1_000_000), ""),
        component("random bytes", || wat::asks_for_random(16 << 20), ""),
        component("random bytes, few at a time", || wat::asks_for_random(64), "--fuel 99999999999999"),

        // What a guest hands to a host function.
        component("a log line of 1 GiB", || wat::logs((1 << 14) + 1, "", (0, 1 << 30), (0, 0)), "--memory 2048MiB"),
        component("ten million fields", || wat::logs(2600, "", (0, 0), (0, 10_000_000)), "--memory 200MiB"),
        component("a million fields", || wat::logs(300, "", (0, 0), (0, 1_000_000)), ""),
        component("text that is not UTF-8", || wat::logs(1, "(i32.store8 (i32.const 0) (i32.const 0xff))", (0, 4), (0, 0)), ""),
        component("text outside of its memory", || wat::logs(1, "", (0, u32::MAX), (0, 0)), ""),
        greedy("log lines of quotes", r#"{"log":[["quotes",4000000],10,["quotes",500000],50]}"#, ""),
        greedy("log lines of controls", r#"{"log":[["controls",4000000],4,["controls",500000],200]}"#, ""),
        greedy("many short log lines", r#"{"log":[["letters",10],1,["letters",10],1000000]}"#, ""),
        greedy("writes to both streams", r#"{"print":["letters",8000000]}"#, ""),
        greedy("writes controls to both streams", r#"{"print":["controls",8000000]}"#, ""),
        greedy("writes lines to both streams", r#"{"print":["lines",2000000]}"#, ""),
        greedy("panics with much", r#"{"panic":["letters",4000000]}"#, ""),
        program("a program that prints much", "command", r#"{"print":10000000}"#, ""),
        program("a program that prints more than there is", "command", r#"{"print":30000000}"#, "--max-output 100MiB"),
        program("a program that prints more than is taken", "command", r#"{"print":30000000}"#, ""),

        // Calls by name.
        greedy("denied: numbers", r#"{"call":["fake","compose",["numbers",12000000],3]}"#, ""),
        greedy("denied: objects", r#"{"call":["fake","compose",["objects",12000000],3]}"#, ""),
        greedy("denied: spaces", r#"{"call":["fake","compose",["spaces",12000000],3]}"#, ""),
        greedy("denied: text", r#"{"call":["fake","compose",["letters",12000000],3]}"#, ""),
        greedy("denied: unknown server", r#"{"call":["none","none",["numbers",12000000],3]}"#, "--allow */*"),
        greedy("denied: again and again", r#"{"call":["fake","compose",["numbers",10],1000000]}"#, "--max-calls 10000000"),
        greedy("granted: numbers", r#"{"call":["fake","echo",["numbers",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: objects", r#"{"call":["fake","echo",["objects",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: empty lists", r#"{"call":["fake","echo",["empty",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: empty texts", r#"{"call":["fake","echo",["texts",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: keys", r#"{"call":["fake","echo",["keys",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: one text", r#"{"call":["fake","echo",["string",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: quotes", r#"{"call":["fake","echo",["quotes",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: nested deep", r#"{"call":["fake","echo",["deep",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: spaces", r#"{"call":["fake","echo",["spaces",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: line breaks", r#"{"call":["fake","echo",["lines",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: a list", r#"{"call":["fake","echo",["list",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: cut in its middle", r#"{"call":["fake","echo",["cut",7000000],3]}"#, "--allow fake/*"),
        greedy("granted: more than one call may carry", r#"{"call":["fake","echo",["numbers",12000000],1]}"#, "--max-transfer 8MiB --allow fake/*"),

        // Batches.
        greedy("a batch that is denied", r#"{"batch":["fake","compose",["numbers",10],100000]}"#, ""),
        greedy("a batch that is denied within its budget", r#"{"batch":["fake","compose",["numbers",10],100000]}"#, "--max-calls 10000000"),
        greedy("a batch of malformed calls", r#"{"batch":["fake","echo",["cut",10],100000]}"#, "--max-calls 10000000 --allow fake/*"),
        greedy("a batch for no server", r#"{"batch":["none","none",["letters",10],100000]}"#, "--max-calls 10000000 --allow */*"),
        greedy("a batch of empty names", r#"{"batch":["","",["letters",0],100000]}"#, "--max-calls 10000000"),
        greedy("a batch of large arguments", r#"{"batch":["fake","echo",["numbers",200000],50]}"#, "--allow fake/*"),
        greedy("a batch behind an answer", r#"{"behind":[["string",100000],80]}"#, "--max-calls 100000 --allow fake/*"),
        greedy("a batch of 460,000 calls", r#"{"batch":["","",["letters",0],460000]}"#, "--memory 256MiB --timeout 100ms"),
        greedy("batches without end", r#"{"batch-forever":["","",["letters",0],20000]}"#, "--max-calls 4294967295 --fuel 99999999999999"),

        // Answers.
        greedy("answered: numbers", r#"{"ask":["{\"content\":[],\"structuredContent\":{\"a\":[","1,",1500000,"1]}}",3]}"#, "--allow fake/*").answered(),
        greedy("answered: empty lists", r#"{"ask":["{\"content\":[],\"structuredContent\":{\"a\":[","[],",300000,"1]}}",3]}"#, "--allow fake/*").answered(),
        greedy("answered: objects", r#"{"ask":["{\"content\":[],\"structuredContent\":{\"a\":[","{\"a\":1},",100000,"1]}}",3]}"#, "--allow fake/*").answered(),
        greedy("answered: one text", r#"{"ask":["{\"content\":[{\"type\":\"text\",\"text\":\"","x",3500000,"\"}]}",5]}"#, "--allow fake/*").answered(),
        greedy("answered: many blocks", r#"{"ask":["{\"content\":[","{\"type\":\"text\",\"text\":\"\"},",60000,"{\"type\":\"text\",\"text\":\"\"}]}",5]}"#, "--allow fake/*").answered(),
        greedy("answered: an image", r#"{"ask":["{\"content\":[{\"type\":\"image\",\"mimeType\":\"x\",\"data\":\"","AAAA",900000,"\"}]}",5]}"#, "--allow fake/*").answered(),
        greedy("answered: an image that is no base64", r#"{"ask":["{\"content\":[{\"type\":\"image\",\"mimeType\":\"x\",\"data\":\"","?",3500000,"\"}]}",5]}"#, "--allow fake/*").answered(),
        greedy("answered: a failure of much text", r#"{"ask":["{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":\"","x",3500000,"\"}]}",5]}"#, "--allow fake/*").answered(),
        greedy("answered: all at once", r#"{"ask-at-once":["{\"content\":[{\"type\":\"text\",\"text\":\"","x",2000000,"\"}]}",30]}"#, "--allow fake/*").answered(),
        greedy("answered: more than fits", r#"{"ask":["{\"content\":[{\"type\":\"text\",\"text\":\"","x",3500000,"\"}]}",5]}"#, "--memory 8MiB --allow fake/*").answered(),

        // Typed calls.
        greedy("typed: numbers", r#"{"typed":[4000000,0,0]}"#, ""),
        greedy("typed: numbers that fit", r#"{"typed":[100000,0,0]}"#, "").answered(),
        greedy("typed: points", r#"{"typed":[0,300000,0]}"#, ""),
        greedy("typed: labels", r#"{"typed":[0,0,200000]}"#, ""),
        greedy("typed: JSON of numbers", r#"{"json":[["numbers",3000000],3]}"#, ""),
        greedy("typed: JSON of objects", r#"{"json":[["objects",3000000],3]}"#, ""),
        greedy("typed: JSON of quotes", r#"{"json":[["quotes",3000000],3]}"#, "").answered(),
        greedy("typed: JSON nested deep", r#"{"json":[["deep",3000000],3]}"#, ""),
        greedy("typed: no JSON", r#"{"json":[["cut",3000000],3]}"#, ""),
        greedy("typed: an image", r#"{"version":5}"#, "").version(r#"{"content":[{"type":"image","mimeType":"x","data":""#, "AAAA", 900_000, r#""}]}"#),
        greedy("typed: an image that fits", r#"{"version":5}"#, "").version(r#"{"content":[{"type":"image","mimeType":"x","data":""#, "AAAA", 100_000, r#""}]}"#),
        greedy("typed: many blocks", r#"{"version":5}"#, "").version(r#"{"content":["#, r#"{"type":"text","text":""},"#, 60_000, r#"{"type":"text","text":""}]}"#),
        greedy("typed: a resource", r#"{"version":5}"#, "").version(r#"{"content":[{"type":"resource","resource":{"uri":"a:b","blob":""#, "AAAA", 900_000, r#""}}]}"#),
        program("typed: many at once", "subtasks", "1000000", ""),

        // State and files.
        greedy("state: large values", r#"{"state-set":[20,6000000]}"#, ""),
        greedy("state: one value as large as the run", r#"{"state-set":[1,20000000]}"#, ""),
        greedy("state: many values", r#"{"state-set":[5000,100]}"#, ""),
        greedy("state: a value again and again", r#"{"state-get":[4000000,100]}"#, ""),
        greedy("state: swaps", r#"{"state-swap":[3000000,10]}"#, ""),
        greedy("state: long keys", r#"{"state-keys":[300,1000,1000]}"#, ""),
        greedy("state: a key as large as the run", r#"{"state-key":["letters",12000000]}"#, ""),
        greedy("files: a large one again and again", r#"{"read":["/d/large",20]}"#, "--dir d::/d"),
        greedy("files: one that does not fit", r#"{"read":["/d/large",20]}"#, "--memory 8MiB --dir d::/d"),
        greedy("files: writes", r#"{"write":["/d/new",["numbers",10000000],5]}"#, "--dir d::/d:rw"),
        greedy("files: a long list", r#"{"list":["/d/many",50]}"#, "--dir d::/d"),
        greedy("files: a path of many parts", r#"{"path":[["path",30000000],2]}"#, ""),
        greedy("files: a path that no path is", r#"{"path":[["bad-path",20000000],2]}"#, ""),
        greedy("files: a path as large as the run", r#"{"write":["/d/new",["numbers",100],5]}"#, ""),
        greedy("files: the catalog", r#"{"list":["/mcp-tools/fake",100]}"#, "--allow fake/*"),

        // What a run ends with.
        greedy("result: numbers", r#"{"return":["numbers",12000000]}"#, ""),
        greedy("result: quotes", r#"{"return":["quotes",12000000]}"#, ""),
        greedy("result: nested deep", r#"{"return":["deep",12000000]}"#, ""),
        greedy("result: line breaks", r#"{"return":["lines",12000000]}"#, ""),
        greedy("result: no JSON", r#"{"return":["controls",12000000]}"#, ""),
        greedy("result: more than is taken", r#"{"return":["numbers",12000000]}"#, "--max-output 1MiB"),
        greedy("error: much text", r#"{"fail":["letters",12000000]}"#, ""),
        greedy("error: controls", r#"{"fail":["controls",12000000]}"#, ""),
        greedy("error: the input is refused", r#"{"refuse":["quotes",12000000]}"#, ""),
        greedy("error: of a tool", r#"{"fail-tool":[["letters",1000000],8]}"#, ""),
        greedy("error: of a tool, many texts", r#"{"fail-tool":[["letters",1],300000]}"#, ""),
        component("result: brackets without end", || wat::returns_brackets(200, 12_000_000), ""),
        component("result: small records", || wat::returns_records(4_000_000), ""),
        component("result: flags", || wat::returns_flags(100_000), ""),
        component("result: flags that fit", || wat::returns_flags(2_000), ""),
        component("result: small records that fit", || wat::returns_records(50_000), ""),

        // Parts.
        component("parts: bytes", || wat::hands_on(8 << 20, 3, 0), "").with(|| wat::part(16)),
        component("parts: bytes that fit", || wat::hands_on(64 << 10, 20, 0), "").with(|| wat::part(16)),
        component("parts: results", || wat::hands_on(16, 0, 3), "").with(|| wat::part(8 << 20)),
        component("parts: results that fit", || wat::hands_on(16, 0, 20), "").with(|| wat::part(64 << 10)),
        component("parts: results while it computes", || waiting::asks_and_computes(300), "--memory 16MiB").with(|| waiting::gives(160_000)),
        component("parts: many calls at once", || waiting::asks_and_computes(20_000), "--memory 48MiB --max-handles 100000").with(|| waiting::gives(1)),
        component("parts: one that computes", waiting::calls, "--timeout 500ms").with(waiting::computes),

        // Calls that wait inside of a component.
        component("a stream of flags", || waiting::sends("stream", 85_000), "--memory 16MiB"),
        component("a long stream of flags", || waiting::sends("stream", 400_000), "--memory 256MiB --timeout 500ms"),
        component("a future of flags", || waiting::sends("future", 400_000), "--memory 256MiB --timeout 500ms"),
        component("a stack for each call", || waiting::stacks(240, 10_000), "--memory 16MiB"),
        component("stacks that fit", || waiting::stacks(20, 10_000), "--memory 48MiB"),
    ]
}

/// What ran, with its own home.
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

/// Runs the case once, with these options beside its own.
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
        // The option of the attempt stands in for the case's own.
        if word == "--timeout" && more.contains(&word) {
            own.next();
        } else {
            args.push(word);
        }
    }
    args.extend(more);
    let ran = attack(&home.host, &args, PATIENCE);
    // A case that nothing runs of shows nothing.
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

/// A run of the same kind that does nothing: once for each kind.
fn nothing(case: &Case) -> &'static Measured {
    static PROGRAM: OnceLock<Measured> = OnceLock::new();
    static COMPONENT: OnceLock<Measured> = OnceLock::new();
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
    match case.skill {
        Skill::Program(..) => PROGRAM.get_or_init(|| of(greedy("nothing", r#""nothing""#, ""))),
        Skill::Component(_) => COMPONENT.get_or_init(|| of(component("nothing", wat::nothing, ""))),
    }
}

/// How late this machine is at worst with a guest that does nothing but compute.
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
        // A machine that is late by more says nothing about the host.
        worst.min(Duration::from_millis(500))
    })
}

fn bounds(case: &Case, timeout: Duration) -> Bounds {
    let memory = case.memory();
    let server = if case.server { SERVER } else { 0 };
    let end = timeout + LATE + jitter() + UNOPTIMISED;
    Bounds {
        peak: memory + memory / 10 + server + SLACK,
        run: Some((end, memory)),
        // Its result is written, and its server ends.
        wall: end + UNOPTIMISED,
        // The runtime has one thread, and one works for it meanwhile.
        cpu: 2 * end,
    }
}

/// Runs each of the cases until its end, and once more with a short deadline where it lasted longer than that.
fn check(more: &[&str], chosen: impl Fn(&Case) -> bool) {
    let _alone = alone();
    let mut excess = Vec::new();
    for case in all() {
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
        let long = bounds(&case, case.timeout());
        excess.extend(judge(case.name, &long, || once(&[])));
        if last.get() > SHORT {
            let short = bounds(&case, SHORT);
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
