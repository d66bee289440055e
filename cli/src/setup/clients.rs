//! The clients that are known: where each keeps its servers, and how it writes one. Reads no file.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use mcp_bridge::{ClientFormat, Expressions};
use serde_json::{Value, json};

/// A client.
pub(super) struct Client {
    /// What the user types.
    pub(super) name: &'static str,
    /// What it is called.
    pub(super) title: &'static str,
    pub(super) format: ClientFormat,
    style: Style,
    /// How a value is taken from a variable in this client's own file; `None`: it passes all of them on.
    variable: Option<fn(&str) -> String>,
    places: fn(&Homes) -> Vec<Place>,
}

/// How a client writes a server.
#[derive(Clone, Copy)]
enum Style {
    Plain,
    /// With `"type": "stdio"`.
    Typed,
    /// With `env_vars`: Codex passes on a few variables and these.
    Codex,
    /// One list with program and arguments.
    Opencode,
}

/// A file that may hold the servers of a client, and what shows that the client is there.
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) marker: PathBuf,
}

/// Directories of this user.
pub(super) struct Homes {
    home: PathBuf,
    config: PathBuf,
    /// Where programs with windows keep their settings.
    apps: PathBuf,
    variable: fn(&str) -> Option<PathBuf>,
}

impl Homes {
    pub(super) fn of_user() -> anyhow::Result<Self> {
        let base = etcetera::choose_base_strategy()?;
        let home = base.home_dir().to_owned();
        let config = base.config_dir();
        let apps = match cfg!(target_os = "macos") {
            true => home.join("Library").join("Application Support"),
            false => config.clone(),
        };
        let variable = |name: &str| {
            let value = std::env::var_os(name).map(PathBuf::from);
            value.filter(|path| path.is_absolute())
        };
        Ok(Self {
            home,
            config,
            apps,
            variable,
        })
    }
}

fn braces(name: &str) -> String {
    format!("${{env:{name}}}")
}

/// All of them, in the order of the documentation.
pub(super) static CLIENTS: [Client; 9] = [
    Client {
        name: "claude-code",
        title: "Claude Code",
        format: format("mcpServers", Expressions::Braces),
        style: Style::Typed,
        // Without a default, a variable that is not set is an error of the whole file.
        variable: Some(|name| format!("${{{name}:-}}")),
        places: |homes| match (homes.variable)("CLAUDE_CONFIG_DIR") {
            Some(dir) => vec![place(dir.join(".claude.json"), dir)],
            None => vec![place(
                homes.home.join(".claude.json"),
                homes.home.join(".claude"),
            )],
        },
    },
    Client {
        name: "claude-desktop",
        title: "Claude Desktop",
        format: format("mcpServers", Expressions::None),
        style: Style::Plain,
        variable: None,
        places: |homes| {
            vec![inside(
                homes.apps.join("Claude"),
                "claude_desktop_config.json",
            )]
        },
    },
    Client {
        name: "cursor",
        title: "Cursor",
        format: format("mcpServers", Expressions::Braces),
        style: Style::Plain,
        variable: Some(braces),
        places: |homes| vec![inside(homes.home.join(".cursor"), "mcp.json")],
    },
    Client {
        name: "vscode",
        title: "VS Code",
        format: format("servers", Expressions::Braces),
        style: Style::Typed,
        variable: Some(braces),
        places: |homes| {
            let editions = ["Code", "Code - Insiders", "VSCodium"];
            let users = editions.map(|edition| homes.apps.join(edition).join("User"));
            users.map(|user| inside(user, "mcp.json")).into()
        },
    },
    Client {
        name: "codex",
        title: "Codex",
        format: format("mcp_servers", Expressions::None),
        style: Style::Codex,
        variable: None,
        places: |homes| {
            let own = (homes.variable)("CODEX_HOME");
            vec![inside(
                own.unwrap_or_else(|| homes.home.join(".codex")),
                "config.toml",
            )]
        },
    },
    Client {
        name: "gemini",
        title: "Gemini CLI",
        format: format("mcpServers", Expressions::Dollar),
        style: Style::Plain,
        // It keeps variables from servers whose names look like secrets.
        variable: Some(|name| format!("${name}")),
        places: |homes| vec![inside(homes.home.join(".gemini"), "settings.json")],
    },
    Client {
        name: "opencode",
        title: "opencode",
        format: format("mcp", Expressions::Opencode),
        style: Style::Opencode,
        variable: None,
        places: |homes| {
            let dir = homes.config.join("opencode");
            let own = (homes.variable)("OPENCODE_CONFIG").map(|file| place(file.clone(), file));
            let names = ["opencode.json", "opencode.jsonc", "config.json"];
            let places = names.map(|name| inside(dir.clone(), name));
            own.into_iter().chain(places).collect()
        },
    },
    Client {
        name: "zed",
        title: "Zed",
        format: format("context_servers", Expressions::None),
        style: Style::Plain,
        variable: None,
        // On macOS too.
        places: |homes| vec![inside(homes.config.join("zed"), "settings.json")],
    },
    Client {
        name: "windsurf",
        title: "Windsurf",
        format: format("mcpServers", Expressions::Braces),
        style: Style::Plain,
        variable: Some(braces),
        places: |homes| {
            vec![inside(
                homes.home.join(".codeium").join("windsurf"),
                "mcp_config.json",
            )]
        },
    },
];

const fn format(key: &'static str, expressions: Expressions) -> ClientFormat {
    ClientFormat { key, expressions }
}

fn place(file: PathBuf, marker: PathBuf) -> Place {
    Place { file, marker }
}

fn inside(dir: PathBuf, name: &str) -> Place {
    place(dir.join(name), dir)
}

impl Client {
    /// The client that the user types.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        CLIENTS.iter().find(|client| client.name == name)
    }

    /// Where its file may be, the likeliest first.
    pub(super) fn places(&self, homes: &Homes) -> Vec<Place> {
        (self.places)(homes)
    }

    /// The entry of this program, which gets these variables of the client's environment.
    pub(super) fn entry(&self, program: &Path, args: &[String], variables: &[String]) -> Value {
        let program = program.display().to_string();
        let mut entry = match self.style {
            Style::Plain | Style::Codex => json!({ "command": program, "args": args }),
            Style::Typed => json!({ "type": "stdio", "command": program, "args": args }),
            Style::Opencode => {
                let line: Vec<_> = std::iter::once(&program).chain(args).collect();
                json!({ "type": "local", "command": line, "enabled": true })
            }
        };
        if variables.is_empty() {
            return entry;
        }
        if let Style::Codex = self.style {
            entry["env_vars"] = json!(variables);
        } else if let Some(value) = self.variable {
            let pairs = variables
                .iter()
                .map(|name| (name.clone(), json!(value(name))));
            entry["env"] = Value::Object(pairs.collect());
        }
        entry
    }
}
