//! The servers of the configuration and how each stands. Starts none.

use maud::{Markup, html};

use super::shell::{badge, scrolled};
use super::text;
use crate::indexed::Snapshot;
use crate::servers::{Listed, Standing};

/// Servers that are listed.
const MOST: usize = 500;

pub(super) fn page(listed: &[Listed], faults: &[String], known: Option<&Snapshot>) -> Markup {
    let table = html! {
        table {
            thead { tr { th scope="col" { "Server" } th scope="col" { "State" } th scope="col" { "Tools" } th scope="col" { "Note" } } }
            tbody { @for server in listed.iter().take(MOST) { (row(server)) } }
        }
    };
    let alike = known
        .map(|known| known.alike.as_slice())
        .unwrap_or_default();
    html! {
        h1 { "Servers" }
        @for fault in faults { p.notice.bad { (text::line(fault, 1_000)) } }
        @for line in alike { p.notice { (text::line(line, 1_000)) } }
        section {
            @if listed.is_empty() {
                p { "The configuration has no server. " code { "mcp-host server add" } " adds one." }
            } @else {
                (scrolled("Servers", &table))
            }
            @if listed.len() > MOST { p.soft { (listed.len() - MOST) " more servers are not shown." } }
            p.soft { "A server starts when a script first needs it. The state is that of this process." }
        }
    }
}

fn row(server: &Listed) -> Markup {
    let (word, note) = match &server.standing {
        Standing::Idle => ("not started", None),
        Standing::Starting => ("starting", None),
        Standing::Up => ("up", None),
        Standing::Down(why) => ("down", Some(text::line(why, 1_000))),
        Standing::NeedsLogin => {
            let note = "it refused the credentials of the configuration".to_owned();
            ("needs login", Some(note))
        }
    };
    html! {
        tr {
            th scope="row" { code { (text::name(&server.name)) } }
            td { (badge(word)) }
            td.number { @match server.tools { Some(tools) => { (tools) } None => { span.soft { "not listed yet" } } } }
            td { (note.unwrap_or_default()) }
        }
    }
}
