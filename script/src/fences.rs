//! Code fences: a script that a model wrote as Markdown. What stands outside of the fence becomes blank, so that lines
//! stay. Parses no code.

use crate::scan;

/// Languages of a fence that is a script.
const LANGUAGES: [&str; 12] = [
    "",
    "ts",
    "typescript",
    "js",
    "javascript",
    "mts",
    "mjs",
    "tsx",
    "jsx",
    "node",
    "es6",
    "ecmascript",
];

/// Blocks that are looked at: each is a scan of what follows.
const BLOCKS: usize = 32;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fences {
    None,
    /// One script: the text with blanks around it.
    One(String),
    /// More than one. The byte where the second begins.
    Many(usize),
    /// The text is a block of another language, which begins at this byte.
    Foreign(usize),
}

struct Block {
    language: String,
    /// The bytes between the fences.
    start: usize,
    end: usize,
    /// The byte of the opening fence.
    at: usize,
}

pub(crate) fn find(text: &str) -> Fences {
    if !text.contains("```") && !text.contains("~~~") {
        return Fences::None;
    }
    let blocks = blocks(text);
    let of = |wanted: &dyn Fn(&Block) -> bool| {
        blocks
            .iter()
            .filter(|block| wanted(block))
            .collect::<Vec<_>>()
    };
    let named =
        of(&|block| !block.language.is_empty() && LANGUAGES.contains(&block.language.as_str()));
    let bare = of(&|block| block.language.is_empty());
    let found = if named.is_empty() { bare } else { named };
    match found.as_slice() {
        [] => match blocks.first() {
            Some(first) if text[..first.at].trim().is_empty() => Fences::Foreign(first.at),
            _ => Fences::None,
        },
        [one] => Fences::One(only(text, one)),
        [_, second, ..] => Fences::Many(second.at),
    }
}

/// The text with blanks for all characters outside of a block.
fn only(text: &str, block: &Block) -> String {
    let blank = |part: &str| -> String {
        part.chars()
            .map(|char| {
                if char == '\n' || char == '\r' {
                    char
                } else {
                    ' '
                }
            })
            .collect()
    };
    let mut out = blank(&text[..block.start]);
    out.push_str(&text[block.start..block.end]);
    out.push_str(&blank(&text[block.end..]));
    out
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut from = 0;
    while blocks.len() < BLOCKS
        && let Some(block) = next_block(text, from)
    {
        from = text[block.end..]
            .find('\n')
            .map_or(text.len(), |at| block.end + at + 1);
        blocks.push(block);
    }
    blocks
}

fn next_block(text: &str, from: usize) -> Option<Block> {
    let rest = &text[from..];
    let starts = line_starts(rest);
    let code = scan::is_code(rest, &starts);
    let lines = |at: usize| rest[at..].split('\n').next().unwrap_or_default();
    let opens = starts.iter().zip(code).find_map(|(at, code)| {
        let (fence, language) = opening(lines(*at))?;
        code.then_some((*at, fence, language))
    });
    let (at, fence, language) = opens?;
    let start = at + lines(at).len();
    let inner = &rest[start..];
    let starts = line_starts(inner);
    let code = scan::is_code(inner, &starts);
    let closing: Vec<(usize, bool)> = starts
        .iter()
        .zip(code)
        .skip(1)
        .filter(|(at, _)| closes(inner[**at..].split('\n').next().unwrap_or_default(), fence))
        .map(|(at, code)| (*at, code))
        .collect();
    // A fence in a comment is the script's own, unless there is no other.
    let end = closing.iter().find(|(_, code)| *code).or(closing.first());
    let end = end.map_or(inner.len(), |(at, _)| *at);
    Some(Block {
        language,
        start: from + start,
        end: from + start + end,
        at: from + at,
    })
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect()
}

/// The fence and the language of a line that opens a block.
fn opening(line: &str) -> Option<(&str, String)> {
    let line = line.trim();
    let char = line
        .chars()
        .next()
        .filter(|char| matches!(char, '`' | '~'))?;
    let info = line.trim_start_matches(char);
    let fence = &line[..line.len() - info.len()];
    if fence.len() < 3 || info.contains('`') {
        return None;
    }
    let word = info.split_whitespace().next().unwrap_or_default();
    let word = word.split(['{', ':', ',']).next().unwrap_or_default();
    let is_name = word
        .chars()
        .all(|char| char.is_alphanumeric() || matches!(char, '-' | '+' | '#' | '.'));
    // `~~~x` is JavaScript, and so is what follows ``` in a line of code.
    (is_name && (char == '`' || word.is_empty())).then(|| (fence, word.to_lowercase()))
}

fn closes(line: &str, fence: &str) -> bool {
    let line = line.trim();
    line.len() >= fence.len()
        && line.starts_with(fence)
        && line.bytes().all(|byte| fence.as_bytes().contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        match find(text) {
            Fences::One(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_script_in_a_fence_keeps_its_lines() {
        assert_eq!(
            one("It's:\n```ts\nlet a;\n```\nDone."),
            "     \n     \nlet a;\n   \n     "
        );
        assert_eq!(one("```\r\nlet a;\r\n"), "   \r\nlet a;\r\n");
        assert_eq!(one("```json\n{}\n```\n~~~\na\n~~~\n").trim(), "a");
    }

    #[test]
    fn a_fence_in_a_comment_is_part_of_the_script() {
        let text = "/*\n```\nexample\n```\n*/\nlet a = `\n\\`\\`\\`\n`;\n";
        assert_eq!(find(text), Fences::None);
        let fenced = format!("```ts\n{text}```\n");
        assert_eq!(one(&fenced).trim(), text.trim());
    }

    #[test]
    fn two_scripts_are_not_one() {
        assert_eq!(find("```ts\na\n```\n```ts\nb\n```\n"), Fences::Many(12));
        assert_eq!(find("\n```json\n{}\n```\n"), Fences::Foreign(1));
        assert_eq!(find("let a = 1;"), Fences::None);
    }
}
