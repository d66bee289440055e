//! What is wrong with a script, and where: as text with a frame, and as JSON. Prints nothing. The text is not
//! sanitized: the caller does that where it prints.

use std::fmt::Write as _;

use serde::Serialize;

use crate::place::Span;

/// Characters of a line that a frame shows.
const FRAME: usize = 120;
/// Characters of a name or of a piece of source in a message.
pub(crate) const QUOTED: usize = 80;

/// One thing that is wrong, or that the author should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What kind of fault it is.
    pub code: Code,
    /// Whether the script can run.
    pub severity: Severity,
    /// Where it stands.
    pub at: Span,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The kind of a fault. In text and JSON the names are written `like_this`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The source is not TypeScript that the engine can run.
    Syntax,
    /// There is no such module, or the module has no such export.
    UnknownImport,
    /// Which tools the script can call cannot be read from its text.
    NotStatic,
    /// A policy denies what the script imports.
    ImportDenied,
    /// Arguments in the source break the schema of the tool.
    BadArguments,
    /// A property that the schema of a result does not declare.
    UnknownProperty,
    /// A name that nothing declares.
    UndefinedName,
    /// The script has no result.
    NoResult,
    /// The compiler of TypeScript objects to a type.
    Types,
    /// The parser failed. This is a fault of the host.
    Internal,
}

impl Code {
    /// The name, as in text and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownImport => "unknown_import",
            Self::NotStatic => "not_static",
            Self::ImportDenied => "import_denied",
            Self::BadArguments => "bad_arguments",
            Self::UnknownProperty => "unknown_property",
            Self::UndefinedName => "undefined_name",
            Self::NoResult => "no_result",
            Self::Types => "types",
            Self::Internal => "internal",
        }
    }
}

/// Whether a fault keeps a script from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The script does not run.
    Error,
    /// The script runs.
    Warning,
}

impl Diagnostic {
    /// A fault that keeps the script from running.
    pub fn error(code: Code, at: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            at,
            message: message.into(),
            hint: None,
        }
    }

    /// Something that the author should know.
    pub fn warning(code: Code, at: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, at, message)
        }
    }

    /// With what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// `name:line:column  message`, the line with carets below the place, and the hint. `source` is the text that was
    /// read. Ends without a newline.
    pub fn render(&self, name: &str, source: &str) -> String {
        let mut text = render_at(name, source, self.at, &self.message);
        if let Some(hint) = &self.hint {
            text.push('\n');
            text.push_str(hint);
        }
        text
    }
}

/// `name:line:column  message`, and the line with carets below the place: for what is no diagnostic, as an exception.
/// `source` is the text that was read. Ends without a newline.
pub fn render_at(name: &str, source: &str, at: Span, message: &str) -> String {
    let Span { line, column, .. } = at;
    let mut text = format!("{name}:{line}:{column}  {message}");
    if let Some(shown) = line_of(source, line) {
        let frame = Frame::new(shown, at);
        let width = line.to_string().len().max(3);
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{line:>3} | {}", frame.text);
        let _ = write!(text, "\n{:>width$} | {}", "", frame.carets);
    }
    text
}

/// A line without its terminator. Lines end as in [`Span::line`].
fn line_of(source: &str, line: u32) -> Option<&str> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut rest = source;
    for _ in 1..line {
        let end = rest.find(['\n', '\r'])?;
        let terminator = if rest[end..].starts_with("\r\n") {
            2
        } else {
            1
        };
        rest = &rest[end + terminator..];
    }
    rest.split(['\n', '\r']).next()
}

/// A part of a line around a place, and the carets for the line below.
struct Frame {
    text: String,
    carets: String,
}

impl Frame {
    fn new(line: &str, at: Span) -> Self {
        let place = at.column as usize - 1;
        let total = line.chars().count();
        // A long line is shown from a little before the place.
        let first = if total <= FRAME {
            0
        } else {
            place.saturating_sub(FRAME / 3)
        };
        let mut text = String::new();
        let mut before = place - first.min(place);
        if first > 0 {
            text.push('…');
            before += 1;
        }
        let shown = line.chars().skip(first).take(FRAME);
        text.extend(shown.map(|char| if char == '\t' { ' ' } else { char }));
        if first + FRAME < total {
            text.push('…');
        }
        let room = text.chars().count().saturating_sub(before).max(1);
        let carets = "^".repeat((at.length as usize).clamp(1, room));
        Self {
            carets: format!("{}{carets}", " ".repeat(before)),
            text: text.trim_end().to_owned(),
        }
    }
}

/// A name from a source in quotation marks, cut to a bounded length.
pub(crate) fn quoted(name: &str) -> String {
    let cut: String = name.chars().take(QUOTED).collect();
    let more = if cut.len() < name.len() { "…" } else { "" };
    format!("\"{cut}{more}\"")
}

/// A bounded piece of text of a schema or a source.
pub(crate) fn cut(text: &str) -> String {
    const MAX: usize = 200;
    if text.chars().count() <= MAX {
        return text.to_owned();
    }
    text.chars().take(MAX).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn at(line: u32, column: u32, length: u32) -> Span {
        Span {
            line,
            column,
            length,
        }
    }

    #[test]
    fn a_diagnostic_is_a_place_a_frame_and_a_hint() {
        let source = "\u{feff}let a;\rimport { get_issues } from \"mcp:github\";\r\n";
        let fault = Diagnostic::error(
            Code::UnknownImport,
            at(2, 10, 10),
            "\"get_issues\" is not in \"mcp:github\"",
        )
        .with_hint("did you mean get_issue");
        assert_eq!(
            fault.render("script.ts", source),
            "script.ts:2:10  \"get_issues\" is not in \"mcp:github\"\n\
             \u{20} 2 | import { get_issues } from \"mcp:github\";\n\
             \u{20}   |          ^^^^^^^^^^\n\
             did you mean get_issue"
        );
        assert_eq!(
            serde_json::to_string(&fault).unwrap(),
            r#"{"code":"unknown_import","severity":"error","at":{"line":2,"column":10,"length":10},"message":"\"get_issues\" is not in \"mcp:github\"","hint":"did you mean get_issue"}"#
        );
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let source = format!("{}\t@{}", "é".repeat(5000), "b".repeat(5000));
        let fault = Diagnostic::warning(Code::Syntax, at(1, 5002, 9000), "no");
        let text = fault.render("a", &source);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1].chars().count(), 6 + 1 + FRAME + 1);
        assert_eq!(lines[1].chars().nth(lines[2].find('^').unwrap()), Some('@'));
        assert_eq!(lines[1].chars().count(), lines[2].chars().count());
        let nowhere = Diagnostic::warning(Code::Syntax, at(9, 1, 1), "no");
        assert_eq!(nowhere.render("a", "x"), "a:9:1  no");
    }
}
