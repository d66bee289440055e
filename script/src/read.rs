//! The walk from a text to a script: parse, blank the types, find the tools, find the result. Does no I/O.

use oxc_allocator::Allocator;

use crate::base::{self, Text};
use crate::blank;
use crate::collect::Collector;
use crate::diagnostic::{Code, Diagnostic, Severity, quoted};
use crate::edits::{Edits, Move, original};
use crate::faults::{Fault, Faults};
use crate::forms;
use crate::globals::Globals;
use crate::imports::Imports;
use crate::literal::Reader;
use crate::manifest::Manifest;
use crate::place::{Places, Span, offset};
use crate::specifier;
use crate::stack;
use crate::syntax::{Language, Parsed, parse};

/// Bytes of a source, at most.
pub const MAX_SOURCE: usize = 256 << 10;

/// A script that can run: its JavaScript, and what it can call.
#[derive(Clone, Debug)]
pub struct Script {
    javascript: String,
    manifest: Manifest,
    warnings: Vec<Diagnostic>,
    moves: Vec<Move>,
    lines: u32,
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

/// What came of a text.
enum Outcome {
    Script(Box<Script>),
    /// The syntax is right, and the script must not run.
    Refused(Vec<Diagnostic>),
    /// The syntax is wrong.
    Broken(Vec<Diagnostic>),
}

fn read_base(name: &str, base: &str) -> Result<Script, Refused> {
    let is_javascript = [".js", ".mjs", ".cjs"]
        .iter()
        .any(|end| name.ends_with(end));
    let text = Text::plain(base);
    let places = Places::new(base);
    if is_javascript
        && let Outcome::Script(script) = attempt(base, &places, &text, Language::JavaScript)
    {
        return Ok(*script);
    }
    match attempt(base, &places, &text, Language::TypeScript) {
        Outcome::Script(script) => Ok(*script),
        Outcome::Refused(diagnostics) | Outcome::Broken(diagnostics) => {
            Err(Refused { diagnostics })
        }
    }
}

fn attempt(base: &str, places: &Places, text: &Text, language: Language) -> Outcome {
    let allocator = Allocator::default();
    let mut parsed = parse(&allocator, &text.text, language);
    let errors = std::mem::take(&mut parsed.errors);
    let diagnostics = |list: Vec<Fault>| place(list, base, places, text);
    if parsed.gave_up {
        return Outcome::Broken(diagnostics(errors));
    }
    let mut faults = Faults::default();
    let mut script = analyze(&parsed, base, places, text, &mut faults);
    if !errors.is_empty() {
        // What only a compiler of TypeScript objects to does not keep a script from running.
        let again = Allocator::default();
        if language != Language::TypeScript
            || !parse(&again, &script.javascript, Language::JavaScript).is_fine()
        {
            return Outcome::Broken(diagnostics(errors));
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
    };
    globals.read();
    tail.extend(form.tail);
    tail.extend(globals.tail);
    for line in &tail {
        edits.append(line);
    }
    let manifest = collector.into_manifest();
    let (javascript, moves) = edits.apply(&text.text, &text.inserted);
    Script {
        javascript,
        manifest,
        warnings: Vec::new(),
        moves,
        lines: offset(base.matches('\n').count() + 1),
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
