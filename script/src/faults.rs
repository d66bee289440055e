//! Faults of a script while it is read, by byte offsets of the text that is parsed. Decides nothing.

use oxc_span::Span;

use crate::diagnostic::{Code, Severity};

/// Faults that are kept. A script with more of them is not read better for knowing all.
const MAX: usize = 50;

pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) list: Vec<Fault>,
}

impl Faults {
    pub(crate) fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(
            Severity::Error,
            code,
            span,
            message.into(),
            Some(hint.into()),
        );
    }

    pub(crate) fn warn(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(
            Severity::Warning,
            code,
            span,
            message.into(),
            Some(hint.into()),
        );
    }

    pub(crate) fn add(
        &mut self,
        severity: Severity,
        code: Code,
        span: Span,
        message: String,
        hint: Option<String>,
    ) {
        // An error is never lost to warnings before it.
        if self.list.len() < MAX || (severity == Severity::Error && self.list.len() < 2 * MAX) {
            self.list.push(Fault {
                code,
                severity,
                span,
                message,
                hint,
            });
        }
    }

    pub(crate) fn any_error(&self) -> bool {
        self.list
            .iter()
            .any(|fault| fault.severity == Severity::Error)
    }
}
