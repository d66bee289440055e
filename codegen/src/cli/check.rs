//! The difference between two texts, line by line, in the form that `diff -u` gave to the world.

use std::fmt::Write as _;

/// Unchanged lines around a change.
const AROUND: usize = 3;
/// Two stretches with more pairs of lines than this are not compared line by line, but replaced whole.
const MOST_PAIRS: usize = 4_000_000;

/// The unified diff from `old` to `new`; empty where they are equal.
pub(super) fn diff(name: &str, old: &str, new: &str) -> String {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let edits = edits(&old, &new);
    let mut out = String::new();
    let mut at = 0;
    while let Some(change) = edits[at..]
        .iter()
        .position(|edit| edit.kind != Kind::Same)
        .map(|next| at + next)
    {
        let start = change.saturating_sub(AROUND).max(at);
        let mut end = change;
        let mut last = change;
        while end < edits.len() && end <= last + 2 * AROUND {
            if edits[end].kind != Kind::Same {
                last = end;
            }
            end += 1;
        }
        let end = (last + 1 + AROUND).min(edits.len());
        if out.is_empty() {
            let _ = write!(out, "--- {name} (on disk)\n+++ {name} (generated)\n");
        }
        hunk(&mut out, &edits[start..end]);
        at = end;
    }
    out
}

fn hunk(out: &mut String, edits: &[Edit<'_>]) {
    let (first, count) = (&edits[0], |kind| {
        edits.iter().filter(|edit| edit.kind != kind).count()
    });
    let (old, new) = (count(Kind::Added), count(Kind::Removed));
    // The format counts lines from one, and says zero where a side has none.
    let start = |at: usize, count: usize| if count == 0 { at } else { at + 1 };
    let _ = writeln!(
        out,
        "@@ -{},{old} +{},{new} @@",
        start(first.old, old),
        start(first.new, new)
    );
    for edit in edits {
        let sign = match edit.kind {
            Kind::Same => ' ',
            Kind::Removed => '-',
            Kind::Added => '+',
        };
        let _ = writeln!(out, "{sign}{}", edit.line);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Same,
    Removed,
    Added,
}

struct Edit<'a> {
    kind: Kind,
    line: &'a str,
    /// How many lines of either side come before.
    old: usize,
    new: usize,
}

fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Edit<'a>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..]
        .iter()
        .rev()
        .zip(new[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (middle_old, middle_new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut kinds = vec![Kind::Same; head];
    kinds.extend(changes(middle_old, middle_new));
    kinds.extend(vec![Kind::Same; tail]);

    let (mut at_old, mut at_new) = (0, 0);
    kinds
        .into_iter()
        .map(|kind| {
            let line = if kind == Kind::Added {
                new[at_new]
            } else {
                old[at_old]
            };
            let edit = Edit {
                kind,
                line,
                old: at_old,
                new: at_new,
            };
            at_old += usize::from(kind != Kind::Added);
            at_new += usize::from(kind != Kind::Removed);
            edit
        })
        .collect()
}

/// The shortest way from one to the other, by the table of longest common subsequences.
fn changes(old: &[&str], new: &[&str]) -> Vec<Kind> {
    let width = new.len() + 1;
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        let mut out = vec![Kind::Removed; old.len()];
        out.extend(vec![Kind::Added; new.len()]);
        return out;
    }
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            common[a * width + b] = if old[a] == new[b] {
                common[(a + 1) * width + b + 1] + 1
            } else {
                common[(a + 1) * width + b].max(common[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut out = Vec::with_capacity(old.len() + new.len());
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            out.push(Kind::Same);
            (a, b) = (a + 1, b + 1);
        } else if b == new.len()
            || (a < old.len() && common[(a + 1) * width + b] >= common[a * width + b + 1])
        {
            out.push(Kind::Removed);
            a += 1;
        } else {
            out.push(Kind::Added);
            b += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(diff("x", "a\nb\n", "a\nb\n"), "");
    }

    #[test]
    fn a_changed_line_has_three_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
        let expected = "--- x (on disk)\n+++ x (generated)\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
        assert_eq!(diff("x", old, new), expected);
    }

    #[test]
    fn changes_far_apart_are_two_hunks() {
        let old: String = (0..20).map(|line| format!("{line}\n")).collect();
        let new = old.replace("2\n3\n", "2\nnew\n3\n").replace("17\n", "");
        let out = diff("x", &old, &new);
        assert_eq!(out.matches("@@ -").count(), 2, "{out}");
        assert!(out.contains("+new\n") && out.contains("-17\n"), "{out}");
    }
}
