//! `search_tools`: hits as callable signatures, from the lists that are known now. No search waits for a server, unless
//! nothing at all is known yet.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use mcp_bridge::JsonObject;
use mcp_codegen::names::shown;
use mcp_host::{Grants, Hints};
use mcp_search::{Found, Mark, Query, Shown, signature};
use serde_json::Value;

use crate::answer::{Answer, grouped};
use crate::door::Door;
use crate::indexed::{Snapshot, reads};
use crate::servers::{Known, Listed, Standing};

/// How long the first search of all waits for servers that are starting.
const PATIENCE: Duration = Duration::from_secs(2);

/// Hits of one answer.
const MOST_HITS: usize = 50;

/// Bytes of a reason why a server is down.
const REASON: usize = 200;

/// What an agent asks.
pub(crate) struct Asked {
    pub(crate) text: String,
    pub(crate) server: Option<String>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

pub(crate) async fn search(door: &Door, mut asked: Asked) -> Answer {
    door.servers.start_unknown();
    let mut snapshot = door.known(PATIENCE).await;
    if snapshot.is_empty() || unlisted(&snapshot, &asked.text).is_some() {
        let _ = tokio::time::timeout(PATIENCE, door.servers.settled()).await;
        snapshot = door.known(PATIENCE).await;
    }
    // In any spelling, as a hit writes it.
    let spelled = |name: String| door.servers.name_of(&name).unwrap_or(name);
    asked.server = asked.server.map(spelled);
    // A query over very many tools takes some milliseconds.
    let grants = door.rules.now().grants;
    let search = move || Page(&snapshot, &grants).answer(&asked);
    let (mut text, is_error) = match tokio::task::spawn_blocking(search).await {
        Ok(text) => (text, false),
        Err(error) => (format!("error internal  {error}"), true),
    };
    for warning in door.faults() {
        let _ = write!(text, "\nwarning: {warning}");
    }
    Answer {
        text,
        is_error,
        attached: Vec::new(),
        paused: None,
    }
}

/// The server whose tool the text names, if its tools are not known.
fn unlisted<'s>(snapshot: &'s Snapshot, text: &str) -> Option<&'s Known> {
    snapshot.servers.iter().find(|server| {
        let tool = text.strip_prefix(&server.listed.name);
        server.is_unlisted() && tool.is_some_and(|tool| tool.starts_with('.'))
    })
}

/// The text of an answer.
struct Page<'s>(&'s Snapshot, &'s Grants);

impl Page<'_> {
    fn answer(&self, asked: &Asked) -> String {
        // Similar tools of other servers are not what was asked for.
        if let Some(server) = unlisted(self.0, &asked.text) {
            return format!("the tools of this server are not known: {}", line(server));
        }
        let found = self.0.index.search(&Query {
            text: &asked.text,
            server: asked.server.as_deref(),
            limit: asked.limit.clamp(1, MOST_HITS),
            offset: asked.offset,
        });
        let mut text = match (found.hits.is_empty(), found.servers.is_empty()) {
            (true, false) => self.servers(),
            (true, true) if found.total == 0 => self.nothing(asked, &found),
            _ => self.hits(asked, &found),
        };
        for alike in &self.0.alike {
            let _ = write!(text, "\nwarning: {alike}");
        }
        text
    }

    /// `github  117 tools`
    fn servers(&self) -> String {
        let mut text = String::from("Servers:");
        for server in &self.0.servers {
            let _ = write!(text, "\n{}", line(server));
        }
        text.push_str("\nSearch with a query, or with a server to see its tools.");
        text
    }

    fn hits(&self, asked: &Asked, found: &Found<'_>) -> String {
        let mut text = String::new();
        for hit in &found.hits {
            let Some((server, tool)) = self.0.tool(hit.at) else {
                continue;
            };
            let mut marks = Vec::new();
            let rules = self
                .1
                .rules_of(&server.listed.name, &tool.name, Hints::of(tool));
            if rules.may_ask() {
                marks.push(Mark::AsksUser);
            }
            if !reads(tool) {
                marks.push(Mark::Writes);
            }
            if server.listed.standing == Standing::NeedsLogin {
                marks.push(Mark::NeedsLogin);
            }
            let line = signature(&Shown {
                server: hit.server,
                name: hit.name,
                description: tool.description.as_deref().unwrap_or_default(),
                input: &value(&tool.input_schema),
                output: tool.output_schema.as_ref().map(value).as_ref(),
                marks: &marks,
            });
            text.push_str(&line);
            text.push('\n');
        }
        let shown = asked.offset + found.hits.len();
        if found.hits.is_empty() {
            let _ = write!(text, "no more: {} in all", grouped(found.total));
        } else if shown < found.total {
            let _ = write!(
                text,
                "{} to {} of {}; more with offset {shown}",
                asked.offset + 1,
                shown,
                grouped(found.total)
            );
        }
        text.trim_end().to_owned()
    }

    fn nothing(&self, asked: &Asked, found: &Found<'_>) -> String {
        let is_asked = |asked: &str| {
            self.0
                .servers
                .iter()
                .any(|known| known.listed.name == asked)
        };
        if let Some(server) = asked.server.as_deref().filter(|server| !is_asked(server)) {
            let mut text = format!("there is no server {}", shown(server));
            let names = self
                .0
                .servers
                .iter()
                .map(|known| known.listed.name.as_str());
            if let Some(near) = mcp_bridge::nearest(server, names) {
                let _ = write!(text, "; did you mean {}?", shown(near));
            }
            for server in &self.0.servers {
                let _ = write!(text, "\n{}", line(server));
            }
            return text;
        }
        let mut text = format!("nothing found for \"{}\"", shown(&asked.text));
        if let Some(server) = &asked.server {
            let _ = write!(text, " on server {}", shown(server));
        }
        if !found.nearest.is_empty() {
            let nearest: Vec<_> = found.nearest.iter().map(|name| shown(name)).collect();
            let _ = write!(text, "\nnearest: {}", nearest.join(", "));
        }
        // What was asked for may be a tool of these.
        let is_known = |server: &&Known| {
            let Listed {
                standing, tools, ..
            } = &server.listed;
            !matches!(standing, Standing::Up | Standing::Idle)
                || tools.is_none()
                || server.left_out > 0
        };
        for server in self.0.servers.iter().filter(is_known) {
            let _ = write!(text, "\n{}", line(server));
        }
        if self.0.servers.is_empty() {
            text.push_str(
                "\nno server is configured: `mcp-host server add NAME -- COMMAND` adds one",
            );
        }
        text
    }
}

/// A schema as the value that a signature is written from.
fn value(schema: &Arc<JsonObject>) -> Value {
    Value::Object((**schema).clone())
}

/// The first line of a reason, and the last: that is the last line that the server wrote.
fn brief(why: &str) -> String {
    let mut lines = why.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next_back() {
        Some(last) => format!("{first}: {last}"),
        None => first.to_owned(),
    }
}

/// `github  117 tools  needs login`
pub(crate) fn line(known: &Known) -> String {
    let server = &known.listed;
    let mut line = shown(&server.name);
    if let Some(tools) = server.tools {
        let plural = if tools == 1 { "" } else { "s" };
        let _ = write!(line, "  {} tool{plural}", grouped(tools));
    }
    if known.left_out > 0 {
        let left_out = grouped(known.left_out);
        let _ = write!(line, ", {left_out} of them too much to search");
    }
    match &server.standing {
        Standing::Starting => line.push_str("  starting"),
        Standing::NeedsLogin => line.push_str("  needs login"),
        Standing::Down(why) => {
            let _ = write!(
                line,
                "  down: {}",
                mcp_bridge::text::short(&brief(why), REASON)
            );
        }
        Standing::Idle if server.tools.is_none() => line.push_str("  not started yet"),
        Standing::Idle | Standing::Up => {}
    }
    line
}
