//! The JSON files of the catalog: their sizes, which are computed without making the text, and their text.

use std::cell::Cell;
use std::io::{self, Write};
use std::time::Instant;

use mcp_bridge::Tool;
use serde::{Serialize, Serializer};
use serde_json::ser::{Formatter, PrettyFormatter};

use super::file::File;
use crate::catalog;
use crate::rules::limits::{Account, Stop};

/// The file's size in bytes.
pub(super) fn size(
    entry: &catalog::CatalogServer,
    file: File,
    account: &Account,
) -> Result<u64, Stop> {
    let count = Count {
        bytes: Cell::new(0),
        look: Cell::new(LOOK),
        account,
    };
    let layout = Layout {
        count: &count,
        indent: 0,
        has_value: false,
    };
    let mut serializer = serde_json::Serializer::with_formatter(&count, layout);
    // Neither a tool nor a counter can fail, so only the deadline stops this.
    serialize(entry, file, &mut serializer).map_err(|_| Stop::Deadline)?;
    // The newline of the last line.
    Ok(count.bytes.get() + 1)
}

/// The text of the file, which has this many bytes.
pub(super) fn text(
    entry: &catalog::CatalogServer,
    file: File,
    size: usize,
    account: &Account,
) -> Result<Vec<u8>, Stop> {
    let mut out = Text {
        bytes: Vec::with_capacity(size),
        look: LOOK,
        account,
    };
    let layout = PrettyFormatter::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, layout);
    serialize(entry, file, &mut serializer).map_err(|_| Stop::Deadline)?;
    let mut bytes = out.bytes;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Bytes between two checks of the clock.
const LOOK: u64 = 64 << 10;

fn serialize<S: Serializer>(
    entry: &catalog::CatalogServer,
    file: File,
    serializer: S,
) -> Result<(), S::Error>
where
    S::Ok: Sized,
{
    let done = match file {
        File::Tool(place) => match entry.server().tools().get(place) {
            Some(tool) => tool.serialize(serializer),
            None => serializer.serialize_unit(),
        },
        File::Index | File::Wit => Index::of(entry).serialize(serializer),
    };
    done.map(|_| ())
}

#[derive(Serialize)]
struct Index<'a> {
    server: &'a str,
    tools: Rows<'a>,
}

struct Rows<'a>(&'a catalog::CatalogServer);

#[derive(Serialize)]
struct Row<'a> {
    tool: &'a str,
    function: &'a str,
    description: Option<&'a str>,
}

impl<'a> Index<'a> {
    fn of(entry: &'a catalog::CatalogServer) -> Self {
        Self {
            server: entry.server().name(),
            tools: Rows(entry),
        }
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tools = self.0.server().tools();
        let rows = self.0.labels().iter().filter_map(|(function, place)| {
            let tool = tools.get(place)?;
            Some(Row {
                tool: &tool.name,
                function,
                description: first_line(tool),
            })
        });
        serializer.collect_seq(rows)
    }
}

fn first_line(tool: &Tool) -> Option<&str> {
    let mut lines = tool.description.as_deref()?.lines().map(str::trim);
    lines.find(|line| !line.is_empty())
}

/// A text under construction, up to the end of the run.
struct Text<'a> {
    bytes: Vec<u8>,
    look: u64,
    account: &'a Account,
}

impl Write for Text<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        let length = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        if length >= self.look {
            self.look = length.saturating_add(LOOK);
            in_time(self.account)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn in_time(account: &Account) -> io::Result<()> {
    if account.is_late(Instant::now()) {
        return Err(io::Error::other("the run is over"));
    }
    Ok(())
}

/// Counts what is written, and what a [`Layout`] omits.
struct Count<'a> {
    bytes: Cell<u64>,
    look: Cell<u64>,
    account: &'a Account,
}

impl Count<'_> {
    fn add(&self, bytes: usize) -> io::Result<()> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let total = self.bytes.get().saturating_add(bytes);
        self.bytes.set(total);
        if total >= self.look.get() {
            self.look.set(total.saturating_add(LOOK));
            in_time(self.account)?;
        }
        Ok(())
    }
}

impl Write for &Count<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes.len())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The layout of [`PrettyFormatter`] as numbers. Writing the blanks before each line takes a hundred times as long
/// where a value nests a hundred deep.
struct Layout<'a> {
    count: &'a Count<'a>,
    indent: usize,
    has_value: bool,
}

impl Layout<'_> {
    fn begin(&mut self) -> io::Result<()> {
        self.indent += 1;
        self.has_value = false;
        self.count.add(1)
    }

    fn end(&mut self) -> io::Result<()> {
        self.indent -= 1;
        let line = if self.has_value { self.line(0) } else { 0 };
        self.count.add(line + 1)
    }

    fn item(&mut self, first: bool) -> io::Result<()> {
        self.count.add(self.line(usize::from(!first)))
    }

    /// A new line after so many bytes.
    fn line(&self, before: usize) -> usize {
        before + 1 + 2 * self.indent
    }
}

impl Formatter for Layout<'_> {
    fn begin_array<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.begin()
    }

    fn end_array<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.end()
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        self.item(first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.begin()
    }

    fn end_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.end()
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        self.item(first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.count.add(": ".len())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}
