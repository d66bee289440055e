//! Writes foreign text as WIT doc comments that it cannot break out of.
//! Every line of it stands behind `///`; what is invisible, reorders text or drives a terminal is dropped.

/// The most of one text that is written, in bytes.
const LONGEST: usize = 16_384;

/// Appends `text` as doc comment lines with this indentation. Writes nothing where no visible character is left.
pub(crate) fn doc(out: &mut String, indent: &str, text: &str) {
    if is_plain(text.as_bytes()) {
        let line = text.trim();
        if !line.is_empty() {
            out.push_str(indent);
            out.push_str("/// ");
            out.push_str(line);
            out.push('\n');
        }
        return;
    }
    let mut blank_before = false;
    let mut written = false;
    for line in lines(text) {
        let start = out.len();
        out.push_str(indent);
        out.push_str("/// ");
        let content = out.len();
        push_visible(out, line);
        let kept = out.trim_end().len();
        if kept < content {
            out.truncate(start);
            blank_before = written;
            continue;
        }
        out.truncate(kept);
        out.push('\n');
        if blank_before {
            out.insert_str(start, &format!("{indent}///\n"));
            blank_before = false;
        }
        written = true;
    }
}

/// Characters that have no place in a comment: they show nothing, change the direction of text,
/// or are refused by the WIT lexer.
pub(crate) fn is_invisible(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        // Deprecated by Unicode, and an error in WIT text.
        | '\u{149}' | '\u{673}' | '\u{f77}' | '\u{f79}' | '\u{17a3}' | '\u{17a4}' | '\u{17b4}' | '\u{17b5}')
}

/// Lines by every character that any program takes for a line break.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text[..text.floor_char_boundary(LONGEST)]
        .lines()
        .flat_map(|line| line.split(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']))
}

/// One line of printable ASCII, as most descriptions are, needs no look at each character's class.
fn is_plain(text: &[u8]) -> bool {
    text.len() <= LONGEST && text.iter().all(|byte| (0x20..0x7f).contains(byte))
}

fn push_visible(out: &mut String, line: &str) {
    if is_plain(line.as_bytes()) {
        out.push_str(line);
        return;
    }
    for char in line.chars() {
        match char {
            '\t' => out.push(' '),
            char if char.is_control() || is_invisible(char) => {}
            char => out.push(char),
        }
    }
}
