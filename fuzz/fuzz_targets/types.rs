//! Bytes -> a component -> inspect, load, its schemas and signatures, link. Whatever the types in it are: memory and
//! processor time follow the length of the component, not the size of its types written out.
//!
//! The first byte decides whether the others are a component as they are, what `wasm-smith` makes a component of, a
//! tool's schema whose skill is linked to the server `s` of this process, or steps that each make a type of those
//! before it: twenty of them say a tuple of a million parts.
#![no_main]

mod budget;
mod component;
mod server;

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

use budget::Budget;
use libfuzzer_sys::fuzz_target;
use mcp_host::{Allocation, Engine, Environment, Skill, inspect, link};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    let component = match kind % 4 {
        0 => Some(rest.to_vec()),
        1 => server::generated(rest),
        2 => server::skill(rest),
        _ => Steps::component(rest),
    };
    if let Some(component) = component {
        look(&component);
    }
});

/// What is fixed, and what each byte of a component may add.
const BYTES: usize = 64 << 20;
const BYTES_EACH: usize = 1 << 10;
const TIME: Duration = Duration::from_secs(2);
const TIME_EACH: Duration = Duration::from_micros(100);

/// Components that are longer say nothing that shorter ones do not say.
const LONGEST: usize = 256 << 10;

fn look(bytes: &[u8]) {
    static ENGINE: LazyLock<Engine> =
        LazyLock::new(|| Engine::new(Allocation::OnDemand).expect("an engine"));
    static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(server::environment);
    static HOOK: Once = Once::new();
    // The hook of libFuzzer ends the process before `inspect` can catch what its decoder panics with. A panic that
    // `inspect` does not catch ends it all the same.
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))));
    if bytes.len() > LONGEST {
        return;
    }
    let (engine, environment) = (&*ENGINE, &*ENVIRONMENT);
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let budget = Budget {
        bytes: BYTES + BYTES_EACH * bytes.len(),
        time: TIME + TIME_EACH * length,
    };
    budget.spend(|| {
        match inspect(bytes) {
            Ok(inspection) => drop(serde_json::to_string(&inspection)),
            Err(error) => drop(said(&error)),
        }
        match Skill::load(engine, bytes, None) {
            Ok(skill) => {
                for export in skill.exports() {
                    drop(export.wit());
                    match export.schemas() {
                        Ok(schemas) => {
                            let all = [Some(schemas.input), schemas.output, schemas.error];
                            all.iter()
                                .flatten()
                                .for_each(|schema| drop(schema.to_string()));
                        }
                        Err(error) => drop(said(&error)),
                    }
                }
                if let Err(error) = link(&Arc::new(skill), environment) {
                    drop(said(&error));
                }
            }
            Err(error) => drop(said(&error)),
        }
    });
}

/// What a person is shown.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// Steps of three bytes each: what to make, of which type before it, and how many times. The first byte says how many
/// functions of the last types are exported and imported.
struct Steps<'a> {
    steps: &'a [u8],
}

impl<'a> Steps<'a> {
    fn component(bytes: &'a [u8]) -> Option<Vec<u8>> {
        let (functions, steps) = bytes.split_first()?;
        let steps = Self {
            steps: &steps[..steps.len().min(3 * 128)],
        };
        let (exported, imported) = (functions % 16, functions / 16);
        let mut text = String::from("(component\n");
        if imported > 0 {
            text.push_str("(import \"mcp-server:s/tools\" (instance\n");
            let last = steps.types(&mut text, true);
            for at in 0..imported {
                let name = if at == 0 {
                    "t".to_owned()
                } else {
                    format!("u{at}")
                };
                let ty = last.saturating_sub(usize::from(at));
                let _ = writeln!(
                    text,
                    "(export \"{name}\" (func (param \"params\" $t{ty}) (result $t{ty})))"
                );
            }
            text.push_str("))\n");
        }
        let last = steps.types(&mut text, false);
        text.push_str(
            "(core module $m (memory (export \"memory\") 1)
                (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) unreachable)
                (func (export \"f\") (param i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m))\n",
        );
        for at in 0..exported {
            let ty = last.saturating_sub(usize::from(at));
            // A list is a pointer and a length, whatever it is of.
            let _ = writeln!(
                text,
                "(func $f{at} (param \"p\" (list $t{ty})) (result (list $t{ty})) (canon lift
                    (core func $i \"f\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\"))))
                (export \"f{at}\" (func $f{at}))"
            );
        }
        text.push(')');
        // What is written above is the text format, whatever the types are; they are looked at later.
        Some(wat::parse_str(text).expect("the text of a component"))
    }

    /// Writes the types, and says which is the last. `within`: inside of an instance type.
    fn types(&self, text: &mut String, within: bool) -> usize {
        let plain = ["bool", "u8", "s64", "f32", "string", "char"];
        for (at, plain) in plain.iter().enumerate() {
            let _ = writeln!(text, "(type $t{at} {plain})");
        }
        let mut next = plain.len();
        for step in self.steps.chunks_exact(3) {
            let (kind, of, count) = (step[0] % 9, usize::from(step[1]), usize::from(step[2]));
            // A small number is a type from the beginning, and a large one a type just made.
            let of = if of < 128 {
                of % next
            } else {
                next - 1 - (255 - of) % next
            };
            let count = count.max(1);
            let many = |one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<String>();
            let (body, named) = match kind {
                0 => (format!("(list $t{of})"), false),
                1 => (format!("(option $t{of})"), false),
                2 => (format!("(tuple {})", many(&|_| format!("$t{of} "))), false),
                3 => (format!("(result $t{of} (error $t{of}))"), false),
                4 => (
                    format!("(record {})", many(&|i| format!("(field \"a{i}\" $t{of})"))),
                    true,
                ),
                5 => (
                    format!("(variant {})", many(&|i| format!("(case \"a{i}\" $t{of})"))),
                    true,
                ),
                6 => (format!("(enum {})", many(&|i| format!("\"a{i}\" "))), true),
                7 => {
                    let flags = (0..count.min(32)).map(|i| format!("\"a{i}\" "));
                    (format!("(flags {})", flags.collect::<String>()), true)
                }
                _ => (format!("(tuple $t{of} $t{})", count % next), false),
            };
            let _ = match (named, within) {
                (false, _) => writeln!(text, "(type $t{next} {body})"),
                (true, true) => writeln!(
                    text,
                    "(type $d{next} {body}) (export \"t{next}\" (type $t{next} (eq $d{next})))"
                ),
                (true, false) => writeln!(
                    text,
                    "(type $d{next} {body}) (export $t{next} \"t{next}\" (type $d{next}))"
                ),
            };
            next += 1;
        }
        next - 1
    }
}
