//! JSON text and its trees, each charged before it is built. Never looks at a schema.

use std::fmt;

use mcp_bridge::reserved;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::account::{Spend, Stop};
use crate::error::ValueError;

/// The size of one value as an element of an array, which may have twice the room that it needs.
pub(super) const NODE: usize = 2 * size_of::<Value>();
/// The overhead of a text, besides its bytes.
pub(super) const TEXT: usize = 24;
/// The size of an object's entry besides the text of its key: key, value, hash, and its place in the index.
pub(super) const ENTRY: usize = size_of::<(String, Value)>() + 40 + TEXT;

/// What `serde_json` calls the text of a number that it hands to a visitor.
const NUMBER: &str = "$serde_json::private::Number";

/// The additional size of an array with its first item: it has room for four.
pub(super) const FIRST_ITEM: usize = 4 * size_of::<Value>();
/// The additional size of an object with its first entry: it has room for three, and an index.
pub(super) const FIRST_ENTRY: usize = 3 * (size_of::<(String, Value)>() + 8) + 64;

/// Parses a JSON text into a tree.
pub fn parse(text: &str, spend: &mut Spend<'_>) -> Result<Value, ValueError> {
    spend.in_time()?;
    // A tree of `serde_json` gives such a member a meaning of its own.
    if reserved::occurs_in(text.as_bytes()) {
        return Err(ValueError::new(format!(
            "the JSON text has a member whose name starts with `{}`, which no parser here reads",
            reserved::PREFIX
        )));
    }
    if text.len() > LONG {
        spend.take(2 * longest_escaped(text, false))?;
    }
    let mut stop = None;
    let tree = Tree {
        spend,
        stop: &mut stop,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = tree
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    match (parsed, stop) {
        (Ok(value), _) => Ok(value),
        (Err(_), Some(stop)) => Err(stop.into()),
        (Err(error), None) => Err(ValueError::new(format!("not JSON text: {error}"))),
    }
}

/// Text of more bytes than this has its longest string looked for: `serde_json` puts a string with an escape together
/// in a place that grows to twice its length.
const LONG: usize = 1 << 20;

/// The length of the longest string with an escape in a JSON text; of the longest key, if only keys count.
pub(super) fn longest_escaped(text: &str, only_keys: bool) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut longest) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        let start = at + 1;
        let mut has_escape = false;
        at = start;
        while at < bytes.len() && bytes[at] != b'"' {
            let escape = bytes[at] == b'\\';
            has_escape |= escape;
            at += if escape { 2 } else { 1 };
        }
        let length = at.min(bytes.len()) - start;
        at += 1;
        if has_escape && length > longest {
            let next = bytes
                .iter()
                .skip(at)
                .find(|byte| !byte.is_ascii_whitespace());
            if !only_keys || next == Some(&b':') {
                longest = length;
            }
        }
    }
    longest
}

/// The number as a value. Charges its text.
pub(super) fn number(number: Number, spend: &mut Spend<'_>) -> Result<Value, Stop> {
    spend.take(TEXT + number.as_str().len())?;
    Ok(Value::Number(number))
}

/// Charges an existing tree.
pub fn charge(value: &Value, spend: &mut Spend<'_>) -> Result<(), Stop> {
    spend.take(NODE)?;
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => spend.take(TEXT + number.as_str().len()),
        Value::String(text) => spend.take(TEXT + text.len()),
        Value::Array(items) => {
            if !items.is_empty() {
                spend.take(FIRST_ITEM)?;
            }
            items.iter().try_for_each(|item| charge(item, spend))
        }
        Value::Object(object) => charge_object(object, spend),
    }
}

/// The same for an object.
pub fn charge_object(object: &Map<String, Value>, spend: &mut Spend<'_>) -> Result<(), Stop> {
    if !object.is_empty() {
        spend.take(FIRST_ENTRY)?;
    }
    object.iter().try_for_each(|(key, value)| {
        spend.take(ENTRY + key.len())?;
        charge(value, spend)
    })
}

/// The length of a value's JSON text, without making the text.
pub fn size(value: &impl serde::Serialize) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // A counter cannot fail, and these values have no map with keys other than strings.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// Builds a tree as `serde_json` does, and stops if the run is out of memory or time.
struct Tree<'s, 'a> {
    spend: &'s mut Spend<'a>,
    /// Why it stopped; the error of the deserializer holds only a text.
    stop: &'s mut Option<Stop>,
}

impl<'a> Tree<'_, 'a> {
    fn again(&mut self) -> Tree<'_, 'a> {
        Tree {
            spend: self.spend,
            stop: self.stop,
        }
    }

    fn take<E: de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.spend.take(bytes).map_err(|stop| {
            *self.stop = Some(stop);
            E::custom("stopped")
        })
    }

    fn number<E: de::Error>(mut self, number: Number) -> Result<Value, E> {
        self.take(TEXT + number.as_str().len())?;
        Ok(Value::Number(number))
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Value, D::Error> {
        self.take(NODE)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        self.number(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        self.number(value.into())
    }

    fn visit_str<E: de::Error>(mut self, text: &str) -> Result<Value, E> {
        self.take(TEXT + text.len())?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self.again())? {
            if array.is_empty() {
                self.take(FIRST_ITEM)?;
            }
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            // The parser shows a number that is not an integer of 64 bits as an object with this one member. `parse`
            // has refused a text in which an object has it.
            if object.is_empty() && key == NUMBER {
                let number = entries.next_value::<String>()?;
                return self.number(number.parse().map_err(de::Error::custom)?);
            }
            if object.is_empty() {
                self.take(FIRST_ENTRY)?;
            }
            self.take(ENTRY + key.len())?;
            let value = entries.next_value_seed(self.again())?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::account::Account;

    fn account(memory: usize) -> Account {
        Account::new(memory, None)
    }

    #[test]
    fn a_tree_is_the_one_that_serde_json_makes() {
        for text in [
            r#"{"a":[1,-2,3.5,1e300,true,null,"x\n",{}],"b":{"c":[]},"a":2}"#,
            "18446744073709551615",
            "-9223372036854775808",
            "[123456789012345678901234567890, -0.10, 1e400, 1.5E-3, -0]",
            r#""\ud83d\ude00""#,
            " [ ] ",
        ] {
            let tree = parse(text, &mut Spend::free()).unwrap();
            assert_eq!(tree, serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        for text in ["", "[1", "[1]]", "{\"a\"}", "nul", &"[".repeat(200)] {
            let error = parse(text, &mut Spend::free()).unwrap_err();
            assert!(error.to_string().contains("not JSON text"), "{error}");
        }
    }

    #[test]
    fn longest_string_or_key_with_an_escape_is_found() {
        let text = r#"{"abc": "a\n", "k\"" : ["long, but without one", "x\\y\""]}"#;
        assert_eq!(longest_escaped(text, false), 6);
        assert_eq!(longest_escaped(text, true), 3);
        assert_eq!(longest_escaped(r#"["a", 1]"#, false), 0);
    }

    #[test]
    fn member_that_the_parser_would_read_as_a_number_is_refused() {
        for key in [
            "$serde_json::private::Number",
            "\\u0024serde_json::private::RawValue",
        ] {
            let text = format!(r#"[1.5, {{"{key}": "7"}}]"#);
            let error = parse(&text, &mut Spend::free()).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("a member whose name starts with"),
                "{error}"
            );
        }
        let text = r#""it is $serde_json""#;
        assert_eq!(
            parse(text, &mut Spend::free()).unwrap(),
            "it is $serde_json"
        );
    }

    #[test]
    fn a_tree_that_the_run_has_no_memory_for_is_not_made() {
        let text = format!("[{}1]", "1,".repeat(100_000));
        let account = account(1 << 20);
        let mut spend = Spend::of(&account);
        let error = parse(&text, &mut spend).unwrap_err();
        assert_eq!(error.stop(), Some(Stop::Memory));
        drop(spend);
        assert_eq!(account.available(), 1 << 20);
    }

    #[test]
    fn a_tree_is_charged_the_same_before_and_after_it_is_made() {
        let text = r#"{"a":[1,-2.50,{"b":"text"},"t"],"c":null,"d":123456789012345678901}"#;
        let account = account(1 << 20);
        let mut before = Spend::of(&account);
        let tree = parse(text, &mut before).unwrap();
        let made = before.charge(&account).keep();
        let mut after = Spend::of(&account);
        charge(&tree, &mut after).unwrap();
        assert_eq!(after.charge(&account).keep(), made);
    }
}
