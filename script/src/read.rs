//! The walk from a text to a script: parse, blank the types, find the tools, find the result. Does no I/O.

use oxc_allocator::Allocator;
use oxc_ast::AstKind;

use crate::answers;
use crate::base::{self, Text};
use crate::blank;
use crate::collect::Collector;
use crate::diagnostic::{Code, Diagnostic, Severity, quoted};
use crate::edits::{Edits, Move, original};
use crate::faults::{Fault, Faults};
use crate::fences::{self, Fences};
use crate::forms;
use crate::globals::Globals;
use crate::imports::Imports;
use crate::literal::Reader;
use crate::manifest::Manifest;
use crate::nesting;
use crate::place::{Places, Span, offset};
use crate::recover;
use crate::specifier;
use crate::stack;
use crate::syntax::{Language, Parsed, parse};

/// Bytes of a source, at most.
pub const MAX_SOURCE: usize = 256 << 10;

/// Texts that are tried in a row.
const RETRIES: usize = 3;

/// A script that can run: its JavaScript, and what it can call.
#[derive(Clone, Debug)]
pub struct Script {
    javascript: String,
    manifest: Manifest,
    warnings: Vec<Diagnostic>,
    moves: Vec<Move>,
    lines: u32,
    /// The text that was parsed, where it is TypeScript as it stands.
    typescript: Option<String>,
}

/// A source that is not run.
#[derive(Clone, Debug)]
pub struct Refused {
    /// What is wrong, at least one error among it, in the order of the source.
    pub diagnostics: Vec<Diagnostic>,
}

impl Script {
    /// An ES module. Each line is the line of the source; imports that the source lacks follow its last line.
    pub fn javascript(&self) -> &str {
        &self.javascript
    }

    /// What the script can call.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the author should know. The script runs all the same.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The text for a compiler of TypeScript: the lines of the source without a fence, and the imports that it lacks
    /// below them. Its places are those of the source. `None`: the source is not TypeScript as it stands.
    pub fn typescript(&self) -> Option<String> {
        let source = self.typescript.as_ref()?;
        let lines = self.lines as usize;
        let tail: Vec<&str> = self.javascript.split('\n').skip(lines).collect();
        let imports = tail.into_iter().filter(|line| line.starts_with(";import "));
        Some(
            std::iter::once(source.as_str())
                .chain(imports)
                .collect::<Vec<_>>()
                .join("\n"),
        )
    }

    /// The place in the source of a place in the JavaScript, both from 1.
    pub fn original(&self, line: u32, column: u32) -> (u32, u32) {
        if line > self.lines {
            return (self.lines, 1);
        }
        original(&self.moves, line, column)
    }
}

/// Reads a script. `name` is its file name: `.js` and `.mjs` are read as JavaScript first.
pub fn read(name: &str, text: &str) -> Result<Script, Refused> {
    if text.len() > MAX_SOURCE {
        let at = Span {
            line: 1,
            column: 1,
            length: 1,
        };
        let message = format!(
            "the source has {} bytes; at most {MAX_SOURCE} are read",
            text.len()
        );
        let fault =
            Diagnostic::error(Code::Syntax, at, message).with_hint("give large data as `input`");
        return Err(Refused {
            diagnostics: vec![fault],
        });
    }
    let base = base::normalize(text);
    if let Some(at) = nesting::too_deep(&base) {
        let at = Places::new(&base).span(&base, offset(at), offset(at) + 1);
        let message = format!("the source nests more than {} levels", nesting::LEVELS);
        let fault =
            Diagnostic::error(Code::Syntax, at, message).with_hint("split it into statements");
        return Err(Refused {
            diagnostics: vec![fault],
        });
    }
    stack::run(&base, || read_base(name, &base)).unwrap_or_else(|failure| {
        let at = Span {
            line: 1,
            column: 1,
            length: 1,
        };
        Err(Refused {
            diagnostics: vec![Diagnostic::error(Code::Internal, at, failure)],
        })
    })
}

/// Reads on the stack that there is, and as deep as it goes.
#[cfg(test)]
pub(crate) fn on_this_stack(name: &str, text: &str) -> Result<Script, Refused> {
    read_base(name, text)
}

/// What came of a text.
enum Outcome {
    Script(Box<Script>),
    /// The syntax is right, and the script must not run.
    Refused(Vec<Diagnostic>),
    /// The syntax is wrong, first at this byte.
    Broken(Vec<Diagnostic>, u32),
    /// This text is what was meant.
    Retry(Text),
}

fn read_base(name: &str, base: &str) -> Result<Script, Refused> {
    let fenced;
    let base = match fences::find(base) {
        Fences::None => base,
        Fences::One(text) => {
            fenced = text;
            &fenced
        }
        Fences::Many(at) => return Err(fence(base, at, "this is the second script in one text")),
        Fences::Foreign(at) => {
            return Err(fence(
                base,
                at,
                "this code block is no TypeScript and no JavaScript",
            ));
        }
    };
    let text = Text::plain(base);
    let is_javascript = [".js", ".mjs", ".cjs"]
        .iter()
        .any(|end| name.ends_with(end));
    if is_javascript && let Outcome::Script(script) = attempt(base, &text, Language::JavaScript) {
        return Ok(*script);
    }
    let mut found = attempt(base, &text, Language::TypeScript);
    for _ in 0..RETRIES {
        let Outcome::Retry(text) = found else {
            break;
        };
        found = match attempt(&text.without_insertions(), &text, Language::TypeScript) {
            Outcome::Broken(diagnostics, _) => Outcome::Refused(diagnostics),
            other => other,
        };
    }
    let (diagnostics, wrong_at) = match found {
        Outcome::Script(script) => return Ok(*script),
        Outcome::Refused(diagnostics) => return Err(Refused { diagnostics }),
        Outcome::Retry(_) => (Vec::new(), 0),
        Outcome::Broken(diagnostics, at) => (diagnostics, at),
    };
    for text in recover::candidates(base, wrong_at as usize) {
        // Columns are those of the source: where a candidate has other bytes, it has as many characters.
        let without = text.without_insertions();
        match attempt(&without, &text, Language::TypeScript) {
            Outcome::Script(script) => return Ok(*script),
            Outcome::Refused(diagnostics) => return Err(Refused { diagnostics }),
            Outcome::Broken(..) | Outcome::Retry(_) => {}
        }
    }
    Err(Refused {
        diagnostics: jsx(base).map_or(diagnostics, |fault| vec![fault]),
    })
}

fn fence(base: &str, at: usize, message: &str) -> Refused {
    let at = Places::new(base).span(base, offset(at), offset(at) + 3);
    let fault = Diagnostic::error(Code::Syntax, at, message);
    Refused {
        diagnostics: vec![fault.with_hint("send one script, in one code block or in none")],
    }
}

/// A word for what is right only with JSX.
fn jsx(base: &str) -> Option<Diagnostic> {
    let allocator = Allocator::default();
    let parsed = parse(&allocator, base, Language::Jsx);
    if !parsed.is_fine() {
        return None;
    }
    let element = parsed
        .semantic
        .nodes()
        .iter()
        .find_map(|node| match node.kind() {
            AstKind::JSXElement(it) => Some(it.span),
            AstKind::JSXFragment(it) => Some(it.span),
            _ => None,
        })?;
    let at = Places::new(base).span(base, element.start, element.end);
    let fault = Diagnostic::error(Code::Syntax, at, "a script has no JSX");
    Some(fault.with_hint("write the text with a template: `<b>${name}</b>`"))
}

fn attempt(base: &str, text: &Text, language: Language) -> Outcome {
    let places = &Places::new(base);
    let allocator = Allocator::default();
    let mut parsed = parse(&allocator, &text.text, language);
    let errors = std::mem::take(&mut parsed.errors);
    let diagnostics = |list: Vec<Fault>| place(list, base, places, text);
    let wrong_at = errors
        .first()
        .map_or(0, |fault| text.back(fault.span.start));
    if parsed.gave_up {
        return Outcome::Broken(diagnostics(errors), wrong_at);
    }
    if text.inserted.is_empty()
        && errors.is_empty()
        && let Some(text) = recover::without_guard(&parsed, base)
    {
        return Outcome::Retry(text);
    }
    if text.inserted.is_empty()
        && let Some(at) = recover::object_at_end(&parsed)
    {
        return Outcome::Retry(recover::as_object(base, at));
    }
    let mut faults = Faults::default();
    let mut script = analyze(&parsed, base, places, text, &mut faults);
    if !errors.is_empty() {
        // What only a compiler of TypeScript objects to does not keep a script from running.
        let again = Allocator::default();
        if language != Language::TypeScript
            || !parse(&again, &script.javascript, Language::JavaScript).is_fine()
        {
            return Outcome::Broken(diagnostics(errors), wrong_at);
        }
        for fault in errors {
            faults.add(
                Severity::Warning,
                fault.code,
                fault.span,
                fault.message,
                fault.hint,
            );
        }
    }
    let refused = faults.any_error();
    let list = diagnostics(faults.list);
    if refused {
        return Outcome::Refused(list);
    }
    script.warnings = list;
    Outcome::Script(Box::new(script))
}

fn analyze(
    parsed: &Parsed<'_>,
    base: &str,
    places: &Places,
    text: &Text,
    faults: &mut Faults,
) -> Script {
    let source = parsed.source();
    let scoping = parsed.semantic.scoping();
    let mut edits = Edits::new(&text.text);
    let seen = blank::types(parsed.program, scoping, source, &mut edits, faults);
    for (span, module) in &seen.dynamic_imports {
        let hint = match module {
            Some(module) if specifier::parse(module).is_none() => specifier::instead(module),
            Some(module) => format!(
                "write `import * as name from {}` at the start",
                quoted(module)
            ),
            None => "write `import { name } from \"mcp:SERVER\"` at the start".to_owned(),
        };
        faults.error(
            Code::NotStatic,
            *span,
            "the module of `import()` is not known before the script runs",
            hint,
        );
    }
    let back = |at| text.back(at);
    let reader = Reader {
        text: base,
        places,
        back: &back,
    };
    let mut collector = Collector::new(parsed, &reader);
    let mut imports = Imports {
        collector: &mut collector,
        source,
        edits: &mut edits,
        faults,
        list: Vec::new(),
        tail: Vec::new(),
    };
    imports.read(parsed.program);
    let (list, mut tail) = (imports.list, imports.tail);
    let form = forms::result(parsed, &seen.returns, &list, &mut edits, faults);
    let mut globals = Globals {
        collector: &mut collector,
        edits: &mut edits,
        faults,
        tail: Vec::new(),
        has_module: form.has_module,
        advised: 0,
    };
    globals.read();
    tail.extend(form.tail);
    tail.extend(globals.tail);
    for line in &tail {
        edits.append(line);
    }
    let reads = answers::follow(parsed, &reader, collector.calls(), faults);
    let manifest = collector.into_manifest(reads);
    let (javascript, moves) = edits.apply(&text.text, &text.inserted);
    Script {
        javascript,
        manifest,
        warnings: Vec::new(),
        moves,
        lines: offset(base.matches('\n').count() + 1),
        typescript: text.inserted.is_empty().then(|| text.text.clone()),
    }
}

/// Faults of the text that was parsed, as places in the text that was given.
fn place(list: Vec<Fault>, base: &str, places: &Places, text: &Text) -> Vec<Diagnostic> {
    let mut list: Vec<_> = list
        .into_iter()
        .map(|fault| Diagnostic {
            code: fault.code,
            severity: fault.severity,
            at: places.span(base, text.back(fault.span.start), text.back(fault.span.end)),
            message: fault.message,
            hint: fault.hint,
        })
        .collect();
    list.sort_by_key(|diagnostic| diagnostic.at);
    list.dedup();
    list
}
