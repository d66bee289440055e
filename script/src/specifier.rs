//! What the text after `from` names: a server's tools, the host, the result of a run, or nothing that exists here.
//! Knows no servers.

/// The module that the engine itself has.
pub(crate) const HOST: &str = "mcp-host";

/// Bytes of a server's name in a specifier.
const NAME: usize = 128;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Specifier<'a> {
    /// `mcp:github`, or `mcp-server:github/tools`, each with or without a version.
    Tools { server: &'a str },
    /// `mcp-host`.
    Host,
    /// `run:r_7f3k2m9q`.
    Run { id: &'a str },
}

pub(crate) fn parse(text: &str) -> Option<Specifier<'_>> {
    if text == HOST {
        return Some(Specifier::Host);
    }
    if let Some(id) = text.strip_prefix("run:") {
        return is_run(id).then_some(Specifier::Run { id });
    }
    let (package, version) = match text.split_once('@') {
        Some((package, version)) => (package, Some(version)),
        None => (text, None),
    };
    if version.is_some_and(|version| !is_version(version)) {
        return None;
    }
    let server = package
        .strip_prefix("mcp-server:")
        .and_then(|rest| rest.strip_suffix("/tools"))
        .or_else(|| package.strip_prefix("mcp:"))?;
    is_server(server).then_some(Specifier::Tools { server })
}

fn is_run(id: &str) -> bool {
    let Some(rest) = id.strip_prefix("r_") else {
        return false;
    };
    rest.len() == 8
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_version(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'))
}

fn is_server(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// The specifier of a server that a script names as a global: `gitHistory.log()` or `git_history.log()`.
pub(crate) fn of_global(name: &str) -> Option<String> {
    let mut server = String::new();
    for char in name.chars() {
        let starts_word = char.is_ascii_uppercase() || char == '_';
        if starts_word && !server.is_empty() && !server.ends_with('-') {
            server.push('-');
        }
        if char != '_' {
            server.push(char.to_ascii_lowercase());
        }
    }
    is_server(&server).then(|| format!("mcp-server:{server}/tools"))
}

/// What to write instead of a module that does not exist.
pub(crate) fn instead(text: &str) -> String {
    let name = text.strip_prefix("node:").unwrap_or(text);
    let root = name.split('/').next().unwrap_or(name);
    if let Some(hint) = package(root) {
        return hint.to_owned();
    }
    if text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with('/')
        || text.starts_with("file:")
    {
        return "a script is one file: put that code into it".to_owned();
    }
    if text.starts_with("https:") || text.starts_with("http:") || text.starts_with("data:") {
        return "a script has no network: put that code into it, or call a tool of a server"
            .to_owned();
    }
    if text.starts_with("npm:") || text.starts_with("jsr:") {
        return "a script has no packages: write what it needs in the script".to_owned();
    }
    if text.starts_with("run:") {
        return "an earlier run is imported by its id, such as \"run:r_7f3k2m9q\"".to_owned();
    }
    if text.starts_with("node:") {
        return "a script has no Node.js modules: write it in plain JavaScript, or call a tool"
            .to_owned();
    }
    if text.starts_with("mcp-host") || text.starts_with("@mcp-host") {
        return "did you mean \"mcp-host\"".to_owned();
    }
    let server = text
        .trim_start_matches("mcp-server:")
        .trim_start_matches("mcp:")
        .trim_start_matches("mcp://");
    let server = server
        .split(['/', '@'])
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    if is_server(server) && text.starts_with("mcp") {
        return format!("did you mean \"mcp:{server}\"");
    }
    if is_server(server) && !text.starts_with('@') {
        return format!(
            "a script has no packages. Tools of a server: import {{ tool }} from \"mcp:{server}\""
        );
    }
    "a script can import \"mcp:SERVER\", \"mcp-host\" and \"run:ID\"".to_owned()
}

/// Modules that models reach for.
fn package(root: &str) -> Option<&'static str> {
    Some(match root {
        "fs" | "fs-extra" | "graceful-fs" => {
            "files are in the host: import { readTextFile, writeFile, listDir } from \"mcp-host\""
        }
        "axios" | "node-fetch" | "undici" | "got" | "ky" | "superagent" | "request" | "http"
        | "https" | "http2" | "net" | "tls" | "dns" | "dgram" | "ws" => {
            "a script has no network: call a tool of a server that does this"
        }
        "child_process" | "execa" | "shelljs" | "worker_threads" | "cluster" => {
            "a script starts no processes: call a tool of a server that does this"
        }
        "process" | "dotenv" | "os" => {
            "a script has no environment: what it needs comes in `input`"
        }
        "path" => "paths are text that is joined with `/`",
        "url" | "buffer" | "crypto" | "timers" | "perf_hooks" | "structured-clone" => {
            "use the globals: URL, TextEncoder, crypto.randomUUID, setTimeout, performance, structuredClone"
        }
        "util" | "events" | "stream" | "assert" | "readline" | "zlib" | "module" | "vm" => {
            "a script has no Node.js modules: write it in plain JavaScript, or call a tool"
        }
        "lodash" | "underscore" | "ramda" | "moment" | "dayjs" | "date-fns" | "luxon" | "zod"
        | "uuid" | "cheerio" | "csv-parse" | "papaparse" | "yaml" | "p-limit" | "chalk"
        | "react" => "a script has no packages: write what it needs in plain JavaScript",
        "@modelcontextprotocol" | "openai" | "@anthropic-ai" => {
            "tools are imported as functions: import { tool } from \"mcp:SERVER\""
        }
        "console" => "`console` is a global",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn specifiers_name_a_server_the_host_or_a_run() {
        for text in [
            "mcp:github",
            "mcp:github@1.2.3",
            "mcp-server:github/tools",
            "mcp-server:github/tools@0.1.0-rc.1",
        ] {
            assert_eq!(
                parse(text),
                Some(Specifier::Tools { server: "github" }),
                "{text}"
            );
        }
        assert_eq!(parse("mcp-host"), Some(Specifier::Host));
        assert_eq!(
            parse("run:r_7f3k2m9q"),
            Some(Specifier::Run { id: "r_7f3k2m9q" })
        );
        for text in [
            "",
            "github",
            "mcp:",
            "mcp:a b",
            "mcp:github/tools",
            "mcp:github@",
            "mcp:github@1@2",
            "mcp-server:github",
            "run:r_7f3",
            "run:r_7F3K2M9Q",
            "Mcp:github",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_there_has_a_hint() {
        assert!(instead("node:fs/promises").contains("readTextFile"));
        assert!(instead("./util").contains("one file"));
        assert!(instead("https://esm.sh/x").contains("network"));
        assert!(instead("mcp-server:github").ends_with("mean \"mcp:github\""));
        assert!(instead("@modelcontextprotocol/sdk/client").contains("functions"));
        assert!(instead("@scope/thing").starts_with("a script can import"));
    }

    #[test]
    fn a_global_is_a_server_in_kebab_case() {
        let of = |name| of_global(name).unwrap();
        assert_eq!(of("github"), "mcp-server:github/tools");
        assert_eq!(of("gitHistory"), "mcp-server:git-history/tools");
        assert_eq!(of("git_history"), "mcp-server:git-history/tools");
        assert_eq!(of_global("größe"), None);
    }
}
