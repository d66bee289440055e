//! A tool result that rmcp does not read: what of it can be used, or which member makes it unusable.
//! A part for display costs nothing; a content block costs itself alone. Never an empty success.

use mcp_codegen::kind;
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::flaws::Flaws;

/// The members of a result, each as its text: one that nests too deep affects no other.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    structured_content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    is_error: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "_meta")]
    meta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result_type: Option<&'a RawValue>,
    /// What a result was before MCP 2024-11-05.
    #[serde(borrow, default)]
    tool_result: Option<&'a RawValue>,
}

/// Reads the text of a result.
///
/// # Errors
///
/// Which member makes it unusable, and what was found there.
pub(crate) fn read(text: &str) -> Result<CallToolResult, String> {
    let mut flaws = Flaws::default();
    let mut result = parts(text, &mut flaws)?;
    let mut meta = result.meta.take().unwrap_or_default();
    flaws.put(&mut meta.0);
    result.meta = (!meta.0.is_empty()).then_some(meta);
    Ok(result)
}

fn parts(text: &str, flaws: &mut Flaws) -> Result<CallToolResult, String> {
    if !text.starts_with('{') {
        return Err(format!("it is {}, not an object", kind_of(text)));
    }
    let parts: Parts<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let ty = parts.result_type.map(RawValue::get);
    if let Some(other) = ty.filter(|ty| ty.starts_with('"') && *ty != r#""complete""#) {
        return Err(format!(
            "its `resultType` is {other}, which this client does not know"
        ));
    }
    let is_error = parts
        .is_error
        .map_or(Ok(None), |text| is_error(text.get(), flaws))?;
    let structured = parts.structured_content.map(value).transpose();
    let structured = structured.map_err(|error| format!("`structuredContent`: {error}"))?;
    let mut result = CallToolResult::default();
    result.result_type = None;
    match parts.content.map(RawValue::get) {
        None if let Some(old) = parts.tool_result => return before_2024_11(old, flaws),
        None | Some("null") if structured.is_none() && is_error.is_none() => {
            return Err("it has none of `content`, `structuredContent` and `isError`".to_owned());
        }
        None | Some("null") => {}
        Some(text) => {
            result.content = content(text, flaws)?;
            let answers = !result.content.is_empty() || structured.is_some();
            if !answers
                && is_error != Some(true)
                && let Some(flaw) = flaws.first()
            {
                return Err(format!("nothing in its `content` can be used: {flaw}"));
            }
        }
    }
    result.structured_content = structured;
    result.is_error = is_error;
    result.meta = match parts.meta.map(value) {
        Some(Ok(Value::Object(meta))) => Some(MetaObject(meta)),
        _ => None,
    };
    Ok(result)
}

fn before_2024_11(text: &RawValue, flaws: &mut Flaws) -> Result<CallToolResult, String> {
    flaws.push("`toolResult` is from before MCP 2024-11-05");
    let old = value(text).map_err(|error| format!("`toolResult`: {error}"))?;
    if old.get("content").is_some() {
        return parts(text.get(), flaws);
    }
    let mut result = CallToolResult::default();
    result.result_type = None;
    result.structured_content = Some(old);
    Ok(result)
}

fn is_error(text: &str, flaws: &mut Flaws) -> Result<Option<bool>, String> {
    let is_error = match text {
        "null" => return Ok(None),
        "true" => return Ok(Some(true)),
        "false" => return Ok(Some(false)),
        "\"true\"" => true,
        "\"false\"" => false,
        other => {
            return Err(format!(
                "`isError` is {}, not true or false",
                kind_of(other)
            ));
        }
    };
    flaws.push("`isError` is a text, not true or false");
    Ok(Some(is_error))
}

fn content(text: &str, flaws: &mut Flaws) -> Result<Vec<ContentBlock>, String> {
    let single = |flaws: &mut Flaws| {
        flaws.push(format!("`content` is {}, not a list", kind_of(text)));
        if let Ok(text) = serde_json::from_str::<String>(text) {
            return Ok(vec![ContentBlock::text(text)]);
        }
        Ok(block(text, "`content`", flaws).into_iter().collect())
    };
    match text.bytes().next() {
        Some(b'[') => {}
        Some(b'"' | b'{') => return single(flaws),
        _ => {
            let found = kind_of(text);
            return Err(format!(
                "`content` is {found}, not a list of content blocks"
            ));
        }
    }
    let listed: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| format!("`content`: {error}"))?;
    let blocks = listed.iter().enumerate();
    Ok(blocks
        .filter_map(|(place, text)| block(text.get(), &format!("`content/{place}`"), flaws))
        .collect())
}

/// One block, or `None` with a flaw where nothing in it can be used.
fn block(text: &str, place: &str, flaws: &mut Flaws) -> Option<ContentBlock> {
    if let Ok(block) = serde_json::from_str(text) {
        return Some(block);
    }
    let mut members = match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members,
        Ok(Value::String(text)) => {
            flaws.push(format!("{place} is a text, not a content block"));
            return Some(ContentBlock::text(text));
        }
        Ok(other) => {
            let found = kind(&other);
            flaws.push(format!(
                "{place} is left out: it is {found}, not a content block"
            ));
            return None;
        }
        Err(error) => {
            flaws.push(format!("{place} is left out: {error}"));
            return None;
        }
    };
    for_display(&mut members, place, flaws);
    match required(&mut members, text, place, flaws) {
        Err(why) => {
            flaws.push(format!("{place} is left out: {why}"));
            None
        }
        Ok(Some(block)) => Some(block),
        // From its text: it is a tagged enum, and of a tree serde passes it no number beyond 64 bits.
        Ok(None) => match serde_json::from_str(&Value::Object(members).to_string()) {
            Ok(block) => Some(block),
            Err(error) => {
                flaws.push(format!("{place} is left out: {error}"));
                None
            }
        },
    }
}

/// Gives the block the members that MCP requires, as far as they can be made of what it has, or another block that says
/// the same.
fn required(
    members: &mut Map<String, Value>,
    text: &str,
    place: &str,
    flaws: &mut Flaws,
) -> Result<Option<ContentBlock>, String> {
    let ty = match members.get("type") {
        Some(Value::String(ty)) => ty.clone(),
        _ if members.get("text").is_some_and(Value::is_string) => {
            flaws.push(format!("{place} has no `type`: it is taken as text"));
            members.insert("type".to_owned(), "text".into());
            return Ok(None);
        }
        Some(other) => return Err(format!("its `type` is {}, not a text", kind(other))),
        None => return Err("it has no `type`".to_owned()),
    };
    match ty.as_str() {
        "text" => match members.get("text") {
            Some(Value::String(_)) => {}
            None | Some(Value::Null) => return Err("a text block without `text`".to_owned()),
            Some(other) => {
                flaws.push(format!(
                    "`text` of {place} is {}: its JSON is passed on",
                    kind(other)
                ));
                let text = other.to_string();
                members.insert("text".to_owned(), text.into());
            }
        },
        "image" | "audio" => {
            if !members.get("data").is_some_and(Value::is_string) {
                return Err(format!("its type is `{ty}`, and it has no `data`"));
            }
            fill(
                members,
                "mimeType",
                "application/octet-stream",
                place,
                flaws,
            );
        }
        "resource_link" => {
            let Some(Value::String(uri)) = members.get("uri") else {
                return Err("a link without `uri`".to_owned());
            };
            let uri = uri.clone();
            fill(members, "name", &uri, place, flaws);
        }
        "resource" => match members.get_mut("resource") {
            Some(Value::Object(resource)) => {
                for_display(resource, place, flaws);
                let has = |member| resource.get(member).is_some_and(Value::is_string);
                if !has("text") && !has("blob") {
                    return Err("a resource with neither `text` nor `blob`".to_owned());
                }
                fill(resource, "uri", "", place, flaws);
            }
            _ => return Err("its type is `resource`, and it has no `resource`".to_owned()),
        },
        // A block of a later revision, or of no revision: its JSON is the one thing that loses nothing.
        _ => {
            flaws.push(format!(
                "{place} is of a type that MCP does not have: its JSON is passed on"
            ));
            return Ok(Some(ContentBlock::text(text)));
        }
    }
    Ok(None)
}

fn fill(of: &mut Map<String, Value>, member: &str, with: &str, place: &str, flaws: &mut Flaws) {
    if of.get(member).is_some_and(Value::is_string) {
        return;
    }
    flaws.push(format!("{place} has no `{member}`: `{with}` is taken"));
    of.insert(member.to_owned(), with.into());
}

/// Drops what is for display and ill-formed.
fn for_display(of: &mut Map<String, Value>, place: &str, flaws: &mut Flaws) {
    type Check = fn(&Value) -> bool;
    const TEXT: Check = Value::is_string;
    let members: [(&str, Check); 7] = [
        ("title", TEXT),
        ("description", TEXT),
        ("size", |size| size.is_u64()),
        ("_meta", Value::is_object),
        ("annotations", Value::is_object),
        // A link has few, and none matters.
        ("icons", |icons| {
            serde_json::from_value::<Vec<rmcp::model::Icon>>(icons.clone()).is_ok()
        }),
        ("mimeType", TEXT),
    ];
    for (member, check) in members {
        drop_unless(of, member, check, place, flaws);
    }
    let Some(Value::Object(annotations)) = of.get_mut("annotations") else {
        return;
    };
    drop_unless(annotations, "priority", Value::is_number, place, flaws);
    drop_unless(annotations, "lastModified", TEXT, place, flaws);
    drop_unless(annotations, "audience", Value::is_array, place, flaws);
    if let Some(Value::Array(audience)) = annotations.get_mut("audience") {
        let all = audience.len();
        audience.retain(|role| role == "user" || role == "assistant");
        if audience.len() < all {
            flaws.push(format!(
                "`audience` of {place} has a role that MCP does not have"
            ));
        }
    }
}

fn drop_unless(
    of: &mut Map<String, Value>,
    member: &str,
    check: impl Fn(&Value) -> bool,
    place: &str,
    flaws: &mut Flaws,
) {
    let Some(value) = of.get(member) else {
        return;
    };
    if !check(value) {
        if !value.is_null() {
            flaws.push(format!("`{member}` of {place} is {}", kind(value)));
        }
        of.shift_remove(member);
    }
}

fn value(text: &RawValue) -> serde_json::Result<Value> {
    serde_json::from_str(text.get())
}

/// The type of a value by its text.
fn kind_of(text: &str) -> &'static str {
    match text.bytes().next() {
        Some(b'"') => "a text",
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        Some(b'n') => "null",
        Some(b't') => "`true`",
        Some(b'f') => "`false`",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests;
