//! Texts that cost their reader more than their writer.

use serde::Deserialize;

/// A text of about this many bytes.
#[derive(Deserialize)]
pub struct Text(Kind, usize);

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// `{"a":[1,1,1]}`
    Numbers,
    /// `[1,1,1]`, which is no object.
    List,
    /// `{"a":[{"a":{}},{"a":{}}]}`
    Objects,
    /// `{"a":[[],[]]}`
    Empty,
    /// `{"a":["",""]}`
    Texts,
    /// `{"0":1,"1":1}`
    Keys,
    /// `{"a":"xxx"}`
    String,
    /// `{"a":"\"\"\""}`
    Quotes,
    /// `{"a":[[[]]]}`
    Deep,
    /// `{    }`
    Spaces,
    /// `{` and `}` with line breaks between.
    Lines,
    /// `{"a":[1,1,1`
    Cut,
    /// `xxx`
    Letters,
    /// Control characters.
    Controls,
    /// `/mcp-tools/o/o/o`: a path of many parts.
    Path,
    /// The same, with a part that no path may have.
    BadPath,
}

impl Text {
    pub fn make(&self) -> String {
        let Self(kind, bytes) = *self;
        let (head, unit, tail) = match kind {
            Kind::Numbers => (r#"{"a":["#, "1,", "1]}"),
            Kind::List => ("[", "1,", "1]"),
            Kind::Objects => (r#"{"a":["#, r#"{"a":{}},"#, "1]}"),
            Kind::Empty => (r#"{"a":["#, "[],", "1]}"),
            Kind::Texts => (r#"{"a":["#, r#""","#, "1]}"),
            Kind::Keys => return keys(bytes),
            Kind::String => (r#"{"a":""#, "x", r#""}"#),
            Kind::Quotes => (r#"{"a":""#, r#"\""#, r#""}"#),
            Kind::Deep => return deep(bytes),
            Kind::Spaces => ("{", " ", "}"),
            Kind::Lines => ("{", "\n", "}"),
            Kind::Cut => (r#"{"a":["#, "1,", "1"),
            Kind::Letters => ("", "x", ""),
            Kind::Controls => ("", "\u{1b}", ""),
            Kind::Path => ("/mcp-tools", "/o", ""),
            Kind::BadPath => ("/mcp-tools", "/\0", ""),
        };
        // Made in one piece: what the guest itself takes is not what is looked at.
        let mut text = String::with_capacity(bytes + 16);
        text.push_str(head);
        while text.len() + unit.len() + tail.len() <= bytes {
            text.push_str(unit);
        }
        text.push_str(tail);
        text
    }
}

fn deep(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 16);
    text.push_str(r#"{"a":"#);
    text.extend(std::iter::repeat_n('[', bytes / 2));
    text.extend(std::iter::repeat_n(']', bytes / 2));
    text.push('}');
    text
}

fn keys(bytes: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes + 16);
    text.push('{');
    for key in 0.. {
        if text.len() + 16 >= bytes {
            break;
        }
        let comma = if key == 0 { "" } else { "," };
        let _ = write!(text, r#"{comma}"{key:x}":1"#);
    }
    text.push('}');
    text
}
