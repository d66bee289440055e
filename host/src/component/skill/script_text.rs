//! A script that was read: its text, its JavaScript, and what its imports say. Runs nothing, and knows no engine.

use std::fmt;
use std::sync::Arc;

use mcp_codegen::names;
use mcp_script::{Code, Diagnostic, HostName, Refused, Script, Span};

use super::needs::{NeededTool, Needs};
use crate::component::digest::Digest;
use crate::rules::limits::Limits;

/// A script that was read: its text, and what its imports say.
pub struct ScriptText {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) javascript: Arc<str>,
    pub(crate) read: Script,
}

/// A script that is not run, and why: each reason has its place.
#[derive(Debug)]
pub struct ScriptError {
    name: String,
    text: String,
    diagnostics: Vec<Diagnostic>,
}

impl ScriptError {
    pub(crate) fn new(name: &str, text: &str, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            diagnostics,
        }
    }

    /// The code of the first problem, as `unknown_import`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        let first = self.diagnostics.first();
        first.map_or("syntax", |diagnostic| diagnostic.code.name())
    }

    /// What is wrong, in the order of the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.diagnostics.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            f.write_str(diagnostic.render(&self.name, &self.text).trim_end())?;
        }
        Ok(())
    }
}

impl std::error::Error for ScriptError {}

/// The fault of a text whose tree may not fit in the memory of its run.
fn too_dense(needed: usize, memory: usize) -> Diagnostic {
    let at = Span {
        line: 1,
        column: 1,
        length: 1,
    };
    let message = format!(
        "reading the source can take {} MiB, and the run has {} MiB of memory",
        needed.div_ceil(1 << 20),
        memory >> 20
    );
    let hint = "give the run more `memory`, or give large data as `input`";
    Diagnostic::error(Code::Syntax, at, message).with_hint(hint)
}

impl ScriptText {
    /// Reads a script within the memory that a run has by default. `name` is what its errors and its stack call it, as
    /// `report.ts`.
    ///
    /// # Errors
    ///
    /// Those of [`ScriptText::read_within`].
    pub fn read(name: &str, text: &str) -> Result<Self, ScriptError> {
        Self::read_within(name, text, Limits::default().memory)
    }

    /// Reads a script within the memory of its run, in bytes. What reading takes is there again before the run begins.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with its text, or that reading it can take more memory.
    pub fn read_within(name: &str, text: &str, memory: usize) -> Result<Self, ScriptError> {
        let needed = mcp_script::memory(text);
        if text.len() <= mcp_script::MAX_SOURCE && needed > memory {
            return Err(ScriptError::new(
                name,
                text,
                vec![too_dense(needed, memory)],
            ));
        }
        match mcp_script::read(name, text) {
            Ok(read) => Ok(Self {
                name: name.into(),
                text: text.into(),
                javascript: read.javascript().into(),
                read,
            }),
            Err(Refused { diagnostics, .. }) => Err(ScriptError::new(name, text, diagnostics)),
        }
    }

    /// The digest of its text.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// Its length, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// The servers and tools that it imports.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let manifest = self.read.manifest();
        // A script may name a server in any spelling.
        let label = |name: &str| names::package_name(name).unwrap_or_else(|_| name.to_owned());
        let tools = manifest.tools.iter().map(|tool| NeededTool {
            instance: format!("mcp-server:{}/tools", label(&tool.server)),
            server: label(&tool.server),
            label: names::label(&tool.name).into_owned(),
        });
        Needs::with(tools.collect(), self.reads_files())
    }

    /// What may be wrong with it, and does not stop it.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        let warnings = self.read.warnings().iter();
        warnings.filter(|warning| warning.code != Code::NoResult)
    }

    /// The warning of a script that ends without a result.
    pub(crate) fn no_result(&self) -> Option<&Diagnostic> {
        let mut warnings = self.read.warnings().iter();
        warnings.find(|warning| warning.code == Code::NoResult)
    }

    /// A warning or an error as text, with its place and the line.
    pub(crate) fn rendered(&self, diagnostic: &Diagnostic) -> String {
        diagnostic.render(&self.name, &self.text)
    }

    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &mcp_script::Manifest {
        self.read.manifest()
    }

    /// A message about the import of this run, with its place and the line.
    #[must_use]
    pub fn at_run(&self, id: &str, message: &str) -> String {
        let mut runs = self.read.manifest().runs.iter();
        self.at(runs.find(|run| run.id == id).map(|run| run.at), message)
    }

    /// A message about an export of `mcp-host` that it uses, with its place and the line.
    #[must_use]
    pub fn at_host(&self, name: HostName, message: &str) -> String {
        self.at(self.read.manifest().host_at.get(&name).copied(), message)
    }

    fn at(&self, at: Option<Span>, message: &str) -> String {
        match at {
            Some(at) => mcp_script::render_at(&self.name, &self.text, at, message),
            None => message.to_owned(),
        }
    }

    /// The ids of the earlier runs whose results it imports.
    pub fn runs(&self) -> impl Iterator<Item = &str> {
        self.read.manifest().runs.iter().map(|run| run.id.as_str())
    }

    pub(crate) fn reads_files(&self) -> bool {
        use HostName::{ListDir, ReadFile, ReadTextFile, WriteFile};
        let host = &self.read.manifest().host;
        [ReadFile, ReadTextFile, ListDir, WriteFile]
            .iter()
            .any(|name| host.contains(name))
    }

    pub(crate) fn has_state(&self) -> bool {
        self.read.manifest().host.contains(&HostName::State)
    }
}
