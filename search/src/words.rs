//! Splits text and names into lower-case words: snake, kebab and camel case apart, Chinese and Japanese in pairs of
//! characters. Drops no word for its meaning.

/// A word of more bytes is a key or encoded data, and is ignored.
pub(crate) const LONGEST_WORD: usize = 64;

/// Calls `each` with every word of `text`, in order.
///
/// A name of two or three words is also one word: `mindMap` gives `mind`, `map` and `mindmap`.
pub(crate) fn each_word(text: &str, mut each: impl FnMut(&str)) {
    let mut word = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|char: char| char.is_alphanumeric()) {
        rest = &rest[start..];
        let wide = rest.chars().next().is_some_and(is_wide);
        let end = rest
            .find(|char: char| !char.is_alphanumeric() || is_wide(char) != wide)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if wide {
            pairs(run, &mut each);
        } else {
            split(run, &mut word, &mut each);
        }
        rest = after_apostrophe(after);
    }
}

/// The words of `text` as a list.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    each_word(text, |word| out.push(word.to_owned()));
    out
}

/// Scripts without spaces: Han, Hiragana, Katakana, Hangul.
pub(crate) fn is_wide(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

/// What a writer of English adds to a word after an apostrophe is no word: the `s` of `server's`.
fn after_apostrophe(rest: &str) -> &str {
    let Some(after) = rest.strip_prefix(['\'', '’']) else {
        return rest;
    };
    let end = after
        .find(|char: char| !char.is_alphanumeric())
        .unwrap_or(after.len());
    match &after[..end] {
        "s" | "t" | "re" | "ve" | "ll" | "d" | "m" => &after[end..],
        _ => after,
    }
}

fn pairs(run: &str, each: &mut impl FnMut(&str)) {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).collect();
    if starts.len() == 1 {
        each(run);
    }
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 2).copied().unwrap_or(run.len());
        if number + 1 < starts.len() {
            each(&run[*start..end]);
        }
    }
}

fn split(run: &str, word: &mut String, each: &mut impl FnMut(&str)) {
    if run.len() <= LONGEST_WORD && run.bytes().all(|byte| byte.is_ascii_lowercase()) {
        each(run);
        return;
    }
    let mut parts = 0_usize;
    let mut start = 0;
    let mut emit = |part: &str, each: &mut dyn FnMut(&str)| {
        if part.len() <= LONGEST_WORD {
            word.clear();
            if part.is_ascii() {
                word.push_str(part);
                word.make_ascii_lowercase();
            } else {
                word.extend(part.chars().flat_map(char::to_lowercase));
            }
            each(word);
        }
    };
    let mut before: Option<char> = None;
    let mut chars = run.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let next_is_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
        if before.is_some_and(|before| is_border(before, char, next_is_lower)) {
            emit(&run[start..at], each);
            parts += 1;
            start = at;
        }
        before = Some(char);
    }
    emit(&run[start..], each);
    if (1..=2).contains(&parts) {
        emit(run, each);
    }
}

/// Whether a new word starts between these: `isOpen`, `HTTPServer`, `base64`.
fn is_border(before: char, char: char, next_is_lower: bool) -> bool {
    (before.is_numeric() != char.is_numeric())
        || (before.is_lowercase() && char.is_uppercase())
        || (before.is_uppercase() && char.is_uppercase() && next_is_lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_every_case() {
        assert_eq!(words("list_issues"), ["list", "issues"]);
        assert_eq!(words("list-issues"), ["list", "issues"]);
        assert_eq!(words("listIssues"), ["list", "issues", "listissues"]);
        assert_eq!(
            words("parseHTTPBody"),
            ["parse", "http", "body", "parsehttpbody"]
        );
        assert_eq!(words("base64"), ["base", "64", "base64"]);
        assert_eq!(words("aB cDeFgHi"), ["a", "b", "ab", "c", "de", "fg", "hi"]);
    }

    #[test]
    fn text_without_spaces_becomes_pairs() {
        assert_eq!(words("搜索文件"), ["搜索", "索文", "文件"]);
        assert_eq!(words("读 SVG文件"), ["读", "svg", "文件"]);
    }

    #[test]
    fn an_apostrophe_ends_a_word() {
        assert_eq!(words("the server's tools"), ["the", "server", "tools"]);
        assert_eq!(words("don’t l'heure"), ["don", "l", "heure"]);
    }

    #[test]
    fn letters_of_other_scripts_are_words_and_endless_ones_are_ignored() {
        assert_eq!(words("Größe ФАЙЛ"), ["größe", "файл"]);
        assert_eq!(words(&"x".repeat(LONGEST_WORD + 1)), Vec::<String>::new());
        assert_eq!(words(" ._- "), Vec::<String>::new());
    }
}
