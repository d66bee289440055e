//! Has the host work and hold much for little: each kind of work that a skill can ask of its host, as large as its
//! input says. What comes back is only counted.

mod text;

use mcp_guest_sdk::__private::log::Level;
use mcp_guest_sdk::__private::{self as host, types};
use mcp_guest_sdk::Error;
use mcp_guest_sdk::tools::ToolCall;
use serde::Deserialize;
use serde_json::json;
use text::Text;

mcp_guest_sdk::import_server!("../../wit/sync/deps/mcp-server-fake");
use fake::{EchoParams, Level as Height, Point, Shape};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Work {
    Nothing,
    /// Computes without end.
    Spin,
    /// Grows until it is refused, and then spins.
    Grow,
    /// `call-tool` with this text as its arguments, this many times.
    Call(String, String, Text, usize),
    /// The same once; its error is the skill's own.
    Surface(String, String, Text),
    /// `call-tools` with this many calls, each with this text.
    Batch(String, String, Text, usize),
    /// In one batch: a call of `fake/compose`, and behind it this many that are refused.
    Behind(Text, usize),
    /// A batch again and again, until the run is stopped.
    BatchForever(String, String, Text, usize),
    /// `fake/compose` this many times: the server answers with a head, a unit a number of times, and a tail.
    Ask(String, String, usize, String, usize),
    /// This many of these in one batch.
    AskAtOnce(String, String, usize, String, usize),
    /// `fake/version`, typed: the answer is what the server's environment says.
    Version(usize),
    /// The typed `fake/echo` with numbers, points and labels.
    Typed(usize, usize, usize),
    /// The typed `fake/echo` with JSON text.
    Json(Text, usize),
    /// Sets this many keys to values of this many bytes.
    StateSet(usize, usize),
    /// Sets a key of this many bytes once, and gets it this many times.
    StateGet(usize, usize),
    /// Compares with a value of this many bytes and swaps it, this many times.
    StateSwap(usize, usize),
    /// Makes this many keys of this many bytes, and lists them this many times.
    StateKeys(usize, usize, usize),
    /// Asks for a key that is this text.
    StateKey(Text),
    /// A line with this message and this many fields of this text, this many times.
    Log(Text, usize, Text, usize),
    Read(String, usize),
    /// Reads, lists and writes a file whose path is this text, this many times.
    Path(Text, usize),
    Write(String, Text, usize),
    List(String, usize),
    /// This text is the result.
    Return(Text),
    /// Fails with this text.
    Fail(Text),
    /// Refuses its input with this text.
    Refuse(Text),
    /// Fails with a tool's error of this many texts.
    FailTool(Text, usize),
    /// Writes this text to standard output and to standard error.
    Print(Text),
    /// Panics with this text.
    Panic(Text),
}

struct Greedy;

impl host::Guest for Greedy {
    fn describe() -> types::Description {
        types::Description {
            name: "greedy".to_owned(),
            description: "Has the host work and hold much.".to_owned(),
            input_schema: None,
            output_schema: None,
        }
    }

    fn run(input: String) -> Result<String, Error> {
        let work = serde_json::from_str(&input)?;
        drop(input);
        perform(work)
    }
}

host::export_world!(Greedy with_types_in mcp_guest_sdk::__private);

// Long: one arm for each kind of work.
fn perform(work: Work) -> Result<String, Error> {
    let done = match work {
        Work::Nothing => 0,
        Work::Spin => loop {
            std::hint::spin_loop();
        },
        Work::Grow => {
            let mut all: Vec<Vec<u8>> = Vec::new();
            loop {
                let mut more = Vec::new();
                if more.try_reserve_exact(1 << 20).is_ok() {
                    more.resize(1 << 20, 1_u8);
                    all.push(more);
                }
            }
        }
        Work::Call(server, tool, text, times) => {
            let text = text.make();
            (0..times)
                .filter(|_| host::tools::call_tool(&server, &tool, &text).is_ok())
                .count()
        }
        Work::Surface(server, tool, text) => {
            host::tools::call_tool(&server, &tool, &text.make())?;
            1
        }
        Work::Batch(server, tool, text, calls) => batch(&server, &tool, &text, calls),
        Work::Behind(text, calls) => {
            let call = |server: &str, tool: &str, arguments| ToolCall {
                server: server.to_owned(),
                tool: tool.to_owned(),
                arguments,
            };
            let first = call("fake", "compose", compose("{\"content\":[", "", 0, "]}"));
            let mut all = vec![first];
            all.resize(calls + 1, call("none", "none", text.make()));
            done(&all)
        }
        Work::BatchForever(server, tool, text, calls) => loop {
            batch(&server, &tool, &text, calls);
        },
        Work::Ask(head, unit, count, tail, times) => {
            let arguments = compose(&head, &unit, count, &tail);
            (0..times)
                .filter(|_| host::tools::call_tool("fake", "compose", &arguments).is_ok())
                .count()
        }
        Work::AskAtOnce(head, unit, count, tail, times) => {
            let call = ToolCall {
                server: "fake".to_owned(),
                tool: "compose".to_owned(),
                arguments: compose(&head, &unit, count, &tail),
            };
            let calls: Vec<_> = std::iter::repeat_n(call, times).collect();
            done(&calls)
        }
        Work::Version(times) => (0..times).filter(|_| fake::version().is_ok()).count(),
        Work::Typed(numbers, points, labels) => {
            let point = Point { x: 1, y: Some(0.5) };
            let labels = (0..labels).map(|n| (format!("{n:x}"), 1)).collect();
            let sent = EchoParams {
                shape: Some(Shape::Array(vec![7; numbers])),
                ..EchoParams::new("text", 0, true, Height::Low, vec![point; points], labels)
            };
            usize::from(fake::echo(&sent).is_ok())
        }
        Work::Json(text, times) => {
            let sent = EchoParams {
                anything: Some(text.make()),
                ..EchoParams::new("text", 0, true, Height::Low, vec![], vec![])
            };
            (0..times).filter(|_| fake::echo(&sent).is_ok()).count()
        }
        Work::StateSet(keys, bytes) => {
            let value = vec![b'x'; bytes];
            (0..keys)
                .filter(|key| host::state::set(&format!("k{key}"), &value, None).is_ok())
                .count()
        }
        Work::StateGet(bytes, times) => {
            host::state::set("k", &vec![b'x'; bytes], None)?;
            (0..times).filter(|_| host::state::get("k").is_ok()).count()
        }
        Work::StateSwap(bytes, times) => {
            let value = vec![b'x'; bytes];
            host::state::set("k", &value, None)?;
            (0..times)
                .filter(|_| {
                    host::state::compare_and_swap("k", Some(&value), Some(&value)) == Ok(true)
                })
                .count()
        }
        Work::StateKeys(keys, bytes, times) => {
            for key in 0..keys {
                host::state::set(&format!("{key:0bytes$}"), b"", None)?;
            }
            (0..times)
                .filter(|_| host::state::list_keys("").is_ok())
                .count()
        }
        Work::StateKey(text) => usize::from(host::state::get(&text.make()).is_ok()),
        Work::Log(message, fields, field, times) => {
            let (message, field) = (message.make(), field.make());
            let fields = vec![(field.clone(), field); fields];
            for _ in 0..times {
                host::log::log(Level::Info, &message, &fields);
            }
            times
        }
        Work::Read(path, times) => (0..times)
            .filter(|_| host::files::read_file(&path).is_ok())
            .count(),
        Work::Path(path, times) => {
            let path = path.make();
            let tried = |_| {
                let read = host::files::read_file(&path).is_ok();
                let listed = host::files::list_dir(&path).is_ok();
                read || listed || host::files::write_file(&path, b"").is_ok()
            };
            (0..times).filter(|at| tried(*at)).count()
        }
        Work::Write(path, text, times) => {
            let text = text.make();
            (0..times)
                .filter(|_| host::files::write_file(&path, text.as_bytes()).is_ok())
                .count()
        }
        Work::List(path, times) => (0..times)
            .filter(|_| host::files::list_dir(&path).is_ok())
            .count(),
        Work::Return(text) => return Ok(text.make()),
        Work::Fail(text) => return Err(Error::Failed(text.make())),
        Work::Refuse(text) => return Err(Error::InvalidInput(text.make())),
        Work::FailTool(text, times) => {
            let text = types::ContentBlock::Text(text.make());
            return Err(Error::Tool(types::ToolError::Failed(types::ToolResult {
                structured: None,
                content: vec![text; times],
            })));
        }
        Work::Print(text) => {
            let text = text.make();
            print!("{text}");
            eprint!("{text}");
            0
        }
        Work::Panic(text) => {
            let text = text.make();
            panic!("{text}")
        }
    };
    Ok(done.to_string())
}

fn batch(server: &str, tool: &str, text: &Text, calls: usize) -> usize {
    let call = ToolCall {
        server: server.to_owned(),
        tool: tool.to_owned(),
        arguments: text.make(),
    };
    let calls: Vec<_> = std::iter::repeat_n(call, calls).collect();
    done(&calls)
}

fn done(calls: &[ToolCall]) -> usize {
    let results = host::tools::call_tools(calls);
    results.iter().filter(|done| done.is_ok()).count()
}

fn compose(head: &str, unit: &str, count: usize, tail: &str) -> String {
    json!({ "head": head, "unit": unit, "count": count, "tail": tail }).to_string()
}
