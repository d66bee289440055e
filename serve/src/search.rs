//! `search_tools`: hits as callable signatures, from the lists that are known now. No search waits for a server, unless
//! nothing at all is known yet.

use std::fmt::Write as _;
use std::time::Duration;

use mcp_codegen::names::shown;
use mcp_search::{Found, Mark, Query, Shown, signature};

use crate::answer::{Answer, grouped};
use crate::door::Door;
use crate::indexed::Snapshot;
use crate::servers::{Listed, Standing};

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

pub(crate) async fn search(door: &Door, asked: &Asked) -> Answer {
    door.servers.start_unknown();
    let mut snapshot = door.indexed.now(&door.servers);
    if snapshot.tools.is_empty() {
        let _ = tokio::time::timeout(PATIENCE, door.servers.settled()).await;
        snapshot = door.indexed.now(&door.servers);
    }
    // In any spelling, as a hit writes it.
    let server = asked.server.as_ref();
    let server = server.map(|name| door.servers.name_of(name).unwrap_or_else(|| name.clone()));
    let found = snapshot.index.search(&Query {
        text: &asked.text,
        server: server.as_deref(),
        limit: asked.limit.clamp(1, MOST_HITS),
        offset: asked.offset,
    });
    let page = Page(&snapshot);
    let text = match (found.hits.is_empty(), found.servers.is_empty()) {
        (true, false) => page.servers(),
        (true, true) if found.total == 0 => page.nothing(asked, &found),
        _ => page.hits(asked, &found),
    };
    let text = match door.servers.fault() {
        Some(fault) => format!("{text}\nthe configuration is not read again: {fault}"),
        None => text,
    };
    Answer {
        text,
        is_error: false,
        attached: Vec::new(),
    }
}

/// The text of an answer.
struct Page<'s>(&'s Snapshot);

impl Page<'_> {
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
            let Some((place, definition)) = self.0.tools.get(hit.at) else {
                continue;
            };
            let server = &self.0.servers[*place];
            let mut marks = Vec::new();
            if !definition.reads() {
                marks.push(Mark::Writes);
            }
            if server.standing == Standing::NeedsLogin {
                marks.push(Mark::NeedsLogin);
            }
            let line = signature(&Shown {
                server: hit.server,
                name: hit.name,
                description: definition.tool.description.as_deref().unwrap_or_default(),
                input: &definition.input,
                output: definition.output.as_ref(),
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
        let mut text = format!("nothing found for \"{}\"", shown(&asked.text));
        if let Some(server) = &asked.server {
            let _ = write!(text, " on server {}", shown(server));
        }
        if !found.nearest.is_empty() {
            let nearest: Vec<_> = found.nearest.iter().map(|name| shown(name)).collect();
            let _ = write!(text, "\nnearest: {}", nearest.join(", "));
        }
        let is_known = |server: &&Listed| {
            !matches!(server.standing, Standing::Up | Standing::Idle) || server.tools.is_none()
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

fn line(server: &Listed) -> String {
    let mut line = shown(&server.name);
    if let Some(tools) = server.tools {
        let plural = if tools == 1 { "" } else { "s" };
        let _ = write!(line, "  {} tool{plural}", grouped(tools));
    }
    match &server.standing {
        Standing::Starting => line.push_str("  starting"),
        Standing::NeedsLogin => line.push_str("  needs login"),
        Standing::Down(why) => {
            let _ = write!(line, "  down: {}", mcp_bridge::text::short(why, REASON));
        }
        Standing::Idle if server.tools.is_none() => line.push_str("  not started yet"),
        Standing::Idle | Standing::Up => {}
    }
    line
}
