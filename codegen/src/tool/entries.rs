//! The entries of a `tools/list` response as text, and the memory that each will take. Bounds the number of entries
//! before any of them is parsed.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The most tools that are read. The bridge accepts 10,000 tools from a server.
pub(super) const MOST_TOOLS: usize = 50_000;
/// The most memory that the definitions of all tools may take, by [`weight`]. 10,000 plain tools of five properties
/// take 80 MiB, because small objects take a hundred times their text.
pub(super) const MOST_WEIGHT: usize = 96 << 20;

/// A list of tools as text. Each is kept as text at first: a tool that nests too deep for the JSON parser must not
/// affect the others.
pub(super) struct Entries<'a> {
    pub(super) list: Vec<Listed<'a>>,
    /// How many more entries the list has.
    pub(super) more: usize,
    /// It is `null`, where a list belongs.
    pub(super) is_null: bool,
}

/// A member that is there, whatever it is: `Option` alone takes `null` for absent.
pub(super) fn present<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Entries<'a>>, D::Error> {
    Entries::deserialize(deserializer).map(Some)
}

/// One entry: of a list, or of an object whose keys are the names.
pub(super) struct Listed<'a> {
    pub(super) key: Option<String>,
    pub(super) text: &'a RawValue,
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(List)
    }
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tools")
    }

    /// Go writes an empty list so.
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Entries {
            list: Vec::new(),
            more: 0,
            is_null: true,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut entries = Entries {
            list: Vec::new(),
            more: 0,
            is_null: false,
        };
        while entries.list.len() < MOST_TOOLS {
            match seq.next_element()? {
                Some(text) => entries.list.push(Listed { key: None, text }),
                None => return Ok(entries),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            entries.more += 1;
        }
        Ok(entries)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Entries {
            list: Vec::new(),
            more: 0,
            is_null: false,
        };
        while let Some(key) = map.next_key::<String>()? {
            if entries.list.len() < MOST_TOOLS {
                let text = map.next_value()?;
                entries.list.push(Listed {
                    key: Some(key),
                    text,
                });
            } else {
                map.next_value::<IgnoredAny>()?;
                entries.more += 1;
            }
        }
        Ok(entries)
    }
}

/// The approximate memory of the JSON text once it is parsed, in bytes.
pub(super) fn weight(text: &str) -> usize {
    // A value in a list or an object, with the spare capacity beside it.
    const VALUE: usize = 96;
    // The additional memory of the first entry of an array and of an object: room for four.
    const ARRAY: usize = 300;
    const OBJECT: usize = 400;
    let (mut weight, mut in_string, mut escaped) = (text.len(), false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        weight += match byte {
            b'"' => {
                in_string = true;
                0
            }
            b',' | b':' => VALUE,
            b'[' => ARRAY,
            b'{' => OBJECT,
            _ => 0,
        };
    }
    weight
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::Catalog;

    #[test]
    fn tools_after_the_fifty_thousandth_are_not_read_and_reported() {
        let text = format!("[{}{{}}]", "{},".repeat(MOST_TOOLS + 6));
        let catalog = Catalog::parse(&text).unwrap_or_default();
        assert_eq!(catalog.refused.len(), MOST_TOOLS + 1);
        let last = catalog.refused.last().map(ToString::to_string);
        assert_eq!(
            last.as_deref(),
            Some(
                "tool `#50000` is left out: more than 50000 tools are listed, and the last 7 of them are not read"
            )
        );
    }

    #[test]
    fn definitions_that_take_too_much_memory_together_fall_out_and_smaller_ones_come_through() {
        let heavy = format!("[{}0]", "{},".repeat(60_000));
        let tools = (0..5).map(|at| format!(r#"{{"name":"heavy{at}","inputSchema":{heavy}}},"#));
        let text = format!(r#"[{}{{"name":"small"}}]"#, tools.collect::<String>());
        let catalog = Catalog::parse(&text).unwrap_or_default();
        let names: Vec<&str> = catalog.tools.iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["heavy0", "heavy1", "heavy2", "small"]);
        let refused: Vec<&str> = catalog.refused.iter().map(|one| &*one.tool).collect();
        assert_eq!(refused, ["heavy3", "heavy4"]);
    }

    #[test]
    fn null_in_place_of_the_list_is_an_empty_list_with_a_flaw() {
        for text in [
            r#"{"tools": null}"#,
            r#"{"id": 1, "result": {"tools": null}}"#,
        ] {
            let catalog = Catalog::parse(text).unwrap();
            assert!(catalog.tools.is_empty());
            assert_eq!(catalog.flaws, ["`tools` is null: the list is empty"]);
        }
        let missing = Catalog::parse(r#"{"tool": []}"#).unwrap_err();
        assert!(missing.to_string().starts_with("no `tools` in it"));
    }

    #[test]
    fn error_in_place_of_the_tools_shows_its_words_and_its_code() {
        for (error, expected) in [
            (
                r#"{"code": -32601, "message": "no"}"#,
                "no (JSON-RPC error -32601)",
            ),
            (r#"{"message": "no"}"#, "no"),
            (r#""no""#, r#""no""#),
        ] {
            let error = Catalog::parse(&format!(r#"{{"error": {error}}}"#)).unwrap_err();
            let expected = format!("the server answered tools/list with an error: {expected}");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn text_in_a_string_weighs_what_it_is_long() {
        assert_eq!(weight(r#""[{,:\\\"[{""#), 12);
    }

    #[test]
    fn what_is_said_of_a_megabyte_is_short() {
        let text = format!(r#"[{{"name":{{"{}":1}}}}]"#, "x".repeat(1 << 20));
        let catalog = Catalog::parse(&text).unwrap_or_default();
        assert_eq!(
            catalog.refused[0].reason,
            "its `name` is an object, not a text"
        );
        let text = format!(
            r#"[{{"name":"a","x":{}1{}}}]"#,
            "[".repeat(1 << 18),
            "]".repeat(1 << 18)
        );
        let catalog = Catalog::parse(&text).unwrap_or_default();
        assert!(
            catalog.refused[0].reason.len() < 400,
            "{}",
            catalog.refused[0].reason
        );
    }
}
