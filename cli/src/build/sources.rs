//! The places of a skill's sources, from the source maps that a compiler wrote beside its JavaScript. Reads maps only,
//! and needs none: without a map, an error names the place in the JavaScript.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use mcp_bridge::named_file;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::inputs::MAX_TEXT;

/// The largest number of lines of a compiled file whose places are kept. A longer file is a bundle of others.
const MOST_LINES: usize = 20_000;

/// The deepest nesting of directories.
const DEEPEST: usize = 16;

/// A module with `sources`: for the path of each compiled file below `dir`, the place in the source of each line.
/// Paths start at the directory of the project, with a `/` before the compiled ones.
pub(super) fn of(project: &Path, dir: &Path) -> anyhow::Result<String> {
    let mut found = Map::new();
    add(project, dir, 0, &mut found)?;
    let found = serde_json::to_string(&found)?;
    Ok(format!(
        "// Written by `mcp-host build` from the source maps. Do not edit.\nexport const sources = {found};\n"
    ))
}

fn add(
    project: &Path,
    dir: &Path,
    depth: usize,
    found: &mut Map<String, Value>,
) -> anyhow::Result<()> {
    let context = || format!("failed to read `{}`", dir.display());
    let mut paths = fs::read_dir(dir)
        .with_context(context)?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<PathBuf>>>()
        .with_context(context)?;
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str());
        let is_link = path.is_symlink();
        match name {
            Some("node_modules") | None => {}
            Some(_) if path.is_dir() && !is_link && depth < DEEPEST => {
                add(project, &path, depth + 1, found)?;
            }
            Some(name) if name.ends_with(".js.map") => {
                if let Some((file, places)) = places(project, &path) {
                    found.insert(file, places);
                }
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The relevant part of a source map.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceMap {
    #[serde(default)]
    source_root: String,
    sources: Vec<String>,
    mappings: String,
}

/// The path of the compiled file, and its places: `"src/work.ts:3"`, or null for a line that no source has. `None`: the
/// map is of another kind.
fn places(project: &Path, map: &Path) -> Option<(String, Value)> {
    let text = named_file::read_text(map, MAX_TEXT).ok()?;
    let read: SourceMap = serde_json::from_str(&text).ok()?;
    let dir = map.parent()?.join(&read.source_root);
    let sources: Vec<String> = read
        .sources
        .iter()
        .map(|source| shown(project, &dir.join(source)))
        .collect();
    let lines = lines(&read.mappings)?;
    let places = lines
        .into_iter()
        .map(|line| {
            let (source, line) = line?;
            Some(Value::from(format!(
                "{}:{}",
                sources.get(source)?,
                line + 1
            )))
        })
        .map(Option::unwrap_or_default)
        .collect();
    let compiled = map.with_extension("");
    Some((format!("/{}", shown(project, &compiled)), places))
}

/// The path from the project's directory on, with `..` resolved in the text only.
fn shown(project: &Path, path: &Path) -> String {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    let relative = clean.strip_prefix(project).unwrap_or(&clean);
    relative.display().to_string()
}

/// The source and the line, both from 0, of the first mapping of each compiled line. A line without one has that of the
/// line before: a statement that spans lines is where it starts.
fn lines(mappings: &str) -> Option<Vec<Option<(usize, usize)>>> {
    let (mut source, mut line) = (0_i64, 0_i64);
    let mut lines = Vec::new();
    for compiled in mappings.split(';').take(MOST_LINES) {
        let mut first = None;
        for segment in compiled.split(',').filter(|segment| !segment.is_empty()) {
            let numbers = numbers(segment)?;
            let [_, in_sources, in_lines, ..] = numbers[..] else {
                continue;
            };
            source = source.checked_add(in_sources)?;
            line = line.checked_add(in_lines)?;
            if first.is_none() {
                first = Some((usize::try_from(source).ok()?, usize::try_from(line).ok()?));
            }
        }
        lines.push(first.or_else(|| lines.last().copied().flatten()));
    }
    Some(lines)
}

/// The numbers of a segment: base 64 in groups of five bits, the lowest first, with the sign in the lowest bit.
fn numbers(segment: &str) -> Option<Vec<i64>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut numbers = Vec::new();
    let (mut number, mut shift) = (0_i64, 0_u32);
    for byte in segment.bytes() {
        let digit = i64::try_from(DIGITS.iter().position(|digit| *digit == byte)?).ok()?;
        // A number of 64 bits or more is no place in a file.
        if shift > 50 {
            return None;
        }
        number |= (digit & 31) << shift;
        shift += 5;
        if digit & 32 == 0 {
            let value = number >> 1;
            numbers.push(if number & 1 == 1 { -value } else { value });
            (number, shift) = (0, 0);
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn numbers_of_a_map_have_a_sign_and_any_length() {
        assert_eq!(numbers("AAgBC"), Some(vec![0, 0, 16, 1]));
        assert_eq!(numbers("D"), Some(vec![-1]));
        assert_eq!(numbers("!"), None);
        assert_eq!(numbers(&"g".repeat(40)), None);
    }

    #[test]
    fn each_compiled_line_has_the_place_of_its_source() {
        let dir = tempfile::tempdir().unwrap();
        let js = dir.path().join("build/js");
        fs::create_dir_all(&js).unwrap();
        // Line 1 has no source, lines 2 and 3 are of line 5, line 4 of line 6 of another file.
        let map = r#"{"version":3,"sourceRoot":"","sources":["../../src/a.ts","../../src/b.ts"],"mappings":";AAIA,CAAC;;ACCD"}"#;
        fs::write(js.join("a.js.map"), map).unwrap();
        fs::write(js.join("bad.js.map"), "{").unwrap();
        let made = of(dir.path(), &js).unwrap();
        let places = r#"{"/build/js/a.js":[null,"src/a.ts:5","src/a.ts:5","src/b.ts:6"]}"#;
        assert_eq!(
            made.lines().nth(1).unwrap(),
            format!("export const sources = {places};")
        );
    }
}
