//! Reports what a script may do, from its imports.

use mcp_script::HostName;

use super::{EntryKind, Inspection, Manifest, Tool};
use crate::component::skill::ScriptText;

/// Reports what a script may do: its imports, without running it.
#[must_use]
pub fn inspect_script(name: &str, script: &ScriptText) -> Inspection {
    let manifest = script.manifest();
    let tools = manifest.tools.iter().map(|tool| Tool {
        server: tool.server.clone(),
        function: tool.name.clone(),
    });
    let mut permissions = Manifest {
        tools: tools.collect(),
        // `console` writes to it.
        log: vec!["log".to_owned()],
        ..Manifest::default()
    };
    let mut files = |label: &str| {
        if !permissions.files.iter().any(|known| known == label) {
            permissions.files.push(label.to_owned());
        }
    };
    for host in &manifest.host {
        match host {
            HostName::ReadFile | HostName::ReadTextFile => files("read-file"),
            HostName::ListDir => files("list-dir"),
            HostName::WriteFile => files("write-file"),
            HostName::State | HostName::Input | HostName::Log | HostName::ToolError => {}
        }
    }
    if script.has_state() {
        let functions = ["get", "set", "delete", "list-keys", "compare-and-swap"];
        permissions.state = functions.map(str::to_owned).to_vec();
    }
    Inspection {
        digest: script.digest(),
        size: script.size(),
        name: Some(name.to_owned()),
        entry: EntryKind::Script,
        exports: Vec::new(),
        functions: Vec::new(),
        producers: Vec::new(),
        permissions,
        wit: String::new(),
    }
}
