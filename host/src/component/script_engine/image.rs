//! The script engine as a program has it: its component, and what was compiled of it when the program was built.

use std::borrow::Cow;

/// The component of the script engine, and its compiled form if the program has that too.
#[derive(Clone)]
pub struct ScriptImage {
    component: Cow<'static, [u8]>,
    code: Option<&'static [u8]>,
}

impl ScriptImage {
    /// Adds the compiled form. A process loads it in a millisecond: it is a part of the program, so it is neither read
    /// nor verified.
    ///
    /// Where it is not for this version of Wasmtime or not for this processor, [`ScriptEngine::load`] compiles the
    /// component.
    ///
    /// # Safety
    ///
    /// The bytes are what Wasmtime compiled of this component. They run as native code, and are not checked.
    ///
    /// [`ScriptEngine::load`]: super::ScriptEngine::load
    #[allow(
        unsafe_code,
        reason = "native code runs as it is: only the caller knows where it comes from"
    )]
    #[must_use]
    pub unsafe fn with_code(self, code: &'static [u8]) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    pub(super) fn component(&self) -> &[u8] {
        &self.component
    }

    pub(super) fn code(&self) -> Option<&'static [u8]> {
        self.code
    }
}

impl From<&'static [u8]> for ScriptImage {
    fn from(component: &'static [u8]) -> Self {
        Self {
            component: component.into(),
            code: None,
        }
    }
}

impl From<Vec<u8>> for ScriptImage {
    fn from(component: Vec<u8>) -> Self {
        Self {
            component: component.into(),
            code: None,
        }
    }
}
