//! Finds a name that stands twice in one object of a JSON text. Keeps no value.

use std::collections::HashSet;
use std::fmt;

use mcp_codegen::names::shown;
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// The place of the first one: `a.b[2].c`. `None`: there is none, or the text is no JSON of less than 128 levels.
pub(crate) fn place(text: &str) -> Option<String> {
    let mut found = None;
    let walk = Walk {
        path: String::new(),
        found: &mut found,
    };
    let _ = walk.deserialize(&mut serde_json::Deserializer::from_str(text));
    found
}

/// One value, and where it is. An error ends the walk once something is found.
struct Walk<'f> {
    path: String,
    found: &'f mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let dot = if self.path.is_empty() { "" } else { "." };
            let path = format!("{}{dot}{}", self.path, shown(&name));
            if !seen.insert(name) {
                *self.found = Some(path);
                return Err(A::Error::custom("found"));
            }
            map.next_value_seed(Walk {
                path,
                found: self.found,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut at = 0_usize;
        loop {
            let item = Walk {
                path: format!("{}[{at}]", self.path),
                found: self.found,
            };
            if list.next_element_seed(item)?.is_none() {
                return Ok(());
            }
            at += 1;
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn first_name_that_stands_twice_has_its_place() {
        for (text, found) in [
            (
                r#"{"a": 1, "b": [{"c": 1.5}, {"c": {"d": 1, "d": 2}}]}"#,
                Some("b[1].c.d"),
            ),
            (r#"{"text": "a", "text": "b"}"#, Some("text")),
            (
                r#"{"a": {"b": 1e400}, "b": {"a": null, "": "a"}, "c": [true, -1]}"#,
                None,
            ),
            ("[1, 2", None),
        ] {
            assert_eq!(place(text).as_deref(), found, "{text}");
        }
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        assert_eq!(place(&deep), None);
    }
}
