//! The types of one tool that have names: objects that contain themselves. A name is a mark while types are written,
//! because two of them may turn out to be the same. No foreign text has a mark: neither comments nor literals have NUL.

use std::collections::HashSet;

use crate::typescript::upper_camel;

/// The most types that are compared with each other.
const MOST_COMPARED: usize = 32;

/// The named types of one tool.
#[derive(Default)]
pub(super) struct Named {
    /// The wished name of each mark.
    wishes: Vec<String>,
    types: Vec<Declared>,
}

struct Declared {
    mark: String,
    comment: String,
    body: String,
}

impl Named {
    /// A mark for an object that would have this name, after that of the tool.
    pub(super) fn mark(&mut self, owner: &str, wish: &str) -> String {
        let owner = format!("{owner}-");
        let own = wish.strip_prefix(&owner).unwrap_or(wish);
        self.wishes.push(upper_camel(&format!("{owner}{own}")));
        format!("\0{}\0", self.wishes.len() - 1)
    }

    pub(super) fn declare(&mut self, mark: String, comment: String, body: String) {
        self.types.push(Declared {
            mark,
            comment,
            body,
        });
    }

    /// The declarations, with names that `taken` does not have, and `texts` with these names.
    pub(super) fn finish(mut self, taken: &mut HashSet<String>, texts: [&mut String; 2]) -> String {
        if self.types.is_empty() {
            return String::new();
        }
        // An object is declared after those inside of it; readers look for the outer one first.
        self.types.reverse();
        let renamed = self.merge();
        let mut names = Vec::new();
        for declared in &self.types {
            let wish = declared.mark.trim_matches('\0').parse::<usize>().ok();
            let wish = wish.and_then(|at| self.wishes.get(at));
            names.push((
                declared.mark.clone(),
                free(taken, wish.map_or("Type", String::as_str)),
            ));
        }
        let named = |text: &str| {
            let mut text = text.to_owned();
            for (from, to) in renamed.iter().rev().chain(&names) {
                text = text.replace(from.as_str(), to);
            }
            text
        };
        let mut out = String::new();
        for Declared {
            mark,
            comment,
            body,
        } in &self.types
        {
            let (mark, body) = (named(mark), named(body));
            out.push_str(&format!("\n{comment}  export type {mark} = {body};\n"));
        }
        for text in texts {
            *text = named(text);
        }
        out
    }

    /// Drops each type that is the same as another, and returns its mark with that of the other.
    fn merge(&mut self) -> Vec<(String, String)> {
        let mut renamed: Vec<(String, String)> = Vec::new();
        if self.types.len() > MOST_COMPARED {
            return renamed;
        }
        let mut at = 0;
        while at < self.types.len() {
            let same = (0..at).find(|&other| self.types[at].is(&self.types[other]));
            let Some(other) = same else {
                at += 1;
                continue;
            };
            let from = self.types.remove(at).mark;
            let to = self.types[other].mark.clone();
            for declared in &mut self.types {
                declared.body = declared.body.replace(&from, &to);
            }
            renamed.push((from, to));
            // What refers to the dropped type may now be the same as something before it.
            at = 0;
        }
        renamed
    }
}

impl Declared {
    /// Whether the types are equal where their own marks are taken for equal.
    fn is(&self, other: &Self) -> bool {
        self.comment == other.comment
            && self.body.replace(&self.mark, &other.mark)
                == other.body.replace(&self.mark, &other.mark)
    }
}

/// The wished name, or the same with a number.
fn free(taken: &mut HashSet<String>, wish: &str) -> String {
    let numbered = (2_usize..).map(|count| format!("{wish}{count}"));
    let mut names = std::iter::once(wish.to_owned()).chain(numbered);
    let name = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(name.clone());
    name
}
