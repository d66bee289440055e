//! Forms that are no TypeScript, and of which there is one reading: each is a text to try next. Keeps lines and
//! columns.

use oxc_ast::ast::*;
use oxc_span::GetSpan;

use crate::base::Text;
use crate::place::offset;
use crate::scan::{Kind, scan};
use crate::syntax::Parsed;

const EXPORT: &str = "export default ";

/// What to try when a text is wrong at a byte, the likeliest first.
pub(crate) fn candidates(base: &str, wrong_at: usize) -> Vec<Text> {
    let mut found = Vec::new();
    let quotes = straight_quotes(base);
    found.extend(quotes.as_deref().map(Text::plain));
    let base = quotes.as_deref().unwrap_or(base);
    found.extend(anonymous_function(base).map(|at| Text::with_insertion(base, at, EXPORT)));
    found.extend(last_brace(base).map(|at| Text::with_insertion(base, at, EXPORT)));
    found.extend(without_prose(base, wrong_at).as_deref().map(Text::plain));
    found
}

/// Typographic quotes where code has to be, each pair made straight. `None` where there are none, or where the text in
/// them has straight ones.
fn straight_quotes(base: &str) -> Option<String> {
    let is_double = |char: char| matches!(char, '“' | '”' | '„' | '‟');
    let is_single = |char: char| matches!(char, '‘' | '’' | '‚' | '‛');
    if !base.contains(|char| is_double(char) || is_single(char)) {
        return None;
    }
    let mut out = String::with_capacity(base.len());
    let mut kept = 0;
    let mut skip = 0;
    for token in scan(base) {
        let Kind::Mark(open) = token.kind else {
            continue;
        };
        if token.start < skip || !(is_double(open) || is_single(open)) {
            continue;
        }
        let quote = if is_double(open) { '"' } else { '\'' };
        let line = base[token.end..].split('\n').next()?;
        let close = line.find(|char| {
            if is_double(open) {
                is_double(char)
            } else {
                is_single(char)
            }
        })?;
        let inner = &line[..close];
        if inner.contains(quote) || inner.contains('\\') {
            return None;
        }
        out.push_str(&base[kept..token.start]);
        out.push(quote);
        out.push_str(inner);
        out.push(quote);
        kept = token.end + close + line[close..].chars().next()?.len_utf8();
        skip = kept;
    }
    out.push_str(&base[kept..]);
    Some(out)
}

/// A line that starts with a function without a name.
fn anonymous_function(base: &str) -> Option<u32> {
    lines(base).find_map(|(at, line)| {
        let rest = line.strip_prefix("async").map_or(line, str::trim_start);
        let rest = rest.strip_prefix("function")?.trim_start();
        rest.trim_start_matches('*')
            .trim_start()
            .starts_with('(')
            .then(|| offset(at))
    })
}

/// The last line that starts with a brace: an object that is the result.
fn last_brace(base: &str) -> Option<u32> {
    lines(base)
        .filter(|(_, line)| line.starts_with('{'))
        .last()
        .map(|(at, _)| offset(at))
}

fn lines(base: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    base.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line)
    })
}

/// Without the paragraphs of prose around the code.
fn without_prose(base: &str, wrong_at: usize) -> Option<String> {
    let paragraphs = paragraphs(base);
    let prose: Vec<bool> = paragraphs
        .iter()
        .map(|(start, end)| is_prose(&base[*start..*end]))
        .collect();
    let first = prose.iter().position(|prose| !prose)?;
    let last = prose.iter().rposition(|prose| !prose)?;
    if first == 0 && last + 1 == prose.len() {
        return None;
    }
    let (start, end) = (paragraphs[first].0, paragraphs[last].1);
    // The code itself is wrong.
    if (start..end).contains(&wrong_at) {
        return None;
    }
    Some(format!(
        "{}{}{}",
        blank(&base[..start]),
        &base[start..end],
        blank(&base[end..])
    ))
}

/// Runs of lines that are not blank.
fn paragraphs(base: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut is_open = false;
    for (at, line) in lines(base) {
        let is_blank = line.trim().is_empty();
        let end = at + line.len();
        match found.last_mut() {
            Some(last) if is_open && !is_blank => last.1 = end,
            _ if !is_blank => found.push((at, end)),
            _ => {}
        }
        is_open = !is_blank;
    }
    found
}

/// Sentences: each line begins like one, or like an entry of a list, and none ends like code.
fn is_prose(paragraph: &str) -> bool {
    let mut lines = paragraph.lines().map(str::trim);
    let starts = paragraph
        .trim_start()
        .trim_start_matches(['*', '#', '-', '>', ' ', '1', '.']);
    let first = starts.chars().next();
    let words = paragraph.split_whitespace().filter(|word| {
        word.chars()
            .all(|char| char.is_alphabetic() || ",.:!?'’".contains(char))
    });
    first.is_some_and(|char| char.is_uppercase() || char == '`')
        && words.count() >= 3
        && lines
            .all(|line| !line.ends_with([';', '{', '}', '(', ')', '[', '=', '>', '|', '&', '+']))
}

/// A last statement that is a block of nothing but names, or of one labelled value: an object was meant.
pub(crate) fn object_at_end(parsed: &Parsed<'_>) -> Option<u32> {
    let Some(Statement::BlockStatement(block)) = parsed.program.body.last() else {
        return None;
    };
    let [only] = block.body.as_slice() else {
        return None;
    };
    let source = parsed.source();
    let span = only.span();
    if source.slice(span.start, span.end).trim_end().ends_with(';') {
        return None;
    }
    let is_names = |it: &Expression<'_>| match it {
        Expression::Identifier(_) => true,
        Expression::SequenceExpression(it) => it
            .expressions
            .iter()
            .all(|one| matches!(one, Expression::Identifier(_))),
        _ => false,
    };
    let is_object = match only {
        Statement::ExpressionStatement(it) => is_names(&it.expression),
        Statement::LabeledStatement(it) => matches!(it.body, Statement::ExpressionStatement(_)),
        _ => false,
    };
    is_object.then_some(block.span.start)
}

/// `if (require.main === module) { main(); }`: a script is always the main module, so that what stands in there is what
/// it does. The text without the condition.
pub(crate) fn without_guard(parsed: &Parsed<'_>, base: &str) -> Option<Text> {
    let Some(Statement::IfStatement(it)) = parsed.program.body.last() else {
        return None;
    };
    let source = parsed.source();
    let test = it.test.span();
    let asked = source.slice(test.start, test.end);
    let is_guard = ["require.main", "import.meta.main", "import.meta.url"]
        .iter()
        .any(|part| asked.contains(part));
    if !is_guard || it.alternate.is_some() {
        return None;
    }
    let inner = it.consequent.span();
    let (start, end) = match &it.consequent {
        Statement::BlockStatement(_) => (inner.start + 1, inner.end - 1),
        _ => (inner.start, inner.end),
    };
    let [start, end] = [start, end].map(|at| at as usize);
    let whole = it.span.start as usize..it.span.end as usize;
    // A semicolon, so that the line before it ends.
    let before = blank(base.get(whole.start..start)?).replacen(' ', ";", 1);
    Some(Text::plain(&format!(
        "{}{before}{}{}{}",
        base.get(..whole.start)?,
        base.get(start..end)?,
        blank(base.get(end..whole.end)?),
        base.get(whole.end..)?,
    )))
}

fn blank(part: &str) -> String {
    let keep = |char| matches!(char, '\n' | '\r');
    part.chars()
        .map(|char| if keep(char) { char } else { ' ' })
        .collect()
}

pub(crate) fn as_object(base: &str, at: u32) -> Text {
    Text::with_insertion(base, at, EXPORT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn typographic_quotes_are_made_straight_outside_of_text() {
        assert_eq!(
            straight_quotes("f(“a ‘b’”, ‘c’) + \"“d”\"").unwrap(),
            "f(\"a ‘b’\", 'c') + \"“d”\""
        );
        assert_eq!(straight_quotes("f(“a \"b\"”)"), None);
        assert_eq!(straight_quotes("f(“a)"), None);
        assert_eq!(straight_quotes("f(\"a\")"), None);
    }

    #[test]
    fn prose_around_code_is_blanked_and_code_is_not() {
        let text = "Here is the script you asked for:\n\nlet a = 1;\n\nIt counts the open issues.\n- And more of them.";
        let wrong = text.find("is").unwrap();
        assert_eq!(without_prose(text, wrong).unwrap().trim(), "let a = 1;");
        let code = "const a = 1;\n\nFoo.bar(a).baz(b);\n\nthis is no sentence";
        assert_eq!(without_prose(code, code.len()), None);
    }
}
