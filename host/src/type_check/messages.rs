//! The messages of the compiler as warnings with places of the source. What the host decides itself is left out:
//! syntax, modules, and names that nothing declares.

use mcp_bridge::text;
use mcp_script::{Code, Diagnostic, Span};

/// Warnings that are given. A further one says how many there are.
const MOST: usize = 10;

/// Characters of a message.
const LONGEST: usize = 400;

/// Messages about what the host reads differently, or says itself: `return` outside of functions and other syntax (all
/// codes below 2000), modules and their exports, names, and imports that stand in the text twice.
const LEFT_OUT: &[u32] = &[
    2300, 2304, 2305, 2307, 2395, 2440, 2503, 2552, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593,
    2614, 2686, 2691, 2724, 2792,
];

struct Message<'o> {
    file: &'o str,
    line: u32,
    /// In UTF-16 code units, from 1.
    column: u32,
    code: u32,
    text: &'o str,
}

/// Whether there is a message at all.
pub(super) fn any(output: &str) -> bool {
    output.lines().any(|line| parse(line).is_some())
}

/// The warnings about a file with this text. Where the host has a warning at the same place, its own stays.
pub(super) fn warnings(
    output: &str,
    file: &str,
    source: &str,
    known: &[Diagnostic],
) -> Vec<Diagnostic> {
    let lines: Vec<&str> = source.lines().collect();
    let messages = output.lines().filter_map(parse);
    let found = messages
        .filter(|one| one.file == file && one.code >= 2000 && !LEFT_OUT.contains(&one.code));
    let mut all: Vec<Diagnostic> = found
        .filter_map(|one| {
            let line = *lines.get(usize::try_from(one.line).ok()?.checked_sub(1)?)?;
            let at = place(&one, line);
            let message = text::short(one.text, LONGEST);
            Some(Diagnostic::warning(
                Code::Types,
                at,
                format!("{message} (TS{})", one.code),
            ))
        })
        .filter(|one| !known.iter().any(|known| overlap(known.at, one.at)))
        .collect();
    if let Some(more) = all.len().checked_sub(MOST).filter(|more| *more > 0) {
        all.truncate(MOST);
        if let Some(last) = all.last().map(|last| last.at) {
            let message = format!("{more} more warnings of the compiler are not shown");
            all.push(Diagnostic::warning(Code::Types, last, message));
        }
    }
    all
}

/// `script.ts(3,35): error TS2561: text`
fn parse(line: &str) -> Option<Message<'_>> {
    let (place, rest) = line.split_once("): error TS")?;
    let (file, place) = place.rsplit_once('(')?;
    let (line, column) = place.split_once(',')?;
    let (code, text) = rest.split_once(": ")?;
    Some(Message {
        file,
        line: line.parse().ok()?,
        column: column.parse().ok()?,
        code: code.parse().ok()?,
        text,
    })
}

/// The word at a place, in characters.
fn place(message: &Message<'_>, line: &str) -> Span {
    let mut units = 1;
    let mut column = 1;
    let mut chars = line.chars().peekable();
    while units < message.column {
        let Some(char) = chars.next() else {
            break;
        };
        units += if char.len_utf16() == 2 { 2 } else { 1 };
        column += 1;
    }
    let word = chars.take_while(|char| char.is_alphanumeric() || matches!(char, '_' | '$'));
    let length = u32::try_from(word.count()).unwrap_or(1).max(1);
    Span {
        line: message.line,
        column,
        length,
    }
}

fn overlap(one: Span, other: Span) -> bool {
    one.line == other.line
        && one.column < other.column + other.length
        && other.column < one.column + one.length
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "let a;\n\"😀é\" + page.comits;\nreturn 1;\n";

    fn shown(output: &str, known: &[Diagnostic]) -> Vec<String> {
        let found = warnings(output, "script.ts", SOURCE, known);
        let shown = found.iter().map(|one| one.render("a.ts", SOURCE));
        shown.collect()
    }

    #[test]
    fn a_message_becomes_a_warning_at_its_word() {
        let output = "script.ts(2,14): error TS2551: Property 'comits' does not exist. Did you mean 'commits'?\n  more of it\n";
        assert_eq!(
            shown(output, &[]),
            [
                "a.ts:2:13  Property 'comits' does not exist. Did you mean 'commits'? (TS2551)\n  2 | \"😀é\" + page.comits;\n    |             ^^^^^^"
            ]
        );
        assert!(any(output) && !any("error: no such file"));
    }

    #[test]
    fn what_the_host_says_itself_is_left_out() {
        let output = "script.ts(3,1): error TS1108: A 'return' statement.\n\
            script.ts(1,1): error TS2304: Cannot find name 'github'.\n\
            tools-0.d.ts(1,1): error TS2551: not the script.\n\
            script.ts(99,1): error TS2551: no such line.\n\
            script.ts(2,14): error TS2551: said already.\n";
        let at = Span {
            line: 2,
            column: 13,
            length: 6,
        };
        let known = Diagnostic::warning(Code::UnknownProperty, at, "no such property");
        assert_eq!(shown(output, &[known]), [""; 0]);
    }

    #[test]
    fn many_messages_are_ten_and_their_number() {
        let output = "script.ts(1,5): error TS2322: no.\n".repeat(14);
        let shown = shown(&output, &[]);
        assert_eq!(shown.len(), 11);
        assert!(shown[10].contains("4 more warnings"), "{}", shown[10]);
    }
}
