//! `search_tools`: hits as callable signatures, from the lists that are known now. No search waits for a server, unless
//! nothing at all is known yet.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use mcp_bridge::{DriftKind, JsonObject};
use mcp_codegen::names::shown;
use mcp_host::{Decision, Grants, Hints};
use mcp_search::{Found, Mark, Query, Shown, signature};
use serde_json::Value;

use crate::answer::{Answer, grouped};
use crate::door::Door;
use crate::indexed::{Snapshot, reads};
use crate::servers::{Known, Listed, Standing};
use crate::skills;

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

impl Asked {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty() && self.server.is_none()
    }
}

/// What a search found.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) hits: Vec<Hit>,
    /// The lines beside the hits.
    pub(crate) notes: Vec<String>,
    pub(crate) is_error: bool,
}

/// One tool that was found.
pub(crate) struct Hit {
    pub(crate) server: String,
    /// As its server declares it.
    pub(crate) name: String,
    pub(crate) signature: String,
}

impl Reply {
    /// The hits, and below them the other lines.
    pub(crate) fn text(&self) -> String {
        let hits = self.hits.iter().map(|hit| hit.signature.as_str());
        let lines: Vec<_> = hits.chain(self.notes.iter().map(String::as_str)).collect();
        lines.join("\n")
    }
}

/// The answer to an agent.
pub(crate) async fn search(door: &Door, scope: u64, asked: Asked) -> Answer {
    let text = asked.text.clone();
    let reply = found(door, asked).await;
    let hits = reply.hits.iter();
    door.searched.note(
        scope,
        &text,
        hits.map(|hit| (hit.server.as_str(), hit.name.as_str())),
    );
    Answer {
        text: reply.text(),
        is_error: reply.is_error,
        attached: Vec::new(),
        paused: None,
    }
}

/// What is found.
pub(crate) async fn found(door: &Door, mut asked: Asked) -> Reply {
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
    let grants = door.rules().grants;
    let search = move || Page(&snapshot, &grants).answer(&asked);
    let mut reply = match tokio::task::spawn_blocking(search).await {
        Ok(reply) => reply,
        Err(error) => Reply {
            notes: vec![format!("error internal  {error}")],
            is_error: true,
            ..Reply::default()
        },
    };
    let faults = door.faults();
    reply
        .notes
        .extend(faults.map(|fault| format!("warning: {fault}")));
    reply
}

/// The server whose tool the text names, if its tools are not known.
fn unlisted<'s>(snapshot: &'s Snapshot, text: &str) -> Option<&'s Known> {
    snapshot.servers.iter().find(|server| {
        let tool = text.strip_prefix(&server.listed.name);
        server.is_unlisted() && tool.is_some_and(|tool| tool.starts_with('.'))
    })
}

/// One page of what is found.
struct Page<'s>(&'s Snapshot, &'s Grants);

impl Page<'_> {
    fn answer(&self, asked: &Asked) -> Reply {
        let mut reply = Reply::default();
        // Similar tools of other servers are not what was asked for.
        if let Some(server) = unlisted(self.0, &asked.text) {
            let note = format!("the tools of this server are not known: {}", line(server));
            reply.notes.push(note);
            return reply;
        }
        let found = self.0.index.search(&Query {
            text: &asked.text,
            server: asked.server.as_deref(),
            limit: asked.limit.clamp(1, MOST_HITS),
            offset: asked.offset,
        });
        match (found.hits.is_empty(), found.servers.is_empty()) {
            (true, false) => self.servers(&mut reply.notes),
            // Without words and without a server, it is the servers that are asked for.
            (true, true) if asked.is_blank() && !self.0.servers.is_empty() => {
                self.servers(&mut reply.notes);
            }
            (true, true) if found.total == 0 => self.nothing(asked, &found, &mut reply),
            _ => self.hits(asked, &found, &mut reply),
        }
        let alike = self.0.alike.iter();
        reply
            .notes
            .extend(alike.map(|alike| format!("warning: {alike}")));
        reply
    }

    /// `github  117 tools`
    fn servers(&self, notes: &mut Vec<String>) {
        notes.push("Servers:".to_owned());
        notes.extend(self.0.servers.iter().map(line));
        if !self.0.skills.is_empty() {
            let (server, count) = (skills::SERVER, grouped(self.0.skills.len()));
            notes.push(format!("{server}  {count} saved"));
        }
        notes.push("Search with a query, or with a server to see its tools.".to_owned());
    }

    fn hits(&self, asked: &Asked, found: &Found<'_>, reply: &mut Reply) {
        for hit in &found.hits {
            if let Some(skill) = self.0.skill(hit.at) {
                reply.hits.push(Hit {
                    server: skills::SERVER.to_owned(),
                    name: skill.name.to_string(),
                    signature: skills::hit(skill),
                });
            }
            let Some((server, tool)) = self.0.tool(hit.at) else {
                continue;
            };
            let mut marks = Vec::new();
            let drift = server.unaccepted.kind(&tool.name);
            let rules = self
                .1
                .rules_of(&server.listed.name, &tool.name, Hints::of(tool));
            if matches!(rules.fixed(), Some(Decision::Deny(_))) {
                marks.push(Mark::Denied);
            } else if rules.may_ask() || drift.is_some() {
                marks.push(Mark::AsksUser);
            }
            match drift {
                Some(DriftKind::New) => marks.push(Mark::New),
                Some(_) => marks.push(Mark::Changed),
                None => {}
            }
            if !reads(tool) {
                marks.push(Mark::Writes);
            }
            if server.listed.standing == Standing::NeedsLogin {
                marks.push(Mark::NeedsLogin);
            }
            let signature = signature(&Shown {
                server: hit.server,
                name: hit.name,
                description: tool.description.as_deref().unwrap_or_default(),
                input: &value(&tool.input_schema),
                output: tool.output_schema.as_ref().map(value).as_ref(),
                marks: &marks,
            });
            reply.hits.push(Hit {
                server: server.listed.name.clone(),
                name: tool.name.to_string(),
                signature,
            });
        }
        let (shown, all) = (asked.offset + found.hits.len(), grouped(found.total));
        if found.hits.is_empty() {
            reply.notes.push(format!("no more: {all} in all"));
        } else if shown < found.total {
            let first = asked.offset + 1;
            let note = format!("{first} to {shown} of {all}; more with offset {shown}");
            reply.notes.push(note);
        }
    }

    fn nothing(&self, asked: &Asked, found: &Found<'_>, reply: &mut Reply) {
        let notes = &mut reply.notes;
        let is_asked = |asked: &str| {
            asked == skills::SERVER
                || self
                    .0
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
            if let Some(near) = mcp_codegen::near::nearest(server, names) {
                let _ = write!(text, "; did you mean {}?", shown(near));
            }
            notes.push(text);
            notes.extend(self.0.servers.iter().map(line));
            reply.is_error = true;
            return;
        }
        let mut text = format!("nothing found for \"{}\"", shown(&asked.text));
        if let Some(server) = &asked.server {
            let _ = write!(text, " on server {}", shown(server));
        }
        notes.push(text);
        if !found.nearest.is_empty() {
            let nearest: Vec<_> = found.nearest.iter().map(|name| shown(name)).collect();
            notes.push(format!("nearest: {}", nearest.join(", ")));
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
        notes.extend(self.0.servers.iter().filter(is_known).map(line));
        if self.0.servers.is_empty() {
            let add = "no server is configured: `mcp-host server add NAME -- COMMAND` adds one";
            notes.push(add.to_owned());
        }
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
