//! The keys that a settings file may have. An unknown key is an error that names the nearest known one: otherwise a
//! misspelled limit would not apply.

use std::ops::Range;

use mcp_codegen::near::nearest;
use toml::de::{DeTable, DeValue};

use crate::rules::limits::Limit;

/// What a key may hold.
pub(super) enum Known {
    /// A value, whose own reader checks it.
    Value,
    /// A table with these keys.
    Table(&'static [(&'static str, Known)]),
    /// The table of limits: `profile`, and a value for each [`Limit`].
    Limits,
    /// A table of tables: any name, and under each of them the same.
    Named(&'static Known),
    /// A list of values, of which tables have these keys.
    List(&'static Known),
}

const FILE: Known = Known::Table(&[
    ("limits", Known::Limits),
    (
        "skills",
        Known::Named(&Known::Table(&[
            ("limits", Known::Limits),
            ("policy", POLICY),
        ])),
    ),
    ("cache", Known::Table(&[("size", Known::Value)])),
    ("scripts", Known::Table(&[("type-check", Known::Value)])),
    (
        "audit",
        Known::Table(&[
            ("enabled", Known::Value),
            ("arguments", Known::Value),
            ("required", Known::Value),
            ("size", Known::Value),
            ("files", Known::Value),
        ]),
    ),
    (
        "runs",
        Known::Table(&[("wait", Known::Value), ("keep", Known::Value)]),
    ),
    ("serve", Known::Table(&[("authorization", AUTHORIZATION)])),
    ("policy", POLICY),
]);

const AUTHORIZATION: Known = Known::Table(&[
    ("issuer", Known::Value),
    ("resource", Known::Value),
    ("audience", Known::Value),
    ("jwks", Known::Value),
    (
        "scopes",
        Known::List(&Known::Table(&[
            ("scope", Known::Value),
            ("policy", POLICY),
        ])),
    ),
]);

const POLICY: Known = Known::Table(&[
    ("allow", Known::List(&ENTRY)),
    ("agents", Known::Table(&[("allow", Known::List(&ENTRY))])),
    ("ask", Known::List(&ENTRY)),
    ("deny", Known::List(&ENTRY)),
    ("read-only", Known::Value),
    ("destructive", Known::Value),
]);

/// A rule that is a table.
const ENTRY: Known = Known::Table(&[
    ("tool", Known::Value),
    ("where", Known::Named(&CHECKS)),
    ("per-run", Known::Value),
    ("per-day", Known::Value),
]);

/// The conditions on one value. The value of `equals` may be any table.
const CHECKS: Known = Known::Table(&[
    ("equals", Known::Value),
    ("one-of", Known::Value),
    ("glob", Known::Value),
    ("min", Known::Value),
    ("max", Known::Value),
    ("under", Known::Value),
    ("if-absent", Known::Value),
]);

/// The first unknown key: its position, and the probable key.
pub(super) fn check(file: &DeTable<'_>) -> Result<(), (Range<usize>, String)> {
    table(file, &FILE, "")
}

fn table(table: &DeTable<'_>, known: &Known, path: &str) -> Result<(), (Range<usize>, String)> {
    for (key, value) in table.iter() {
        let name = key.get_ref().as_ref();
        let below = match known {
            Known::Value | Known::List(_) => continue,
            Known::Named(below) => below,
            Known::Limits if limits().any(|known| known == name) => &Known::Value,
            Known::Limits => return Err((key.span(), unknown(name, limits(), path))),
            Known::Table(keys) => match keys.iter().find(|(known, _)| *known == name) {
                Some((_, below)) => below,
                None => {
                    let keys = keys.iter().map(|(key, _)| *key);
                    return Err((key.span(), unknown(name, keys, path)));
                }
            },
        };
        let path = || match path.is_empty() {
            true => bare(name),
            false => format!("{path}.{}", bare(name)),
        };
        // The reader of the file reports a value in place of a table or a list.
        match (value.get_ref(), below) {
            (DeValue::Table(inner), below) => self::table(inner, below, &path())?,
            (DeValue::Array(items), Known::List(below)) => {
                for item in items.iter() {
                    if let DeValue::Table(inner) = item.get_ref() {
                        self::table(inner, below, &path())?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The keys of a table of limits.
fn limits() -> impl Iterator<Item = &'static str> + Clone {
    std::iter::once("profile").chain(Limit::ALL.iter().map(|limit| limit.key()))
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone, path: &str) -> String {
    let place = if path.is_empty() {
        "a settings file".to_owned()
    } else {
        format!("`[{path}]`")
    };
    match nearest(name, known.clone()) {
        Some(near) => format!("{place} has no key `{name}`; did you mean `{near}`?"),
        None => {
            let known: Vec<_> = known.map(|key| format!("`{key}`")).collect();
            format!("{place} has no key `{name}`; it has {}", known.join(", "))
        }
    }
}

/// A key in TOML syntax: quoted if necessary.
pub(super) fn bare(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(plain) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}
