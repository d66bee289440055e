//! The text of SKILL.md against what else is in the directory. Reads only the parts that this program writes, and says
//! nothing about others.

use std::collections::BTreeSet;

use mcp_bridge::text::short;
use mcp_codec::conforms;
use mcp_search::estimated_tokens;
use serde_json::Value;

use super::checked::Checked;
use super::finding::{Finding, SKILL_MD};
use crate::document::{INPUT, TOOLS};
use crate::front_matter::{IMPORTS, Page};
use crate::imports::imports_of;
use crate::markdown::shown_name;
use crate::path::SkillPath;
use crate::redact::HIDDEN;
use crate::room::MOST_TOKENS;

/// Lines that agentskills.io recommends at most.
const MOST_LINES: usize = 500;
/// Links that are followed.
const MOST_LINKS: usize = 1_000;

const AGAIN: &str = "the documents are older than the skill: save it again, or correct the text";

pub(super) fn check(found: &mut Vec<Finding>, checked: &Checked, page: &Page<'_>, is_server: bool) {
    size(found, page);
    links(found, checked, page);
    if is_server {
        return;
    }
    let path = SkillPath::input_schema();
    let schema = checked
        .files
        .get(&path)
        .and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    if let Some(schema) = &schema {
        input(found, page, schema);
        example(found, page, schema);
    }
    if let Some(imports) = page.front.metadata.get(IMPORTS) {
        tools(found, page, &imports_of(imports));
    }
}

fn size(found: &mut Vec<Finding>, page: &Page<'_>) {
    let hint = "move details to references/: agents read all of SKILL.md";
    // A body of a megabyte is too long without counting.
    let is_long = page.body.len() > MOST_TOKENS * 64 || estimated_tokens(page.body) > MOST_TOKENS;
    if is_long {
        let what = format!("the text has more than about {MOST_TOKENS} tokens");
        found.push(Finding::warning(SKILL_MD, what, hint).at((page.body_line, 1)));
    }
    let lines = page.body.lines().count();
    if lines > MOST_LINES {
        let what =
            format!("the text has {lines} lines, and agentskills.io recommends {MOST_LINES}");
        found.push(Finding::warning(SKILL_MD, what, hint).at((page.body_line, 1)));
    }
}

/// Links to files of the skill.
fn links(found: &mut Vec<Finding>, checked: &Checked, page: &Page<'_>) {
    let mut count = 0;
    for line in lines(page.body).filter(|line| !line.is_code) {
        for (at, _) in line.text.match_indices("](") {
            let rest = &line.text[at + 2..];
            let Some(end) = rest.find([')', ' ', '#']) else {
                continue;
            };
            let target = &rest[..end];
            let is_file = !target.is_empty()
                && !target.contains("://")
                && !target.starts_with(['/', '<', '?']);
            count += 1;
            if !is_file || target.starts_with("mailto:") || count > MOST_LINKS {
                continue;
            }
            let plain = target.strip_prefix("./").unwrap_or(target);
            let exists = plain.parse::<SkillPath>().is_ok_and(|path| {
                let below = format!("{}/", path.as_str());
                checked
                    .files
                    .keys()
                    .any(|known| *known == path || known.as_str().starts_with(&below))
            });
            if !exists {
                let what = format!(
                    "the link `{}` leads to no file of the skill",
                    short(target, 120)
                );
                let column = line.text[..at].chars().count() + 3;
                let finding = Finding::warning(SKILL_MD, what, "add the file, or correct the link");
                found.push(finding.at((page.body_line + line.number, column)));
            }
        }
    }
}

/// The names in the table of the input are those of the schema.
fn input(found: &mut Vec<Finding>, page: &Page<'_>, schema: &Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let rows: Vec<(usize, String)> = rows(page, INPUT).collect();
    if rows.is_empty() {
        return;
    }
    let known: BTreeSet<_> = properties.keys().map(|name| shown_name(name)).collect();
    let mut named = BTreeSet::new();
    for (line, name) in &rows {
        if !known.contains(name.as_str()) {
            let what = format!(
                "the table names `{}`, and assets/input.schema.json has no such property",
                short(name, 80)
            );
            found.push(Finding::error(SKILL_MD, what, AGAIN).at((page.body_line + line, 1)));
        }
        named.insert(name.as_str());
    }
    // A table that says that it is cut names less.
    let is_cut = section(page, INPUT).any(|line| line.text.contains("see the schema"));
    let missing = properties
        .keys()
        .filter(|name| !named.contains(&*shown_name(name)));
    for name in missing.filter(|_| !is_cut).take(20) {
        let line = rows.last().map_or(0, |(line, _)| *line);
        let what = format!(
            "the table does not name `{}` of assets/input.schema.json",
            short(name, 80)
        );
        found.push(Finding::error(SKILL_MD, what, AGAIN).at((page.body_line + line, 1)));
    }
}

/// The input of the example fits the schema, where nothing of it is hidden or cut.
fn example(found: &mut Vec<Finding>, page: &Page<'_>, schema: &Value) {
    let block = section(page, "Example").skip_while(|line| !line.is_code);
    let block: Vec<Line<'_>> = block.take_while(|line| line.is_code).collect();
    let text: Vec<&str> = block.iter().skip(1).map(|line| line.text).collect();
    let text = text.join("\n");
    if text.contains(HIDDEN) || text.contains('…') {
        return;
    }
    let Some((first, value)) = block.first().zip(serde_json::from_str::<Value>(&text).ok()) else {
        return;
    };
    if let Err(misfit) = conforms(schema, &value) {
        let what =
            format!("the input of the example does not fit assets/input.schema.json: {misfit}");
        found.push(Finding::error(SKILL_MD, what, AGAIN).at((page.body_line + first.number, 1)));
    }
}

/// The tools in the table are those of the front matter.
fn tools(found: &mut Vec<Finding>, page: &Page<'_>, imports: &[String]) {
    let rows: Vec<(usize, String)> = rows(page, TOOLS).collect();
    let Some(last) = rows.last().map(|(line, _)| *line) else {
        return;
    };
    for (line, name) in &rows {
        if !imports.iter().any(|import| shown_name(import) == *name) {
            let what = format!(
                "the table names `{}`, and `{IMPORTS}` does not",
                short(name, 120)
            );
            found.push(Finding::error(SKILL_MD, what, AGAIN).at((page.body_line + line, 1)));
        }
    }
    let is_cut = section(page, TOOLS).any(|line| line.text.contains("see [the reference]"));
    for name in imports
        .iter()
        .filter(|name| !is_cut && !rows.iter().any(|(_, row)| *row == shown_name(name)))
        .take(20)
    {
        let what = format!(
            "the table does not name `{}`, which the skill may call",
            short(name, 120)
        );
        found.push(Finding::error(SKILL_MD, what, AGAIN).at((page.body_line + last, 1)));
    }
}

/// A line of the text.
#[derive(Debug, Clone, Copy)]
struct Line<'t> {
    /// From 0.
    number: usize,
    text: &'t str,
    /// In a block of code, with its first line and without its last.
    is_code: bool,
}

fn lines(body: &str) -> impl Iterator<Item = Line<'_>> {
    let mut fence = 0;
    body.lines().enumerate().map(move |(number, text)| {
        let ticks = text.len() - text.trim_start_matches('`').len();
        match fence {
            0 if ticks >= 3 => fence = ticks,
            open if open > 0 && ticks >= open && text.trim_end().len() == ticks => fence = 0,
            _ => {}
        }
        Line {
            number,
            text,
            is_code: fence > 0,
        }
    })
}

/// The lines below a heading of the second level.
fn section<'t>(page: &Page<'t>, title: &str) -> impl Iterator<Item = Line<'t>> {
    let mut inside = false;
    let title = title.to_owned();
    lines(page.body).filter(move |line| {
        if !line.is_code
            && let Some(heading) = line.text.strip_prefix("## ")
        {
            inside = heading.trim_end() == title;
            return false;
        }
        inside
    })
}

/// The names in the first column of the tables below a heading, as this program writes them, with their lines.
fn rows<'t>(page: &Page<'t>, title: &str) -> impl Iterator<Item = (usize, String)> {
    let lines = section(page, title).filter(|line| !line.is_code);
    lines.filter_map(|line| {
        let cell = line.text.strip_prefix("| `")?;
        let ticks = 1 + cell.len() - cell.trim_start_matches('`').len();
        let fence = "`".repeat(ticks);
        let cell = &cell[ticks - 1..];
        let end = cell.find(&format!("{fence} |"))?;
        let name = cell[..end].replace("\\|", "|");
        let name = match ticks {
            1 => name,
            _ => name.trim_matches(' ').to_owned(),
        };
        Some((line.number, name))
    })
}
