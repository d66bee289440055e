//! Parses a text with oxc: the tree, its scopes, and what is wrong. Knows no tools.

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_span::{SourceType, Span};

use crate::diagnostic::{Code, Severity};
use crate::faults::Fault;
use crate::place::offset;
use crate::source::Source;

/// Faults of one text that are kept: the first ones, which the author sees. A source can have one for each byte.
const FAULTS: usize = 100;

/// Characters of a message of the parser that are kept. It quotes the source.
const MESSAGE: usize = 300;

/// What a text is parsed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    JavaScript,
    TypeScript,
    /// Only to find out whether a text that is wrong is JSX.
    Jsx,
}

pub(crate) struct Parsed<'a> {
    pub(crate) program: &'a Program<'a>,
    pub(crate) semantic: Semantic<'a>,
    pub(crate) errors: Vec<Fault>,
    /// The parser gave up: the tree is empty.
    pub(crate) gave_up: bool,
}

impl<'a> Parsed<'a> {
    pub(crate) fn source(&self) -> Source<'a> {
        Source {
            text: self.program.source_text,
            comments: &self.program.comments,
        }
    }

    pub(crate) fn is_fine(&self) -> bool {
        self.errors.is_empty() && !self.gave_up
    }
}

pub(crate) fn parse<'a>(allocator: &'a Allocator, text: &'a str, language: Language) -> Parsed<'a> {
    let kind = match language {
        Language::JavaScript => SourceType::mjs(),
        Language::TypeScript => SourceType::ts().with_module(true),
        Language::Jsx => SourceType::tsx().with_module(true),
    };
    let options = ParseOptions {
        parse_regular_expression: true,
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(allocator, text, kind)
        .with_options(options)
        .parse();
    let program = allocator.alloc(parsed.program);
    let mut errors: Vec<_> = parsed
        .diagnostics
        .errors()
        .take(FAULTS)
        .map(|error| {
            let label = error
                .labels
                .first()
                .map(|label| Span::sized(label.offset(), label.len()));
            fault(&error.message, error.help.as_deref(), label, text)
        })
        .collect();
    let built = SemanticBuilder::new()
        .with_build_nodes(true)
        .with_check_syntax_error(true)
        .with_enum_eval(true)
        .build(program);
    // The scopes of a tree with errors are not worth a word.
    if errors.is_empty() {
        errors.extend(built.diagnostics.errors().take(FAULTS).map(|error| {
            let label = error
                .labels
                .first()
                .map(|label| Span::sized(label.offset(), label.len()));
            fault(&error.message, error.help.as_deref(), label, text)
        }));
    }
    Parsed {
        program,
        semantic: built.semantic,
        errors,
        gave_up: parsed.panicked,
    }
}

fn fault(message: &str, help: Option<&str>, span: Option<Span>, text: &str) -> Fault {
    let end = offset(text.len());
    Fault {
        code: Code::Syntax,
        severity: Severity::Error,
        span: span.unwrap_or(Span::new(end, end)),
        message: worded(message),
        hint: help.map(worded),
    }
}

/// A bounded sentence of the parser, lowercase and without a full stop, like all messages. A name keeps its case.
fn worded(text: &str) -> String {
    let mut text: String = text.trim_end_matches('.').chars().take(MESSAGE).collect();
    let second = text.chars().nth(1);
    if second.is_some_and(|char| char.is_lowercase() || char == ' ') && text.is_char_boundary(1) {
        text[..1].make_ascii_lowercase();
    }
    text
}
