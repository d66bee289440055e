//! Sorts the tools of a server by what they are about: by the words of their names and a table that people review, or
//! as a file says. Trusts no text of a server further than to choose among headings.

mod category;
mod file;
mod table;

use std::collections::{BTreeMap, HashMap, HashSet};

use mcp_codegen::Tool;
use mcp_search::{Word, words_of};

pub use category::{Category, OTHER};
pub use file::{BadCategories, Given, LONGEST};
use table::{Row, rows};

/// Tools that are sorted. The rest is under [`OTHER`].
const MOST_TOOLS: usize = 2_000;
/// Tools under one heading before it is parted.
const MANY: usize = 24;
/// Tools that make a heading of their own.
const FEW: usize = 3;
/// Keywords of a category.
const KEYWORDS: usize = 8;
/// Bytes of a description that count.
const READ: usize = 200;

/// Sorts the tools. Each has one category.
#[must_use]
pub fn categories(tools: &[Tool]) -> Vec<Category> {
    let sorted = tools.len().min(MOST_TOOLS);
    let named = Named::of(&tools[..sorted]);
    let rows = rows();
    let mut chosen: Vec<Option<usize>> = named
        .all
        .iter()
        .map(|tool| best(tool, rows, None))
        .collect();
    // A server that is about one thing has tools whose names do not say so.
    if let Some(main) = most_chosen(&chosen) {
        let again = named.all.iter().map(|tool| best(tool, rows, Some(main)));
        chosen = again.collect();
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut rest: Vec<usize> = Vec::new();
    for (at, row) in chosen.into_iter().enumerate() {
        match row {
            Some(row) => groups.entry(row).or_default().push(at),
            None => rest.push(at),
        }
    }
    let mut found = Vec::new();
    for (row, group) in groups {
        let row = &rows[row];
        // A heading for one tool among many says no more than its name.
        if group.len() < 2 && tools.len() > 8 {
            rest.extend(group);
        } else if group.len() > MANY {
            found.extend(parted(row.title, group, &named, &row.stems));
        } else {
            found.push((row.title.to_owned(), group));
        }
    }
    rest.sort_unstable();
    rest.extend(sorted..tools.len());
    if !rest.is_empty() {
        found.extend(parted(OTHER, rest, &named, &HashSet::new()));
    }
    let finished = found.into_iter().map(|(title, group)| Category {
        keywords: named.keywords(&group, &title),
        title,
        tools: group,
    });
    let mut finished: Vec<Category> = finished.collect();
    // The largest first: a list that is cut loses the least.
    finished.sort_by_key(|category| {
        (
            category.title == OTHER,
            std::cmp::Reverse(category.tools.len()),
        )
    });
    finished
}

/// What the names and descriptions of the tools say.
struct Named {
    all: Vec<About>,
}

/// The words of one tool.
struct About {
    name: Vec<Word>,
    /// Stems of the start of its description, each once.
    description: HashSet<String>,
}

impl Named {
    fn of(tools: &[Tool]) -> Self {
        let mut all: Vec<About> = tools
            .iter()
            .map(|tool| About {
                name: words_of(&tool.name, READ),
                description: words_of(tool.description.as_deref().unwrap_or_default(), READ)
                    .into_iter()
                    .map(|word| word.stem)
                    .collect(),
            })
            .collect();
        // What most names have, such as the name of the server, parts no tools.
        let mut counts: HashMap<String, usize> = HashMap::new();
        for about in &all {
            let stems: HashSet<&String> = about.name.iter().map(|word| &word.stem).collect();
            for stem in stems {
                *counts.entry(stem.clone()).or_default() += 1;
            }
        }
        let many = all.len() * 3 / 4;
        for word in all.iter_mut().flat_map(|about| &mut about.name) {
            word.is_common |=
                many >= FEW && counts.get(&word.stem).is_some_and(|count| *count > many);
        }
        Self { all }
    }

    /// The words of a tool's name that say what it is about.
    fn objects(&self, at: usize) -> impl Iterator<Item = &Word> {
        let words = self.all.get(at).into_iter().flat_map(|about| &about.name);
        words.filter(|word| !word.is_verb && !word.is_common && word.text.len() > 2)
    }

    /// The words that most of these tools have in their names, without those of the heading.
    fn keywords(&self, group: &[usize], title: &str) -> Vec<String> {
        let title: HashSet<String> = words_of(title, READ)
            .into_iter()
            .map(|word| word.stem)
            .collect();
        let mut counts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for at in group {
            for word in self.objects(*at).filter(|word| !title.contains(&word.stem)) {
                let entry = counts.entry(&word.stem).or_insert((0, &word.text));
                entry.0 += 1;
                entry.1 = entry.1.min(&word.text);
            }
        }
        let mut words: Vec<(usize, &str)> = counts.into_values().collect();
        words.sort_by_key(|(count, word)| (std::cmp::Reverse(*count), *word));
        let words = words.into_iter().take(KEYWORDS);
        words.map(|(_, word)| word.to_owned()).collect()
    }
}

/// The row of the table that fits a tool best.
fn best(about: &About, rows: &[Row], main: Option<usize>) -> Option<usize> {
    let stems: Vec<&str> = about.name.iter().map(|word| word.stem.as_str()).collect();
    let score = |(at, row): (usize, &Row)| {
        let one = stems
            .iter()
            .filter(|stem| row.stems.contains(**stem))
            .count();
        let two = stems.windows(2).filter(|pair| {
            let pair = format!("{} {}", pair[0], pair[1]);
            row.stems.contains(&pair)
        });
        let two = two.count();
        let described = about
            .description
            .iter()
            .filter(|stem| row.stems.contains(*stem));
        let described = described.count().min(3);
        let of_name = (one + two * 2) * row.weight;
        let is_main = main == Some(at);
        // One word of a description may stand there by chance.
        let described = match of_name == 0 && !is_main && described < 2 {
            true => 0,
            false => described,
        };
        let bonus = if is_main && described > 0 { 4 } else { 0 };
        (of_name + described + bonus, std::cmp::Reverse(at))
    };
    let best = rows.iter().enumerate().map(score).max()?;
    (best.0 > 0).then_some(best.1.0)
}

/// The row that at least half of the tools have.
fn most_chosen(chosen: &[Option<usize>]) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for row in chosen.iter().flatten() {
        *counts.entry(*row).or_default() += 1;
    }
    let (row, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count * 2 >= chosen.len()).then_some(row)
}

/// The groups of a large one, by the words that their names share.
fn parted(
    title: &str,
    group: Vec<usize>,
    named: &Named,
    known: &HashSet<String>,
) -> Vec<(String, Vec<usize>)> {
    let mut left = group;
    let mut parts = Vec::new();
    while left.len() >= FEW {
        let mut counts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for at in &left {
            let stems: BTreeMap<&str, &str> = named
                .objects(*at)
                .filter(|word| !known.contains(&word.stem))
                .map(|word| (&*word.stem, &*word.text))
                .collect();
            for (stem, text) in stems {
                let entry = counts.entry(stem).or_insert((0, text));
                entry.0 += 1;
                entry.1 = entry.1.min(text);
            }
        }
        let largest = counts
            .into_iter()
            .max_by_key(|(stem, (count, _))| (*count, std::cmp::Reverse(*stem)));
        let Some((stem, (count, text))) = largest else {
            break;
        };
        // A word that all have parts nothing, and one of few is no heading.
        if count < FEW || (count == left.len() && parts.is_empty() && title != OTHER) {
            break;
        }
        let (stem, heading) = (stem.to_owned(), heading(title, text));
        let has = |at: &usize| named.objects(*at).any(|word| word.stem == stem);
        let (part, rest) = left.into_iter().partition(has);
        parts.push((heading, part));
        left = rest;
        if parts.len() == MANY {
            break;
        }
    }
    if !left.is_empty() {
        parts.insert(0, (title.to_owned(), left));
    }
    parts
}

fn heading(title: &str, word: &str) -> String {
    if title != OTHER {
        return format!("{title}: {word}");
    }
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

#[cfg(test)]
mod tests;
