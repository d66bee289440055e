//! The files that the compiler reads: the script, the declarations of its tools, and a configuration under which it
//! looks at no other file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use mcp_codec::definition;
use mcp_codegen::declarations::HOST;
use mcp_codegen::{Annotations, Tool, declarations, names};
use serde_json::{Value, json};

use crate::catalog::ToolServer;
use crate::component::skill::ScriptText;
use crate::link::Linked;
use crate::run::script_tool::ScriptTool;

/// Writes all files, and returns the name of the script's.
pub(super) fn write(
    dir: &Path,
    script: &ScriptText,
    text: &str,
    linked: &Linked,
) -> io::Result<&'static str> {
    let is_javascript = [".js", ".mjs"].iter().any(|end| script.name.ends_with(end));
    let file = if is_javascript {
        "script.js"
    } else {
        "script.ts"
    };
    fs::write(dir.join(file), text)?;
    fs::write(dir.join("mcp-host.d.ts"), HOST)?;
    let mut declared = vec![file.to_owned(), "mcp-host.d.ts".to_owned()];
    for (number, text) in tools(script, linked).into_iter().enumerate() {
        let name = format!("tools-{number}.d.ts");
        fs::write(dir.join(&name), text)?;
        declared.push(name);
    }
    fs::write(dir.join("tsconfig.json"), config(&declared).to_string())?;
    Ok(file)
}

/// `noResolve`: an import, a `/// <reference>` or an `import()` type in the script makes the compiler read no file.
fn config(files: &[String]) -> Value {
    json!({
        "compilerOptions": {
            "target": "es2024",
            "lib": ["es2024"],
            "module": "esnext",
            "moduleResolution": "bundler",
            "moduleDetection": "force",
            "types": [],
            "strict": true,
            "noImplicitAny": false,
            "useUnknownInCatchVariables": false,
            "allowJs": true,
            "checkJs": true,
            "noEmit": true,
            "noResolve": true,
            "skipLibCheck": true,
        },
        "files": files,
    })
}

/// The declarations of each server that the script imports, with the modules as it names them.
fn tools(script: &ScriptText, linked: &Linked) -> Vec<String> {
    let used = linked.capabilities.scripted.iter().map(ScriptTool::names);
    let used: Vec<_> = used.collect();
    let mut servers = BTreeSet::new();
    let mut texts = Vec::new();
    for (server, _) in &used {
        if !servers.insert(server.name()) {
            continue;
        }
        let wanted = |tool: &str| {
            let mut tools = used.iter();
            tools.any(|(of, name)| of.name() == server.name() && *name == tool)
        };
        if let Some(text) = of_server(&***server, wanted, script) {
            texts.push(text);
        }
    }
    texts
}

fn of_server(
    server: &dyn ToolServer,
    wanted: impl Fn(&str) -> bool,
    script: &ScriptText,
) -> Option<String> {
    let all = server.known().iter();
    let all: Vec<Tool> = all
        .map(|tool| match wanted(&tool.name) {
            true => definition(tool),
            // The names of all tools decide on the name of each.
            false => named(&tool.name),
        })
        .collect();
    let declared = declarations(server.name(), &all, wanted).ok()?;
    // Most tools declare no result: objecting to every use of one would be noise.
    let mut text = declared.text.replace("Promise<unknown>", "Promise<any>");
    let module = format!("mcp-server:{}/tools", declared.label);
    let mut specifiers = BTreeSet::new();
    for tool in &script.manifest().tools {
        let label = names::package_name(&tool.server);
        let is_other = label.is_ok_and(|label| label == declared.label)
            && !declared.text.contains(&json!(tool.specifier).to_string());
        if is_other && specifiers.insert(&tool.specifier) {
            let specifier = json!(tool.specifier);
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\ndeclare module {specifier} {{\n  export * from \"{module}\";\n}}\n"
            );
        }
    }
    Some(text)
}

fn named(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        title: None,
        description: None,
        input_schema: json!({}),
        output_schema: None,
        annotations: Annotations::default(),
    }
}
