//! A server whose tools are listed in a file, and whose answers its caller or its environment composes.

use super::*;

/// Mode `listed`: the tools of the file in `SCRIPTED_TOOLS`, and `compose`.
pub(crate) fn list() -> Value {
    let text = std::fs::read_to_string(env::var_os("SCRIPTED_TOOLS").unwrap()).unwrap();
    let mut listed: Value = serde_json::from_str(&text).unwrap();
    listed["tools"]
        .as_array_mut()
        .unwrap()
        .push(tool("compose"));
    json!({ "tools": listed["tools"] })
}

/// `compose` answers with what its arguments say, `version` with what `SCRIPTED_ANSWER` says: a head, a unit as many
/// times as `count`, and a tail. The others give their arguments back.
pub(crate) fn call(message: &Value, id: &Value) {
    let arguments = &message["params"]["arguments"];
    let result = match message["params"]["name"].as_str().unwrap() {
        "compose" => compose(arguments),
        "version" => {
            let answer = env::var("SCRIPTED_ANSWER").unwrap();
            compose(&serde_json::from_str(&answer).unwrap())
        }
        _ => json!({ "content": [], "structuredContent": arguments }).to_string(),
    };
    say(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#
    ));
}

fn compose(parts: &Value) -> String {
    let part = |name: &str| parts[name].as_str().unwrap();
    let count = usize::try_from(parts["count"].as_u64().unwrap()).unwrap();
    [part("head"), &part("unit").repeat(count), part("tail")].concat()
}
