//! Lines -> the schema that a skill was built with, the schema that the tool has now, and values -> compare, read,
//! write. Whatever they are: no panic, and messages of bounded length. A tool that did not change links. A valid value
//! comes back as it was, or a loss says why not. What a skill sends is valid for the server, and what the server sends
//! is something the skill takes, where the schemas use only keywords that types express.
#![no_main]

mod component;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use jsonschema::Validator;
use libfuzzer_sys::{Corpus, fuzz_target};
use mcp_codec::ToolCodec;
use mcp_codec::account::Spend;
use mcp_codegen::{Tool, function};
use serde_json::{Value, json};
use wasmtime::Engine;
use wasmtime::component::{Component, Val};

fuzz_target!(|bytes: &[u8]| -> Corpus { run(bytes).map_or(Corpus::Reject, |()| Corpus::Keep) });

fn run(bytes: &[u8]) -> Option<()> {
    let mut lines = std::str::from_utf8(bytes).ok()?.lines();
    let built = schema(lines.next()?)?;
    let live = match lines.next()? {
        "" => built.clone(),
        line => schema(line)?,
    };
    let values: Vec<Value> = lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();

    let built = Side::of(built)?;
    let same = ToolCodec::of(&built.component, &built.bytes, "t", &built.tool)
        .unwrap_or_else(|why| panic!("a tool does not fit itself: {why}"));
    for value in &values {
        built.round_trip(&same, value);
    }
    let live = Side::of(live)?;
    match ToolCodec::of(&built.component, &built.bytes, "t", &live.tool) {
        Ok(changed) => values
            .iter()
            .for_each(|value| drift(&built, &same, &live, &changed, value)),
        Err(why) => short(&why),
    }
    Some(())
}

fn schema(line: &str) -> Option<Value> {
    let schema: Value = serde_json::from_str(line).ok()?;
    schema.is_object().then_some(schema)
}

/// A tool `t` that takes and returns what one schema says, and a component that imports it.
struct Side {
    tool: mcp_bridge::Tool,
    component: Component,
    bytes: Vec<u8>,
    /// `None`: the schema is none, or holding values against it takes more time than there is.
    validator: Option<Validator>,
    losses: bool,
    /// The schema uses no keyword that types do not express.
    plain: bool,
}

thread_local! {
    static KNOWN: RefCell<HashMap<String, Option<Rc<Side>>>> = RefCell::default();
}

impl Side {
    /// Compiling takes most of the time, and most inputs have a schema that was there before.
    fn of(schema: Value) -> Option<Rc<Self>> {
        let text = schema.to_string();
        KNOWN.with_borrow_mut(|known| {
            if known.len() > 500 {
                known.clear();
            }
            let made = known
                .entry(text)
                .or_insert_with(|| Self::made(&schema).map(Rc::new));
            made.clone()
        })
    }

    fn made(schema: &Value) -> Option<Self> {
        static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);
        let tool = json!({"name": "t", "inputSchema": schema, "outputSchema": schema});
        let definition: Tool = serde_json::from_value(tool.clone()).expect("a tool");
        let losses = !function("t", &definition).ok()?.losses.is_empty();
        let bytes = component::skill(&[definition])?;
        let slow = |keyword: &str| schema.to_string().contains(keyword);
        Some(Self {
            tool: serde_json::from_value(tool).ok()?,
            component: Component::from_binary(&ENGINE, &bytes).expect("a component"),
            bytes,
            validator: if ["pattern", "$ref", "$id"].into_iter().any(slow) {
                None
            } else {
                jsonschema::draft202012::new(schema).ok()
            },
            losses,
            plain: plain(schema),
        })
    }

    fn is_valid(&self, value: &Value) -> Option<bool> {
        Some(self.validator.as_ref()?.is_valid(value))
    }

    /// The value through the guest's form and back, by the codecs of an unchanged tool.
    fn round_trip(&self, codec: &ToolCodec, value: &Value) {
        let mut both = Vec::new();
        if value.is_object()
            && let Some(read) = read_arguments(codec, value.clone())
        {
            both.push(read.map(|guest| {
                let back = write_arguments(codec, &guest).expect("it takes arguments");
                let again =
                    |value| read_arguments(codec, value).expect("it takes arguments") == Ok(guest);
                (back, Box::new(again) as Box<dyn FnOnce(Value) -> bool>)
            }));
        }
        if let Some(read) = read_result(codec, value.clone()) {
            both.push(read.map(|guest| {
                let back = write_result(codec, &guest).expect("it has a result");
                let again =
                    |value| read_result(codec, value).expect("it has a result") == Ok(guest);
                (back, Box::new(again) as Box<dyn FnOnce(Value) -> bool>)
            }));
        }
        let valid = self.is_valid(value);
        for read in both {
            match read {
                Ok((back, again)) => {
                    let back =
                        back.unwrap_or_else(|why| panic!("{value} was read, not written: {why}"));
                    assert!(kept(value, &back), "{value} became {back}");
                    if self.plain {
                        assert_ne!(self.is_valid(&back), Some(false), "{back} was written");
                    }
                    assert!(again(back), "{value} is another value the second time");
                }
                Err(why) => {
                    short(&why);
                    // A whole number may be too large for every type.
                    let refused = valid == Some(true) && !self.losses;
                    assert!(
                        !refused || why.contains("does not fit in"),
                        "valid {value} is refused: {why}"
                    );
                }
            }
        }
    }
}

/// A tool that changed links only where all that the skill sends, and all that the server sends, is understood.
fn drift(built: &Side, same: &ToolCodec, live: &Side, changed: &ToolCodec, value: &Value) {
    if value.is_object()
        && let Some(Ok(guest)) = read_arguments(same, value.clone())
        && let Some(written) = write_arguments(changed, &guest)
    {
        match written {
            Ok(sent) if built.plain && live.plain => assert_ne!(
                live.is_valid(&sent),
                Some(false),
                "{sent} is sent to a tool that does not take it"
            ),
            Ok(_) => {}
            Err(why) => short(&why),
        }
    }
    if let Some(Err(why)) = read_result(changed, value.clone()) {
        short(&why);
        let refused = live.is_valid(value) == Some(true) && !live.losses && live.plain;
        assert!(
            !refused || why.contains("does not fit in"),
            "valid {value} of the changed tool is refused: {why}"
        );
    }
}

/// Messages repeat keys and values of servers, but not all of them.
fn short(why: &str) {
    assert!(!why.is_empty() && why.len() < 16_384, "{}", why.len());
}

/// Whether `after` is `before` but for what the codec announces: an absent property instead of `null`, a property left
/// out that no field is for, another spelling of a number.
fn kept(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => after
            .iter()
            .all(|(key, after)| before.get(key).is_some_and(|before| kept(before, after))),
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .all(|(before, after)| kept(before, after))
        }
        (Value::Number(before), Value::Number(after)) => {
            match (before.as_i128(), after.as_i128()) {
                (Some(before), Some(after)) => before == after,
                _ => before.as_f64() == after.as_f64(),
            }
        }
        (before, after) => before == after,
    }
}

/// Whether every keyword of the schema is one that types express to the letter.
fn plain(schema: &Value) -> bool {
    let Value::Object(map) = schema else {
        return false;
    };
    let said = map.get("type").is_some_and(|ty| {
        ["object", "array", "string", "integer", "number", "boolean"]
            .iter()
            .any(|known| ty == known)
    });
    said && map.iter().all(|(key, value)| match key.as_str() {
        "type" | "description" | "title" => true,
        "required" => value
            .as_array()
            .is_some_and(|names| names.iter().all(Value::is_string)),
        "items" => plain(value),
        "properties" => value.as_object().is_some_and(|all| all.values().all(plain)),
        "enum" => {
            map["type"] == "string"
                && value
                    .as_array()
                    .is_some_and(|all| !all.is_empty() && all.iter().all(Value::is_string))
        }
        _ => false,
    })
}

fn read_arguments(codec: &ToolCodec, value: Value) -> Option<Result<Val, String>> {
    let read = codec.read_arguments(value)?;
    Some(read.map_err(|error| error.to_string()))
}

fn write_arguments(codec: &ToolCodec, guest: &Val) -> Option<Result<Value, String>> {
    let written = codec.arguments(std::slice::from_ref(guest), &mut Spend::free());
    written.map_err(|error| error.to_string()).transpose()
}

fn read_result(codec: &ToolCodec, value: Value) -> Option<Result<Val, String>> {
    let read = codec.result(&value.to_string(), &mut Spend::free());
    read.map_err(|error| error.to_string()).transpose()
}

fn write_result(codec: &ToolCodec, guest: &Val) -> Option<Result<Value, String>> {
    let written = codec.write_result(guest)?;
    Some(written.map_err(|error| error.to_string()))
}
