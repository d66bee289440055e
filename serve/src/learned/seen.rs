//! The shape of JSON values that were seen: types and names of properties, never a value. What may be a value, such as
//! the key of a map, has no name here.

mod written;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Levels of arrays and objects.
const DEEPEST: usize = 6;

/// Elements of one array that are looked at.
const MOST_ITEMS: usize = 50;

/// Names of one object. One with more is a map.
const MOST_NAMES: usize = 64;

/// Parts of one shape. One with more loses its deepest levels.
const MOST_PARTS: usize = 400;

/// Characters of a name.
const LONGEST_NAME: usize = 40;

/// What values of one place were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Seen {
    #[serde(skip_serializing_if = "is_false")]
    null: bool,
    #[serde(skip_serializing_if = "is_false")]
    boolean: bool,
    #[serde(skip_serializing_if = "is_false")]
    number: bool,
    #[serde(skip_serializing_if = "is_false")]
    string: bool,
    /// An array, and what its elements were.
    #[serde(skip_serializing_if = "Option::is_none")]
    array: Option<Box<Seen>>,
    /// An object with names.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Members>,
    /// An object whose keys are data, and what its values were.
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<Box<Seen>>,
}

/// The properties of objects in one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    /// How many objects there were.
    times: u32,
    of: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    /// How many of the objects had it.
    times: u32,
    shape: Seen,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Seen {
    /// The shape of one value.
    pub(super) fn of(value: &Value) -> Self {
        let mut parts = MOST_PARTS * 4;
        Self::within(value, DEEPEST, &mut parts).bounded()
    }

    /// A text.
    pub(super) fn text() -> Self {
        Self {
            string: true,
            ..Self::default()
        }
    }

    fn within(value: &Value, depth: usize, parts: &mut usize) -> Self {
        let mut seen = Self::default();
        *parts = parts.saturating_sub(1);
        match value {
            Value::Null => seen.null = true,
            Value::Bool(_) => seen.boolean = true,
            Value::Number(_) => seen.number = true,
            Value::String(_) => seen.string = true,
            Value::Array(items) => {
                let mut all = Self::default();
                if depth > 0 {
                    for item in items.iter().take(MOST_ITEMS) {
                        if *parts == 0 {
                            break;
                        }
                        all = all.with(Self::within(item, depth - 1, parts));
                    }
                }
                seen.array = Some(Box::new(all));
            }
            Value::Object(object) => seen.members(object, depth, parts),
        }
        seen
    }

    fn members(&mut self, object: &Map<String, Value>, depth: usize, parts: &mut usize) {
        let is_map = object.len() > MOST_NAMES || !object.keys().all(|name| may_be_kept(name));
        let mut of = Vec::new();
        for (name, value) in object.iter().take(MOST_NAMES) {
            if depth == 0 || *parts == 0 {
                break;
            }
            of.push(Member {
                name: name.clone(),
                times: 1,
                shape: Self::within(value, depth - 1, parts),
            });
        }
        let members = Members { times: 1, of };
        if is_map || members.are_alike() {
            self.map = Some(Box::new(members.values()));
        } else {
            self.object = Some(members);
        }
    }

    /// The shape of values of both kinds.
    pub(super) fn with(self, other: Self) -> Self {
        let both = |a: Option<Box<Self>>, b: Option<Box<Self>>| match (a, b) {
            (Some(a), Some(b)) => Some(Box::new(a.with(*b))),
            (a, b) => a.or(b),
        };
        let mut map = both(self.map, other.map);
        let mut object = match (self.object, other.object) {
            (Some(a), Some(b)) => match a.with(b) {
                Ok(members) => Some(members),
                Err(values) => {
                    map = both(map, Some(Box::new(values)));
                    None
                }
            },
            (a, b) => a.or(b),
        };
        // Names beside keys of data are keys too.
        if map.is_some()
            && let Some(members) = object.take()
        {
            map = both(map, Some(Box::new(members.values())));
        }
        Self {
            null: self.null || other.null,
            boolean: self.boolean || other.boolean,
            number: self.number || other.number,
            string: self.string || other.string,
            array: both(self.array, other.array),
            object,
            map,
        }
    }

    /// The same, without its deepest levels where it has too many parts.
    pub(super) fn bounded(mut self) -> Self {
        for depth in (0..DEEPEST).rev() {
            if self.parts() <= MOST_PARTS {
                break;
            }
            self.cut(depth);
        }
        self
    }

    /// Whether the shape is one that this program makes: a file may have been changed.
    pub(super) fn is_own(&self) -> bool {
        let names = |members: &Members| {
            members.of.len() <= MOST_NAMES
                && members
                    .of
                    .iter()
                    .all(|member| is_name(&member.name) && member.shape.is_own())
        };
        let mut inner = [&self.array, &self.map].into_iter().flatten();
        self.object.as_ref().is_none_or(names) && inner.all(|inner| inner.is_own())
    }

    fn inner(&self) -> impl Iterator<Item = &Self> {
        let members = self.object.iter().flat_map(|members| &members.of);
        let members = members.map(|member| &member.shape);
        let others = [&self.array, &self.map].into_iter().flatten();
        members.chain(others.map(|inner| &**inner))
    }

    fn parts(&self) -> usize {
        1 + self.inner().map(Self::parts).sum::<usize>()
    }

    fn cut(&mut self, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            if let Some(members) = &mut self.object {
                members.of.clear();
            }
            for inner in [&mut self.array, &mut self.map].into_iter().flatten() {
                **inner = Self::default();
            }
            return;
        };
        let members = self.object.iter_mut().flat_map(|members| &mut members.of);
        members.for_each(|member| member.shape.cut(depth));
        for inner in [&mut self.array, &mut self.map].into_iter().flatten() {
            inner.cut(depth);
        }
    }
}

impl Members {
    /// Whether the values are objects of one kind, which the keys tell apart: `{"alice": {...}, "bob": {...}}`.
    fn are_alike(&self) -> bool {
        let names = |member: &Member| -> Option<Vec<String>> {
            let members = member.shape.object.as_ref()?;
            let mut names: Vec<_> = members.of.iter().map(|of| of.name.clone()).collect();
            names.sort_unstable();
            (!names.is_empty()).then_some(names)
        };
        let mut all = self.of.iter().map(names);
        match all.next().flatten() {
            Some(first) => self.of.len() > 1 && all.all(|names| names.as_ref() == Some(&first)),
            None => false,
        }
    }

    fn values(self) -> Seen {
        let values = self.of.into_iter().map(|member| member.shape);
        values.fold(Seen::default(), Seen::with)
    }

    /// The properties of both; their values, if the names turn out to be data: too many, or none in common.
    fn with(mut self, other: Self) -> Result<Self, Seen> {
        let (mut common, were) = (false, self.of.len());
        let is_apart = were > 0 && !other.of.is_empty();
        self.times = self.times.saturating_add(other.times);
        for member in other.of {
            match self.of.iter_mut().find(|known| known.name == member.name) {
                Some(known) => {
                    common = true;
                    known.times = known.times.saturating_add(member.times);
                    known.shape = std::mem::take(&mut known.shape).with(member.shape);
                }
                None => self.of.push(member),
            }
        }
        if (is_apart && !common) || self.of.len() > MOST_NAMES {
            return Err(self.values());
        }
        Ok(self)
    }
}

/// Whether a key is the name of a property, and no secret of a server.
fn may_be_kept(name: &str) -> bool {
    let shown = mcp_bridge::without_secrets(name.as_bytes());
    is_name(name) && matches!(shown, std::borrow::Cow::Borrowed(_))
}

/// Whether a key is the name of a property, as far as its letters tell. An address, a date, a path, a number or an id
/// is data.
fn is_name(name: &str) -> bool {
    let first = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$');
    let further = |byte: &u8| first(byte) || byte.is_ascii_digit() || *byte == b'-';
    let bytes = name.as_bytes();
    let count = |is_one: fn(&u8) -> bool| bytes.iter().filter(|byte| is_one(byte)).count();
    let digits = count(u8::is_ascii_digit);
    let is_hex = bytes.len() >= 8 && digits > 0 && bytes.iter().all(u8::is_ascii_hexdigit);
    let (lower, upper) = (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase));
    let is_random = bytes.len() > 12 && digits > 1 && lower > 0 && upper > 0;
    // `base64url` changes twice, and an id changes more often.
    let kinds = bytes.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let kinds: Vec<bool> = kinds.map(u8::is_ascii_digit).collect();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let shape = bytes.first().is_some_and(first) && bytes.iter().all(further);
    shape && bytes.len() <= LONGEST_NAME && digits <= 4 && changes <= 2 && !is_hex && !is_random
}

#[cfg(test)]
mod tests;
