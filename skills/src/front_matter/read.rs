//! Reads front matter: any YAML whose values are texts, in at most 64 KiB. What other authors write is read as far as
//! it has one reading, and what is odd is said with its place. A file with two readings is refused.

use std::collections::BTreeMap;

use mcp_bridge::text::short;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput};

use super::fault::Fault;
use super::fields::{FrontMatter, LONGEST_COMPATIBILITY, LONGEST_DESCRIPTION};
use crate::name::Name;

/// The most bytes of the front matter.
pub const LONGEST: usize = 64 << 10;
/// The most keys of `metadata`.
const MOST_KEYS: usize = 256;
/// How deep a value that is skipped may nest.
const DEEPEST: usize = 32;

/// A SKILL.md that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<'t> {
    /// What its front matter says.
    pub front: FrontMatter,
    /// Where each key stands: `name`, or `metadata` and a key of it.
    pub places: BTreeMap<Key, (usize, usize)>,
    /// What was read, and is not as agentskills.io has it.
    pub odd: Vec<Fault>,
    /// The text below.
    pub body: &'t str,
    /// The line on which that text starts, from 1.
    pub body_line: usize,
}

/// A text, with its line and column.
type Placed = (String, (usize, usize));

/// A key of the front matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A top-level one.
    Top(String),
    /// One of `metadata`.
    Metadata(String),
}

/// Reads a SKILL.md.
///
/// # Errors
///
/// The first place that has no reading, or more than one.
pub fn read(text: &str) -> Result<Page<'_>, Fault> {
    let cut = Cut::of(text)?;
    let mut reader = Reader {
        parser: Parser::new_from_str(cut.yaml),
        // The parser counts from the line below `---`.
        above: cut.yaml_line - 1,
        page: Found::default(),
    };
    if let Some(fault) = cut.odd {
        reader.page.odd.push(fault);
    }
    reader.document()?;
    let Found {
        mut texts,
        metadata,
        places,
        mut odd,
    } = reader.page;
    let place = |key: &str| {
        let key = Key::Top(key.to_owned());
        *places.get(&key).unwrap_or(&(cut.yaml_line, 1))
    };
    let name = texts
        .remove("name")
        .ok_or_else(|| missing("name", cut.yaml_line))?;
    let name: Name = name.trim().parse().map_err(|bad: crate::name::BadName| {
        at(
            place("name"),
            bad.to_string(),
            "give it a name such as `issue-digest`, and its directory too",
        )
    })?;
    let description = texts.remove("description").unwrap_or_default();
    let description = description.trim().to_owned();
    if description.is_empty() {
        return Err(missing("description", place("description").0));
    }
    let mut too_long = |key: &str, text: &str, most: usize| {
        let length = text.chars().count();
        if length > most {
            let what = format!("`{key}` has {length} characters, and at most {most} are possible");
            odd.push(at(
                place(key),
                what,
                "make it shorter: agents may refuse the skill",
            ));
        }
    };
    too_long("description", &description, LONGEST_DESCRIPTION);
    let mut some = |key: &str| {
        let text = texts.remove(key)?;
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let (license, compatibility) = (some("license"), some("compatibility"));
    if let Some(compatibility) = &compatibility {
        too_long("compatibility", compatibility, LONGEST_COMPATIBILITY);
    }
    Ok(Page {
        front: FrontMatter {
            name,
            description,
            license,
            compatibility,
            metadata,
        },
        places,
        odd,
        body: cut.body,
        body_line: cut.body_line,
    })
}

fn at((line, column): (usize, usize), what: impl Into<String>, hint: &'static str) -> Fault {
    Fault {
        line,
        column,
        what: what.into(),
        hint,
    }
}

fn missing(key: &str, line: usize) -> Fault {
    at(
        (line, 1),
        format!("`{key}` is missing"),
        "agentskills.io wants `name` and `description`: add them",
    )
}

/// The file in its two parts.
struct Cut<'t> {
    yaml: &'t str,
    /// Its first line, from 1.
    yaml_line: usize,
    body: &'t str,
    body_line: usize,
    odd: Option<Fault>,
}

impl<'t> Cut<'t> {
    fn of(text: &'t str) -> Result<Self, Fault> {
        const HINT: &str =
            "start the file with a line of `---`, the front matter, and a line of `---`";
        let rest = text.trim_start_matches(['\u{feff}', '\n', '\r', ' ', '\t']);
        let skipped = &text[..text.len() - rest.len()];
        let first = 1 + skipped.matches('\n').count();
        let odd = (!skipped.is_empty()).then(|| {
            let hint =
                "remove what is before it: other readers want `---` at the start of the file";
            at((1, 1), "`---` is not the start of the file", hint)
        });
        let is_line = |line: &str| line.trim_end() == "---";
        let mut lines = rest.split_inclusive('\n');
        let opening = lines.next().filter(|line| is_line(line));
        let Some(opening) = opening else {
            return Err(at((first, 1), "the file has no front matter", HINT));
        };
        let mut end = opening.len();
        for (number, line) in (first + 1..).zip(lines) {
            if is_line(line) || line.trim_end() == "..." {
                return Ok(Self {
                    yaml: &rest[opening.len()..end],
                    yaml_line: first + 1,
                    body: &rest[end + line.len()..],
                    body_line: number + 1,
                    odd,
                });
            }
            end += line.len();
            if end > LONGEST {
                let what = format!("the front matter has more than {} KiB", LONGEST >> 10);
                return Err(at(
                    (number, 1),
                    what,
                    "end it with a line of `---`, or move text below it",
                ));
            }
        }
        Err(at((first, 1), "the front matter does not end", HINT))
    }
}

#[derive(Default)]
struct Found {
    texts: BTreeMap<String, String>,
    metadata: BTreeMap<String, String>,
    places: BTreeMap<Key, (usize, usize)>,
    odd: Vec<Fault>,
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    above: usize,
    page: Found,
}

/// A value, as far as it is kept.
enum Value {
    Text(String),
    /// A list of texts.
    Texts,
    Mapping,
    Other,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<(), Fault> {
        const HINT: &str = "write `name: ...` and `description: ...`, each on a line of its own";
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (Event::MappingStart(..), _) => break,
                (_, place) => return Err(at(place, "the front matter is no mapping", HINT)),
            }
        }
        while let Some((key, place)) = self.key()? {
            self.put(Key::Top(key.clone()), place)?;
            match (key.as_str(), self.value(key == "metadata")?) {
                ("metadata", Value::Mapping) => self.metadata()?,
                ("metadata", Value::Text(text)) if text.is_empty() => {}
                ("name" | "description" | "license" | "compatibility", Value::Text(text)) => {
                    self.page.texts.insert(key, text);
                }
                // agentskills.io has it, as an experiment. It grants nothing here.
                ("allowed-tools", Value::Text(_)) => {}
                ("allowed-tools", Value::Texts) => {
                    self.odd(
                        place,
                        "`allowed-tools` is a list",
                        "write its items in one line, with blanks between them",
                    );
                }
                ("name" | "description" | "license" | "compatibility", _) => {
                    let what = format!("`{key}` is no text");
                    return Err(at(place, what, "put the text in quotes"));
                }
                ("metadata", _) => {
                    self.odd(
                        place,
                        "`metadata` is no mapping",
                        "write `metadata:`, and `key: \"text\"` below it, two blanks further in",
                    );
                }
                (key, _) => {
                    let what = format!(
                        "`{}` is no key of agentskills.io, and is ignored",
                        short(key, 60)
                    );
                    self.odd(place, what, "move it under `metadata`, as a text");
                }
            }
        }
        match self.next()? {
            (Event::StreamEnd | Event::DocumentEnd, _) => Ok(()),
            (_, place) => Err(at(
                place,
                "a second document follows in the front matter",
                HINT,
            )),
        }
    }

    fn metadata(&mut self) -> Result<(), Fault> {
        while let Some((key, place)) = self.key()? {
            if self.page.metadata.len() == MOST_KEYS {
                let what = format!("`metadata` has more than {MOST_KEYS} keys");
                return Err(at(place, what, "remove some of them"));
            }
            self.put(Key::Metadata(key.clone()), place)?;
            match self.value(false)? {
                Value::Text(text) => {
                    self.page.metadata.insert(key, text);
                }
                Value::Texts | Value::Mapping | Value::Other => {
                    let what = format!(
                        "`{}` of `metadata` is no text, and is ignored",
                        short(&key, 60)
                    );
                    self.odd(place, what, "write it as one text in quotes");
                }
            }
        }
        Ok(())
    }

    /// The next key of a mapping; `None` at its end.
    fn key(&mut self) -> Result<Option<Placed>, Fault> {
        match self.next()? {
            (Event::MappingEnd, _) => Ok(None),
            (Event::Scalar(key, ..), place) => Ok(Some((key.into_owned(), place))),
            (_, place) => Err(at(place, "a key is no text", "write keys as plain words")),
        }
    }

    /// A value. A mapping is only begun where the caller enters it, and else skipped.
    fn value(&mut self, enters: bool) -> Result<Value, Fault> {
        match self.next()? {
            (Event::Scalar(text, style, ..), _) => {
                // YAML's way to say that there is no value.
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "~" | "null");
                Ok(Value::Text(if is_null {
                    String::new()
                } else {
                    text.into_owned()
                }))
            }
            (Event::MappingStart(..), _) if enters => Ok(Value::Mapping),
            (Event::MappingStart(..), place) => self.skip(place).map(|_| Value::Mapping),
            (Event::SequenceStart(..), place) => Ok(match self.skip(place)? {
                true => Value::Texts,
                false => Value::Other,
            }),
            (Event::Alias(_), place) => Err(at(
                place,
                "an alias stands for a value",
                "write the value itself",
            )),
            (_, place) => Err(at(place, "a value is missing", "write a text in quotes")),
        }
    }

    /// To the end of a list or mapping that has begun. Whether it has texts alone.
    fn skip(&mut self, start: (usize, usize)) -> Result<bool, Fault> {
        const HINT: &str = "write it as one text in quotes";
        let (mut depth, mut is_flat) = (1_usize, true);
        while depth > 0 {
            match self.next()?.0 {
                Event::MappingStart(..) | Event::SequenceStart(..) => {
                    depth += 1;
                    is_flat = false;
                    if depth > DEEPEST {
                        return Err(at(start, "a value nests too deep", HINT));
                    }
                }
                Event::MappingEnd | Event::SequenceEnd => depth -= 1,
                Event::Scalar(..) => {}
                _ => is_flat = false,
            }
        }
        Ok(is_flat)
    }

    fn put(&mut self, key: Key, place: (usize, usize)) -> Result<(), Fault> {
        let name = match &key {
            Key::Top(name) | Key::Metadata(name) => short(name, 60).into_owned(),
        };
        match self.page.places.insert(key, place) {
            None => Ok(()),
            // Readers differ in which of the two counts.
            Some(_) => Err(at(
                place,
                format!("`{name}` is there twice"),
                "remove one of them",
            )),
        }
    }

    fn odd(&mut self, place: (usize, usize), what: impl Into<String>, hint: &'static str) {
        self.page.odd.push(at(place, what, hint));
    }

    fn next(&mut self) -> Result<(Event<'t>, (usize, usize)), Fault> {
        const HINT: &str = "put the text in double quotes, with `\\` before a quote in it";
        let above = self.above;
        let place = |marker: &Marker| (above + marker.line().max(1), marker.col() + 1);
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, place(&span.start))),
            Some(Err(error)) => {
                let what = format!("the front matter is no YAML: {}", short(error.info(), 200));
                Err(at(place(error.marker()), what, HINT))
            }
            None => Err(at(
                (above + 1, 1),
                "the front matter is no YAML: it ends too early",
                HINT,
            )),
        }
    }
}
