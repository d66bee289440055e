//! The rooms of each crate are floors in the order of `docs/architecture.md`: a room imports only rooms below it. Files
//! do not import each other in a cycle, except for the recursions that the page names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mcp_tests::root;

/// Folders with a circle, because their data is recursive. The page names them.
const RECURSIVE: [&str; 3] = [
    "codec/src/compare",
    "codec/src/values",
    "guest-sdk/src/contract",
];

#[test]
fn no_room_imports_one_above_it() {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let floors = floors(&page);
    assert_eq!(floors.len(), 10, "{:?}", floors.keys());
    let mut wrong = Vec::new();
    for (dir, rooms) in &floors {
        let source = Source::of(&root().join(dir));
        wrong.extend(violations(dir, rooms, &source));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_circle_of_imports_is_between_files() {
    let mut wrong = Vec::new();
    let mut recursive = BTreeSet::new();
    for dir in [
        "bridge/src",
        "codegen/src",
        "codec/src",
        "search/src",
        "script/src",
        "host/src",
        "audit/src",
        "skills/src",
        "serve/src",
        "cli/src",
        "guest-sdk/src",
    ] {
        let source = Source::of(&root().join(dir));
        for circle in source.circles() {
            let files: Vec<_> = circle
                .iter()
                .map(|path| format!("{dir}/{}", path.join("/")))
                .collect();
            let named = RECURSIVE
                .iter()
                .find(|folder| files.iter().all(|file| file.starts_with(**folder)));
            match named {
                Some(folder) => drop(recursive.insert(*folder)),
                None => wrong.push(files.join(" ")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A folder without a circle must not be allowed one.
    assert_eq!(Vec::from_iter(recursive), RECURSIVE);
}

#[test]
fn imports_that_reach_up_and_circles_are_seen() {
    let source = Source::from([
        ("low", "use crate::high::{self, Thing};"),
        ("high", "use super::low;\nuse crate::low::{a, b::c};"),
        ("high/inner", "fn f() { crate::top::g() }"),
        (
            "top",
            "// use crate::nothing;\n#[cfg(test)]\nmod tests {\n    use crate::high;\n}\n",
        ),
    ]);
    let rooms = ["low", "high", "gone"].map(str::to_owned);
    assert_eq!(
        violations("x/src", &rooms, &source),
        [
            "x/src: no file is `gone`",
            "x/src: `top` is not on the page",
            "x/src: low imports `high`, which is above it",
        ]
    );
    assert_eq!(
        source.circles(),
        [BTreeSet::from([path("low"), path("high")])]
    );
}

/// The rooms of each directory, the lowest first.
fn floors(page: &str) -> BTreeMap<String, Vec<String>> {
    let section = page.split("\n## Floors\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section
        .split("\n### `")
        .skip(1)
        .map(|part| {
            let (dir, rest) = part.split_once('`').unwrap();
            let block = rest.split("```text\n").nth(1).unwrap();
            let block = block.split("```").next().unwrap();
            let rooms = block
                .lines()
                .filter_map(|line| line.split_whitespace().next());
            (dir.to_owned(), rooms.map(str::to_owned).collect())
        })
        .collect()
}

fn violations(dir: &str, rooms: &[String], source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    let there: BTreeSet<_> = source
        .imports
        .keys()
        .filter_map(|path| path.first())
        .collect();
    for room in rooms.iter().filter(|room| !there.contains(room)) {
        wrong.push(format!("{dir}: no file is `{room}`"));
    }
    let place = |room: &str| rooms.iter().position(|known| known == room);
    for room in there {
        if place(room).is_none() && room != "bin" {
            wrong.push(format!("{dir}: `{room}` is not on the page"));
        }
    }
    for (file, imports) in &source.imports {
        for import in imports {
            let (Some(from), Some(to)) = (file.first(), import.first()) else {
                continue;
            };
            if let (Some(from), Some(at)) = (place(from), place(to))
                && at > from
            {
                wrong.push(format!(
                    "{dir}: {} imports `{to}`, which is above it",
                    file.join("/")
                ));
            }
        }
    }
    wrong
}

/// The modules of a crate by path, and what of the crate each imports.
struct Source {
    imports: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
}

fn path(text: &str) -> Vec<String> {
    text.split('/').map(str::to_owned).collect()
}

impl Source {
    fn of(dir: &Path) -> Self {
        let mut files = Vec::new();
        collect(dir, &mut Vec::new(), &mut files);
        let texts = files.into_iter().map(|(path, file)| {
            let text = std::fs::read_to_string(file).unwrap();
            (path, text)
        });
        Self::new(texts.collect())
    }

    fn from<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self::new(
            files
                .map(|(name, text)| (path(name), text.to_owned()))
                .into(),
        )
    }

    fn new(files: Vec<(Vec<String>, String)>) -> Self {
        let modules: BTreeSet<_> = files.iter().map(|(path, _)| path.clone()).collect();
        let mut used: BTreeMap<Vec<String>, Vec<(bool, Vec<String>)>> = BTreeMap::new();
        for (path, text) in &files {
            used.insert(path.clone(), names(path, &code(text), &modules));
        }
        let imports = used.iter().map(|(path, names)| {
            let found = names.iter().filter_map(|(is_public, name)| {
                let at = locate(name, &used, 0)?;
                // A parent shows what its children have.
                let own = at == *path || at.is_empty() || (*is_public && at.starts_with(path));
                (!own).then_some(at)
            });
            (path.clone(), found.collect())
        });
        Self {
            imports: imports.collect(),
        }
    }

    /// Files that import each other, directly or indirectly.
    fn circles(&self) -> Vec<BTreeSet<Vec<String>>> {
        let reach = |from: &Vec<String>| {
            let mut reached = BTreeSet::new();
            let mut open = vec![from.clone()];
            while let Some(at) = open.pop() {
                for next in self.imports.get(&at).into_iter().flatten() {
                    if reached.insert(next.clone()) {
                        open.push(next.clone());
                    }
                }
            }
            reached
        };
        let reached: BTreeMap<_, _> = self
            .imports
            .keys()
            .map(|path| (path, reach(path)))
            .collect();
        let mut circles: Vec<BTreeSet<Vec<String>>> = Vec::new();
        for (path, to) in &reached {
            if !to.contains(*path) || circles.iter().any(|circle| circle.contains(*path)) {
                continue;
            }
            let back = to
                .iter()
                .filter(|other| reached.get(other).is_some_and(|to| to.contains(*path)));
            circles.push(back.cloned().collect());
        }
        circles
    }
}

fn collect(dir: &Path, at: &mut Vec<String>, files: &mut Vec<(Vec<String>, PathBuf)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let file = entry.unwrap().path();
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if stem == "tests" {
            continue;
        }
        if file.is_dir() {
            at.push(stem);
            collect(&file, at, files);
            at.pop();
        } else if file.extension().is_some_and(|extension| extension == "rs") {
            let mut path = at.clone();
            if !matches!(stem.as_str(), "lib" | "main" | "mod") {
                path.push(stem);
            }
            files.push((path, file));
        }
    }
}

/// The text without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let lines = text.lines().map(|line| line.split("//").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// What a module names of its crate: with `pub use`, and as a path from the root.
fn names(
    module: &[String],
    code: &str,
    modules: &BTreeSet<Vec<String>>,
) -> Vec<(bool, Vec<String>)> {
    let mut names = Vec::new();
    let (mut rest, mut body) = (code, String::new());
    while let Some(at) = rest.find("use ") {
        let before = rest[..at].rsplit('\n').next().unwrap().trim();
        let Some(end) = rest[at..].find(';') else {
            break;
        };
        body.push_str(&rest[..at]);
        if before.is_empty() || before.starts_with("pub") {
            let tree = rest[at + 4..at + end].split_whitespace();
            for name in expand(&tree.collect::<Vec<_>>().join(" ")) {
                let name = absolute(module, &name, modules);
                names.extend(name.map(|path| (before.starts_with("pub"), path)));
            }
        } else {
            body.push_str(&rest[at..at + end]);
        }
        rest = &rest[at + end..];
    }
    body.push_str(rest);
    // Paths in the code, and modules beside the file's own.
    let is_name = |char: char| char.is_alphanumeric() || char == '_' || char == ':';
    for word in body.split(|char: char| !is_name(char)) {
        if word.contains("::") {
            names.extend(absolute(module, word, modules).map(|path| (false, path)));
        }
    }
    names
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let Some((head, inner)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap();
        return vec![name.trim().to_owned()];
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, char) in inner.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| expand(part.trim()))
        .map(|name| format!("{}{name}", head.trim()))
        .collect()
}

fn absolute(module: &[String], name: &str, modules: &BTreeSet<Vec<String>>) -> Option<Vec<String>> {
    let mut segments = name.split("::").map(str::to_owned).peekable();
    let mut path = match segments.peek()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.to_vec(),
        first => {
            let mut child = module.to_vec();
            child.push(first.to_owned());
            if !modules.contains(&child) {
                return None;
            }
            module.to_vec()
        }
    };
    for segment in segments {
        match segment.as_str() {
            "crate" | "self" | "" => {}
            "super" => drop(path.pop()),
            _ => path.push(segment),
        }
    }
    Some(path)
}

/// The module that defines a name, through re-exports of others.
fn locate(
    name: &[String],
    used: &BTreeMap<Vec<String>, Vec<(bool, Vec<String>)>>,
    depth: usize,
) -> Option<Vec<String>> {
    let longest = (0..=name.len())
        .rev()
        .find(|&length| used.contains_key(&name[..length]))?;
    let module = name[..longest].to_vec();
    let Some(item) = name.get(longest) else {
        return Some(module);
    };
    let shown = used[&module]
        .iter()
        .find(|(is_public, path)| *is_public && path.last() == Some(item));
    match shown {
        Some((_, path)) if depth < 8 && path != name => locate(path, used, depth + 1),
        _ => Some(module),
    }
}
