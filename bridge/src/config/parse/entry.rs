//! One server: the keys of its entry, with the names that other clients have for them.

use mcp_codegen::names::shown;
use mcp_codegen::near::nearest;

use super::node::{Node, Value};
use super::notice::Notices;
use super::oauth::Beside;
use super::object::{Fault, Field, Object, Pairs};
use super::{policy, timeouts};
use crate::config::{Elicitation, ServerConfig, Transport};

/// Whether the entry is to be kept and not used: known of an entry too that has no meaning otherwise.
pub(super) fn is_disabled(node: &Node) -> bool {
    SWITCHES.iter().any(|(key, truth)| {
        matches!(node.get(key), Some(Node { value: Value::Bool(is), .. }) if is == truth)
    })
}

/// The keys that keep a server out, and with which value.
const SWITCHES: [(&str, bool); 3] = [("disabled", true), ("enabled", false), ("isActive", false)];

/// Whether an object of this shape is a server, wherever it stands.
pub(super) fn looks_like_a_server(node: &Node) -> bool {
    let has = |key: &&str| {
        node.get(key)
            .is_some_and(|node| matches!(node.value, Value::Text(_) | Value::List(_)))
    };
    has(&"command") || URLS.iter().any(has)
}

/// The address. Gemini CLI has `httpUrl` beside the `url` of an older transport; Windsurf has `serverUrl`.
const URLS: [&str; 4] = ["httpUrl", "serverUrl", "url", "baseUrl"];

/// The server, or what is wrong with its entry.
pub(super) fn server(
    name: &str,
    node: &Node,
    opencode: bool,
    notices: &mut Notices,
) -> Result<ServerConfig, Fault> {
    if name.is_empty() {
        return Err(of_entry(
            node,
            "its name is empty: no command and no import can name it",
        ));
    }
    if node.members().is_none() {
        let kind = node.kind();
        return Err(of_entry(
            node,
            format!("found {kind}, expected an object with `command` or `url`"),
        ));
    }
    if let Some(key) = ["mcpServers", "servers"]
        .into_iter()
        .find(|key| node.get(key).is_some())
    {
        let message = format!("has servers of its own in `{key}`: move them up, beside this entry");
        return Err(of_entry(node, message));
    }
    let mut object = Object::top(node);
    let mut server = reached(name, node, &mut object, notices)?;
    // They say the same with opposite words, and any of them keeps the server out.
    for (key, truth) in SWITCHES {
        let field = object.take(key);
        if field.map(|field| field.truth()).transpose()? == Some(truth) {
            server.disabled_by.push(key);
        }
    }
    server.disabled = !server.disabled_by.is_empty();
    timeouts::read(&mut object, node, opencode, &mut server, notices)?;
    if let Some(field) = object.take("elicitation") {
        server.elicitation = elicitation(&field)?;
    }
    if let Some(field) = object.take("limits") {
        (server.limits, server.bounds) = policy::limits(&field, notices)?;
    }
    if let Some(field) = object.take("cache") {
        server.cache = Some(policy::cache(&field, notices)?);
    }
    notices.unknown(&object);
    Ok(server)
}

/// The keys that say how the server is reached, which depend on each other.
fn reached(
    name: &str,
    node: &Node,
    object: &mut Object<'_>,
    notices: &mut Notices,
) -> Result<ServerConfig, Fault> {
    let kind = object.take_any(&["type", "transport", "transportType"]);
    let is_process = kind.as_ref().map(is_process).transpose()?;
    let command = object.take("command");
    let url = object.take_any(&URLS);
    let process = Process::take(object);
    let endpoint = Endpoint::take(object);
    match (command, url) {
        (Some(_), Some(_)) => Err(of_entry(
            node,
            "has both `command` and `url`: keep one of them",
        )),
        (None, None) => Err(of_entry(node, unreached(node))),
        (Some(command), None) if is_process != Some(false) => {
            endpoint.unread(notices);
            process.server(name, &command)
        }
        (None, Some(url)) if is_process != Some(true) => {
            process.unread(notices);
            endpoint.server(name, &url, notices)
        }
        (None, Some(_)) => Err(of_entry(
            node,
            "`type` says that it is a program, and it has a `url`: write `\"type\": \"http\"`, or leave `type` out",
        )),
        (Some(_), None) => Err(of_entry(
            node,
            "`type` says that it is called over HTTP, and it has a `command`: write `\"type\": \"stdio\"`, or leave \
             `type` out",
        )),
    }
}

/// A misspelt key may be the one that is missing.
fn unreached(node: &Node) -> String {
    let mut message =
        "has neither `command` (a program to start) nor `url` (a server to call)".to_owned();
    let known = ["command", "url"];
    let mut members = node.members().unwrap_or_default().iter();
    // `cmd`, as it is often written, is not near by its letters.
    let meant = members.find_map(|member| match &*member.key {
        "cmd" | "exec" | "program" => Some((&member.key, "command")),
        key => Some((&member.key, nearest(key, known)?)),
    });
    if let Some((written, meant)) = meant {
        message.push_str(&format!(
            "; did you mean `{meant}` by `{}`?",
            shown(written)
        ));
    }
    message
}

fn of_entry(node: &Node, message: impl Into<String>) -> Fault {
    Fault {
        at: node.at,
        key: None,
        message: message.into(),
    }
}

/// The word of `type` in any case, with or without a separator.
fn is_process(kind: &Field<'_>) -> Result<bool, Fault> {
    let written = kind.text()?;
    let letters = written
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric());
    match &*letters
        .map(|letter| letter.to_ascii_lowercase())
        .collect::<String>()
    {
        "stdio" | "local" => Ok(true),
        "http" | "streamablehttp" | "remote" | "sse" => Ok(false),
        _ => Err(kind.fault(format!(
            "`{written}` is not supported: write `stdio` with `command`, \
             or `http`, `streamable-http` or `sse` with `url`"
        ))),
    }
}

/// The keys of a process. `environment` is opencode's, `env_vars` Codex's, `working_directory` Warp's.
struct Process<'a> {
    args: Option<Field<'a>>,
    env: [Option<Field<'a>>; 2],
    env_file: Option<Field<'a>>,
    env_vars: Option<Field<'a>>,
    cwd: Option<Field<'a>>,
}

impl<'a> Process<'a> {
    fn take(object: &mut Object<'a>) -> Self {
        Self {
            args: object.take("args"),
            env: [object.take("environment"), object.take("env")],
            env_file: object.take("envFile"),
            env_vars: object.take("env_vars"),
            cwd: object.take_any(&["cwd", "working_directory"]),
        }
    }

    fn server(&self, name: &str, command: &Field<'_>) -> Result<ServerConfig, Fault> {
        let mut line = words(command)?;
        let program = line.remove(0);
        let (mut env, mut unset) = (Pairs::new(), Vec::new());
        // An older Zed has an object with all of them.
        let zed = command.node.members().is_some();
        let inner = zed.then(|| command.object("an object")).transpose()?;
        let (inner_args, inner_env) = match inner {
            Some(mut object) => (object.take("args"), object.take("env")),
            None => (None, None),
        };
        for args in inner_args.iter().chain(&self.args) {
            line.extend(args.texts()?);
        }
        for field in inner_env.iter().chain(self.env.iter().flatten()) {
            let (pairs, without) = field.pairs()?;
            env.extend(pairs);
            unset.extend(without);
        }
        let transport = Transport::Stdio {
            command: program,
            args: line,
            env,
            cwd: self.cwd.as_ref().map(Field::text).transpose()?,
        };
        Ok(ServerConfig {
            env_file: self.env_file.as_ref().map(Field::text).transpose()?,
            inherited: self
                .env_vars
                .as_ref()
                .map_or(Ok(Vec::new()), Field::texts)?,
            unset,
            ..ServerConfig::new(name, transport)
        })
    }

    fn unread(&self, notices: &mut Notices) {
        let fields = [
            &self.args,
            &self.env[0],
            &self.env[1],
            &self.env_file,
            &self.env_vars,
            &self.cwd,
        ];
        for field in fields
            .into_iter()
            .flatten()
            .filter(|field| !is_empty(field))
        {
            notices.unread(Some(field), "command");
        }
    }
}

/// The program, and the arguments that stand beside it in the same key: opencode has a list, an older Zed an object.
fn words(command: &Field<'_>) -> Result<Vec<String>, Fault> {
    match &command.node.value {
        Value::Text(program) => Ok(vec![program.clone()]),
        Value::List(items) if !items.is_empty() => command.texts(),
        Value::Object(_) if command.node.get("path").is_some() => {
            let path = command.object("an object")?.take("path");
            let path = path.ok_or_else(|| command.fault("key `path` is null"))?;
            Ok(vec![path.text()?])
        }
        _ => Err(command.fault(format!(
            "found {}, expected the program as a string",
            match &command.node.value {
                Value::List(_) => "an empty list",
                _ => command.node.kind(),
            }
        ))),
    }
}

/// The keys of an address. `http_headers` and the two with names of variables are Codex's.
struct Endpoint<'a> {
    headers: [Option<Field<'a>>; 2],
    from_variables: Option<Field<'a>>,
    bearer: Option<Field<'a>>,
    ca_file: Option<Field<'a>>,
    login: Beside<'a>,
}

impl<'a> Endpoint<'a> {
    fn take(object: &mut Object<'a>) -> Self {
        Self {
            headers: [object.take("http_headers"), object.take("headers")],
            from_variables: object.take("env_http_headers"),
            bearer: object.take("bearer_token_env_var"),
            ca_file: object.take("caFile"),
            login: Beside::take(object),
        }
    }

    fn server(
        &self,
        name: &str,
        url: &Field<'_>,
        notices: &mut Notices,
    ) -> Result<ServerConfig, Fault> {
        let mut headers = Pairs::new();
        if let Some(bearer) = &self.bearer {
            let value = format!("Bearer ${{{}}}", bearer.text()?);
            headers.push(("Authorization".to_owned(), value.into()));
        }
        if let Some(field) = &self.from_variables {
            for (header, variable) in field.fields("an object of names of variables")? {
                let value = format!("${{{}}}", variable.text()?);
                headers.push((header, value.into()));
            }
        }
        for field in self.headers.iter().flatten() {
            headers.extend(field.pairs()?.0);
        }
        let url = url.text()?;
        Ok(ServerConfig {
            ca_file: self.ca_file.as_ref().map(Field::text).transpose()?,
            oauth: self.login.read(notices)?,
            ..ServerConfig::new(name, Transport::Http { url, headers })
        })
    }

    fn unread(&self, notices: &mut Notices) {
        let fields = [
            &self.headers[0],
            &self.headers[1],
            &self.from_variables,
            &self.bearer,
            &self.ca_file,
        ];
        for field in fields
            .into_iter()
            .flatten()
            .chain(self.login.fields())
            .filter(|field| !is_empty(field))
        {
            notices.unread(Some(field), "url");
        }
    }
}

/// Some programs write every key, and leave empty what is not meant.
fn is_empty(field: &Field<'_>) -> bool {
    match &field.node.value {
        Value::List(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn elicitation(field: &Field<'_>) -> Result<Elicitation, Fault> {
    match &*field.text()? {
        "decline" => Ok(Elicitation::Decline),
        "defaults" => Ok(Elicitation::Defaults),
        other => Err(field.fault(format!("`{other}` is neither `decline` nor `defaults`"))),
    }
}
