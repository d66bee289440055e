//! The files of a new script: its source, which calls one tool of a server, the declarations of the tools, and a test
//! that plays them. Names are those on the wire.

use mcp_codegen::{Catalog, is_identifier};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::types;
use super::commands::Commands;
use super::sample::{Field, Given, Sample};
use super::templates::{self, Rendered};
use crate::exit::Failure;
use crate::next_step::quoted;

/// The values for the templates.
#[derive(Debug, Serialize)]
struct Values {
    name: String,
    /// The directory, the script and the declarations, as arguments of a shell.
    dir: String,
    path: String,
    types: String,
    /// The option that names the configuration, if `new` had one.
    config: String,
    /// The arguments of `run` after those.
    example_input: String,
    /// The commands that write the declarations again.
    updates: Vec<String>,
    /// Whether it imports tools.
    servers: bool,
    /// Whether it has an input.
    inputs: bool,
    /// The input of the test, in JavaScript.
    input: String,
    sample: Option<Call>,
}

/// The call of the first script and its test, each part in JavaScript.
#[derive(Debug, Serialize)]
struct Call {
    server: String,
    /// What stands between the braces of the import.
    import: String,
    /// The local name of the tool.
    function: String,
    /// The tool's name as a key.
    key: String,
    arguments: String,
    /// The access to the list that is counted, and the words for its elements.
    count: Option<String>,
    words: String,
    /// The access to the text that is the result.
    text: Option<String>,
    /// The played answer, the result that comes of it, and the arguments that the tool gets.
    answer: String,
    result: String,
    passed: String,
}

/// The `--input` that the first run needs, or nothing.
pub(super) fn example_input(sample: Option<&Sample>) -> String {
    let fields: Map<String, Value> = inputs(sample)
        .map(|field| (field.wire.clone(), json!("...")))
        .collect();
    if fields.is_empty() {
        return String::new();
    }
    format!(" --input {}", quoted(&Value::Object(fields).to_string()))
}

/// All files of the script.
pub(super) fn files(
    name: &str,
    sample: Option<&Sample>,
    commands: &Commands,
    catalogs: &[(&String, &Vec<String>, Catalog)],
) -> Result<Rendered, Failure> {
    let input: Vec<String> = inputs(sample)
        .map(|field| format!("{}: \"x\"", key(&field.wire)))
        .collect();
    let values = Values {
        name: name.to_owned(),
        dir: commands.dir.clone(),
        path: commands.path.clone(),
        types: commands.types.clone(),
        config: commands.config.clone(),
        example_input: example_input(sample),
        updates: commands.updates.clone(),
        servers: !catalogs.is_empty(),
        inputs: !input.is_empty(),
        input: object(&input),
        sample: sample.map(Call::of),
    };
    let mut files = templates::script(name, &values).map_err(Failure::host)?;
    let mut host = None;
    for (server, tools, catalog) in catalogs {
        let declared = types::of(server, tools, catalog, &types::Notes::new())?;
        let [own, shared] = types::files(&declared);
        files.push((format!("types/{}", own.0), own.1.to_owned()));
        host = Some(shared.0);
    }
    let host = host.unwrap_or_else(|| types::HOST_FILE.to_owned());
    files.push((
        format!("types/{host}"),
        mcp_codegen::declarations::HOST.to_owned(),
    ));
    Ok(files)
}

impl Call {
    fn of(sample: &Sample) -> Self {
        let tool = &sample.tool;
        let function = if is_identifier(tool) {
            tool.as_str()
        } else {
            "tool"
        };
        let import = if function == tool {
            function.to_owned()
        } else {
            format!("{} as {function}", Value::from(tool.as_str()))
        };
        let list = |value: fn(&Field) -> String| {
            let fields: Vec<String> = sample
                .needed
                .iter()
                .map(|field| format!("{}: {}", key(&field.wire), value(field)))
                .collect();
            object(&fields)
        };
        let words = |wire: &str| wire.replace(['_', '-'], " ");
        let count = sample.count_wire.as_deref();
        let text = sample.text_wire.as_deref();
        let (answer, result) = match (count, text) {
            (Some(wire), _) => (
                format!("{{ {}: [1, 2] }}", key(wire)),
                Value::from(format!("2 {}", words(wire))).to_string(),
            ),
            (None, Some(wire)) => (
                format!("{{ {}: \"yes\" }}", key(wire)),
                "\"yes\"".to_owned(),
            ),
            (None, None) => ("\"yes\"".to_owned(), "\"yes\"".to_owned()),
        };
        Self {
            server: sample.server.clone(),
            import,
            function: function.to_owned(),
            key: key(tool),
            arguments: list(|field| match field.given {
                Given::Input => format!("input{}", member(&field.wire)),
                given => fixed(given).to_owned(),
            }),
            words: count.map(words).unwrap_or_default(),
            count: count.map(member),
            text: text.map(member),
            answer,
            result,
            passed: list(|field| match field.given {
                Given::Input => "\"x\"".to_owned(),
                given => fixed(given).to_owned(),
            }),
        }
    }
}

/// The fields that come from the script's input.
fn inputs(sample: Option<&Sample>) -> impl Iterator<Item = &Field> {
    let needed = sample.into_iter().flat_map(|sample| &sample.needed);
    needed.filter(|field| field.given == Given::Input)
}

/// The literal that the script passes.
fn fixed(given: Given) -> &'static str {
    match given {
        Given::One | Given::OnePointZero => "1",
        Given::False => "false",
        Given::Nothing | Given::Input => "null",
    }
}

fn object(fields: &[String]) -> String {
    if fields.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", fields.join(", "))
    }
}

/// The name as a key of an object.
fn key(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

/// The access to a property of this name.
fn member(name: &str) -> String {
    if is_identifier(name) {
        format!(".{name}")
    } else {
        format!("[{}]", Value::from(name))
    }
}
