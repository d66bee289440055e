//! Objects of known keys, and the values that they hold. Remembers which keys were asked for, so that the rest of an
//! object is what nothing reads.

use mcp_codegen::near::nearest;
use std::num::NonZeroU32;
use std::time::Duration;

use secrecy::SecretString;

use super::node::{Member, Node, Value};

/// Why a part of a configuration has no meaning here.
pub(super) struct Fault {
    /// Where, in bytes.
    pub(super) at: usize,
    /// The key inside of the server, such as `limits.concurrency`.
    pub(super) key: Option<String>,
    pub(super) message: String,
}

/// An object whose keys are taken one after the other.
pub(super) struct Object<'a> {
    prefix: String,
    node: &'a Node,
    asked: Vec<&'static str>,
}

/// The value of a key.
#[derive(Clone)]
pub(super) struct Field<'a> {
    /// The key inside of the server.
    pub(super) key: String,
    pub(super) node: &'a Node,
}

impl<'a> Object<'a> {
    /// The entry of a server.
    pub(super) fn top(node: &'a Node) -> Self {
        Self {
            prefix: String::new(),
            node,
            asked: Vec::new(),
        }
    }

    /// The value of this key. `null` is how some programs write that a key is absent.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.asked.push(key);
        let node = self.node.get(key)?;
        let key = format!("{}{key}", self.prefix);
        (!matches!(node.value, Value::Null)).then_some(Field { key, node })
    }

    /// The value of the first of these keys that the object has.
    pub(super) fn take_any(&mut self, keys: &[&'static str]) -> Option<Field<'a>> {
        let mut taken = None;
        for key in keys {
            let next = self.take(key);
            taken = taken.or(next);
        }
        taken
    }

    /// The members that were not asked for, each with the nearest key that was.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&'a Member, Option<&'static str>)> {
        let members = self.node.members().unwrap_or_default().iter();
        members
            .filter(|member| !self.asked.contains(&&*member.key))
            .map(|member| (member, nearest(&member.key, self.asked.iter().copied())))
    }
}

impl<'a> Field<'a> {
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault {
            at: self.node.at,
            key: Some(self.key.clone()),
            message: message.into(),
        }
    }

    fn expected(&self, expected: &str) -> Fault {
        self.fault(format!("found {}, expected {expected}", self.node.kind()))
    }

    pub(super) fn text(&self) -> Result<String, Fault> {
        match &self.node.value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.expected("a string")),
        }
    }

    pub(super) fn truth(&self) -> Result<bool, Fault> {
        match &self.node.value {
            Value::Bool(truth) => Ok(*truth),
            _ => Err(self.expected("true or false")),
        }
    }

    /// A list of strings. A number or a boolean in it becomes its text, as a shell would have it.
    pub(super) fn texts(&self) -> Result<Vec<String>, Fault> {
        let Value::List(items) = &self.node.value else {
            return Err(self.expected("a list of strings, such as [\"--flag\", \"value\"]"));
        };
        let items = items.iter().enumerate().map(|(at, node)| Field {
            key: format!("{}[{at}]", self.key),
            node,
        });
        items.map(|item| item.scalar()).collect()
    }

    /// A string, or the text of a number or a boolean.
    fn scalar(&self) -> Result<String, Fault> {
        match &self.node.value {
            Value::Text(text) | Value::Number(text) => Ok(text.clone()),
            Value::Bool(truth) => Ok(truth.to_string()),
            _ => Err(self.expected("a string")),
        }
    }

    /// The members of an object, in the order of the file.
    pub(super) fn fields(&self, expected: &str) -> Result<Vec<(String, Field<'a>)>, Fault> {
        let Some(members) = self.node.members() else {
            return Err(self.expected(expected));
        };
        let fields = members.iter().map(|member| {
            let key = format!("{}.{}", self.key, member.key);
            (
                member.key.clone(),
                Field {
                    key,
                    node: &member.node,
                },
            )
        });
        Ok(fields.collect())
    }

    /// An object of strings, in the order of the file; numbers and booleans become text. The second list has the
    /// names whose value is `null`.
    pub(super) fn pairs(&self) -> Result<(Pairs, Vec<String>), Fault> {
        let (mut pairs, mut unset) = (Vec::new(), Vec::new());
        for (name, field) in self.fields("an object of strings")? {
            match field.node.value {
                Value::Null => unset.push(name),
                _ => pairs.push((name, field.scalar()?.into())),
            }
        }
        Ok((pairs, unset))
    }

    /// The value as an object of known keys.
    pub(super) fn object(&self, expected: &str) -> Result<Object<'a>, Fault> {
        if self.node.members().is_none() {
            return Err(self.expected(expected));
        }
        Ok(Object {
            prefix: format!("{}.", self.key),
            node: self.node,
            asked: Vec::new(),
        })
    }

    fn number(&self) -> Result<&'a str, Fault> {
        match &self.node.value {
            Value::Number(number) => Ok(number),
            _ => Err(self.expected("a number")),
        }
    }

    /// A number of `unit`s above 0, where one unit is so many seconds.
    fn duration(&self, unit: &str, seconds: f64) -> Result<Duration, Fault> {
        let number = self.number()?;
        let parsed = number.parse::<f64>().ok();
        parsed
            .and_then(|number| Duration::try_from_secs_f64(number * seconds).ok())
            .filter(|duration| !duration.is_zero())
            .ok_or_else(|| self.fault(format!("`{number}` is not a number of {unit} above 0")))
    }

    pub(super) fn seconds(&self) -> Result<Duration, Fault> {
        self.duration("seconds", 1.0)
    }

    pub(super) fn milliseconds(&self) -> Result<Duration, Fault> {
        self.duration("milliseconds", 0.001)
    }

    pub(super) fn whole(&self, least: u32) -> Result<u32, Fault> {
        let number = self.number()?;
        let whole = number.parse().ok().filter(|whole| *whole >= least);
        whole.ok_or_else(|| {
            let most = u32::MAX;
            self.fault(format!(
                "`{number}` is not a whole number from {least} to {most}"
            ))
        })
    }

    pub(super) fn count(&self) -> Result<Option<NonZeroU32>, Fault> {
        self.whole(1).map(NonZeroU32::new)
    }

    pub(super) fn bytes(&self) -> Result<u64, Fault> {
        let number = self.number()?;
        let bytes = number.parse().ok();
        bytes.ok_or_else(|| self.fault(format!("`{number}` is not a whole number of bytes")))
    }
}

/// Names with values that may be secrets.
pub(super) type Pairs = Vec<(String, SecretString)>;
