//! Properties of what is read, for generated and for damaged sources: reading ends, the JavaScript is JavaScript, lines
//! stay, and the manifest is what the source names.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;

use mcp_script::{Script, read};
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

/// A generator of numbers that is the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

fn assert_runs(script: &Script, source: &str) {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, script.javascript(), SourceType::mjs()).parse();
    let first = parsed.diagnostics.errors().next();
    assert!(
        first.is_none(),
        "{first:?}\n-- source\n{source}\n-- javascript\n{}",
        script.javascript()
    );
    let lines = |text: &str| text.matches('\n').count();
    assert!(lines(script.javascript()) >= lines(source), "{source}");
}

fn cases() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let sources = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "ts"));
    sources
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn the_javascript_of_every_case_is_javascript() {
    for source in cases() {
        if let Ok(script) = read("script.ts", &source) {
            assert_runs(&script, &source);
        }
    }
}

/// Damage: pieces that go, come twice, or move, and tokens that come from nowhere.
fn damage(random: &mut Random, source: &str, others: &[String]) -> String {
    let mut chars: Vec<char> = source.chars().collect();
    for _ in 0..=random.below(3) {
        let start = random.below(chars.len());
        let end = (start + random.below(24)).min(chars.len());
        match random.below(5) {
            0 => drop(chars.drain(start..end)),
            1 => {
                let piece: Vec<char> = chars[start..end].to_vec();
                let at = random.below(chars.len());
                chars.splice(at..at, piece);
            }
            2 => {
                let other: Vec<char> = others[random.below(others.len())].chars().collect();
                let from = random.below(other.len());
                let to = (from + random.below(80)).min(other.len());
                chars.splice(start..start, other[from..to].iter().copied());
            }
            _ => {
                const TOKENS: [&str; 44] = [
                    "(",
                    ")",
                    "{",
                    "}",
                    "[",
                    "]",
                    "<",
                    ">",
                    ";",
                    ",",
                    ".",
                    "?",
                    "!",
                    ":",
                    "=",
                    "=>",
                    "`",
                    "${",
                    "'",
                    "\"",
                    "/",
                    "*/",
                    "/*",
                    "//",
                    "\n",
                    "\r",
                    "\u{2028}",
                    "é",
                    "“",
                    "\\u0061",
                    "#",
                    "@",
                    " as any ",
                    " return ",
                    " export ",
                    " import ",
                    " await ",
                    " async ",
                    " enum ",
                    " type ",
                    " abstract ",
                    " namespace ",
                    "\n```\n",
                    " function ",
                ];
                chars.splice(start..start, random.pick(&TOKENS).chars());
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_sources_are_refused_or_run() {
    let sources = cases();
    let mut random = Random(0x5eed_1234_5678_9abc);
    let rounds = std::env::var("ROUNDS").map_or(1_500, |rounds| rounds.parse().unwrap());
    for _ in 0..rounds {
        let number = random.below(sources.len());
        let source = damage(&mut random, &sources[number], &sources);
        match read("script.ts", &source) {
            Ok(script) => assert_runs(&script, &source),
            Err(refused) => {
                assert!(!refused.diagnostics.is_empty(), "{source}");
                for one in refused.diagnostics {
                    assert!(
                        one.code.name() != "internal",
                        "{}",
                        one.render("script.ts", &source)
                    );
                    let text = one.render("script.ts", &source);
                    assert!(text.len() < 4_000, "{text}");
                }
            }
        }
    }
}

#[test]
fn noise_is_refused_or_runs() {
    let mut random = Random(0xfeed_0000_1111_2222);
    for _ in 0..300 {
        let length = random.below(400);
        let bytes: Vec<u8> = (0..length)
            .map(|_| random.next().to_le_bytes()[0])
            .collect();
        let source = String::from_utf8_lossy(&bytes);
        if let Ok(script) = read("script.ts", &source) {
            assert_runs(&script, &source);
        }
    }
}

/// A statement, and the tools that it names.
struct Piece {
    text: String,
    tools: Vec<String>,
}

/// An identifier, some of whose characters are written as escapes.
fn escaped(random: &mut Random, name: &str) -> String {
    let chars = name.chars().map(|char| match random.below(6) {
        0 => format!("\\u{{{:x}}}", u32::from(char)),
        1 => format!("\\u{:04x}", u32::from(char)),
        _ => char.to_string(),
    });
    chars.collect()
}

// Long: one line for each form in which a tool can be named.
fn piece(random: &mut Random, n: usize) -> Piece {
    let tool = format!("tool_{n}");
    let second = format!("second_{n}");
    let written = escaped(random, &tool);
    let names = |list: &[&String]| list.iter().map(|name| (*name).clone()).collect::<Vec<_>>();
    let (text, tools) = match random.below(19) {
        0 => (
            format!("import {{ {written} }} from \"mcp:s\"; await {tool}({{}});"),
            names(&[&tool]),
        ),
        1 => (
            format!("import {{ {tool} as a{n} }} from \"mcp:s\"; await a{n}({{ a: [1] }});"),
            names(&[&tool]),
        ),
        2 => (
            format!("import {{ \"{tool}\" as b{n}, type {second} }} from \"mcp:s\"; b{n};"),
            names(&[&tool]),
        ),
        3 => (
            format!("import * as c{n} from \"mcp:s\"; c{n}.{written}({{}}); c{n}[\"{second}\"];"),
            names(&[&tool, &second]),
        ),
        4 => (
            format!(
                "import * as d{n} from \"mcp:s\"; const {{ {written}: e{n} = null, [\"{second}\"]: f{n} }} = d{n};"
            ),
            names(&[&tool, &second]),
        ),
        5 => (
            format!(
                "import g{n} from \"mcp:s\"; const h{n} = g{n} as any; const i{n} = h{n}; i{n}!.{tool}?.({{}});"
            ),
            names(&[&tool]),
        ),
        6 => (
            format!("export {{ {tool} as out{n}, type {second} }} from \"mcp:s\";"),
            names(&[&tool]),
        ),
        7 => (
            format!(
                "import * as j{n} from \"mcp:s\"; {{ const j{n} = {{ {second}() {{}} }}; j{n}.{second}(); }} j{n}.{tool};"
            ),
            names(&[&tool]),
        ),
        8 => (
            format!("((k{n}) => k{n}.{second})({{ {second}: 1 }});"),
            Vec::new(),
        ),
        9 => (
            format!(
                "import {{ {tool} as l{n}, {second} as m{n} }} from \"mcp:s\"; type T{n} = typeof m{n}; l{n};"
            ),
            names(&[&tool]),
        ),
        10 => (
            format!(
                "import * as o{n} from \"mcp:s\"; const p{n} = {{ get it() {{ return o{n}.{tool}; }}, [`{second}`]: 1 }};"
            ),
            names(&[&tool]),
        ),
        11 => (
            format!("const q{n} = require(\"mcp:s\"); q{n}.{tool}({{}});"),
            names(&[&tool]),
        ),
        12 => (
            format!("const {{ {tool}: r{n} }} = require('mcp:s');"),
            names(&[&tool]),
        ),
        13 => (
            format!("import * as s{n} from \"mcp:s\"; let u{n}; ({{ {tool}: u{n} }} = s{n});"),
            names(&[&tool]),
        ),
        14 => (
            format!("import v{n} = require(\"mcp:s\"); import w{n} = v{n}.{tool};"),
            names(&[&tool]),
        ),
        15 => (
            format!(
                "import * as x{n} from \"mcp:s\"; type X{n} = x{n}.{second}; let y{n}: typeof x{n}.{second};"
            ),
            Vec::new(),
        ),
        16 => (
            format!(
                "import * as z{n} from \"mcp:s\"; function z{n}f(z{n}: any) {{ return z{n}[Math.random()]; }} z{n}f({{}}); z{n}.{tool}"
            ),
            names(&[&tool]),
        ),
        17 => (
            format!(
                "import {{ default as aa{n}, {second} }} from \"mcp:s\"; aa{n}[`{tool}`]({{}});"
            ),
            names(&[&tool, &second]),
        ),
        _ => (
            format!(
                "class C{n} {{ #a = 1; get b() {{ return this.#a; }} static {{ C{n}.{second} = 1; }} static {second}?: number; }}"
            ),
            Vec::new(),
        ),
    };
    Piece { text, tools }
}

#[test]
fn the_manifest_is_what_a_generated_script_names() {
    let mut random = Random(0x0dd_ba11_cafe_f00d);
    for _ in 0..400 {
        let pieces: Vec<Piece> = (0..1 + random.below(12))
            .map(|n| piece(&mut random, n))
            .collect();
        let mut source: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
        source.push("export default 1;");
        let source = source.join(random.pick(&["\n", "\n\n// ---\n", "\r\n"]));
        let script = match read("script.ts", &source) {
            Ok(script) => script,
            Err(refused) => panic!(
                "{}\n{source}",
                refused.diagnostics[0].render("script.ts", &source)
            ),
        };
        assert_runs(&script, &source);
        let expected: BTreeSet<&str> = pieces
            .iter()
            .flat_map(|piece| &piece.tools)
            .map(String::as_str)
            .collect();
        let found: BTreeSet<&str> = script
            .manifest()
            .tools
            .iter()
            .map(|tool| tool.name.as_str())
            .collect();
        assert_eq!(found, expected, "{source}");
        assert!(
            script
                .manifest()
                .tools
                .iter()
                .all(|tool| tool.server == "s" && tool.specifier == "mcp:s")
        );
    }
}

#[test]
fn a_source_that_is_too_large_or_too_deep_is_refused() {
    for (text, wanted) in [
        ("a;".repeat(150_000), "at most 262144"),
        ("(".repeat(200_000), "nests more than"),
        ("a=>".repeat(80_000), "nests more than"),
        (format!("x{}", ".a".repeat(100_000)), "nests more than"),
        ("if(a)\n".repeat(40_000), "nests more than"),
    ] {
        let refused = read("script.ts", &text).unwrap_err();
        assert!(
            refused.diagnostics[0].message.contains(wanted),
            "{}",
            refused.diagnostics[0].message
        );
    }
    let long = "const a1 = { b: [1, 2, 3] };\n";
    let large: String = (0..8_000)
        .map(|n| long.replace("a1", &format!("a{n}")))
        .collect();
    assert!(read("script.ts", &large).is_ok());
}

/// `cargo test --release -- --ignored --nocapture`: how long reading takes.
#[test]
#[ignore = "a measurement"]
fn a_hundred_lines_are_read_in_time() {
    let line = "const issue_N: Issue = await get_issue({ owner: input.owner, repo: `r`, number: N } as Args);\n";
    let mut source =
        "import { get_issue, type Issue } from \"mcp:github\";\ninterface Args { owner: string }\n"
            .to_owned();
    source.extend((0..97).map(|n| line.replace('N', &n.to_string())));
    source.push_str("export default issue_1;\n");
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            let start = std::time::Instant::now();
            assert!(read("script.ts", &source).is_ok());
            start.elapsed()
        })
        .collect();
    times.sort();
    eprintln!(
        "{} bytes: median {:?}, least {:?}",
        source.len(),
        times[100],
        times[0]
    );
}
