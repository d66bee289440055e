//! Entries of the audit log as lines for people, as JSON, and as CSV. Text from outside is made safe by `out`.

use bytesize::ByteSize;
use mcp_audit::Entry;
use mcp_codegen::names::shown;

/// The columns of CSV: the fields of an entry, and its place in the chain.
const COLUMNS: [&str; 36] = [
    "n",
    "prev",
    "time",
    "kind",
    "run",
    "by",
    "user",
    "pid",
    "principal",
    "client",
    "client_version",
    "session",
    "component",
    "script",
    "call",
    "server",
    "tool",
    "decision",
    "rule",
    "digest",
    "channel",
    "more",
    "because",
    "outcome",
    "source",
    "calls",
    "bytes_in",
    "bytes_out",
    "ms",
    "arguments",
    "file",
    "oldest",
    "bytes",
    "piece",
    "lines",
    "hash",
];

/// One line for people.
pub(super) fn line(entry: &Entry) -> String {
    let run = entry.run.as_deref().unwrap_or("-");
    format!(
        "{}  {:<10}  {:<8}  {}",
        entry.time,
        shown(run),
        entry.kind,
        said(entry).join("  ")
    )
}

pub(super) fn said(entry: &Entry) -> Vec<String> {
    let mut said = Vec::new();
    let mut add = |text: String| said.push(text);
    if let Some(by) = &entry.by {
        let user = entry.user.as_deref().map(shown).unwrap_or_default();
        add(format!("by `{}` of {user}", shown(by)));
    }
    if let Some(principal) = &entry.principal {
        add(format!("for {}", shown(principal)));
    }
    if let Some(client) = &entry.client {
        let version = entry.client_version.as_deref().map(shown);
        let version = version.unwrap_or_default();
        add(format!("client {} {version}", shown(client)));
    }
    for (what, digest) in [("script", &entry.script), ("component", &entry.component)] {
        if let Some(digest) = digest {
            let start = digest.get(..16).unwrap_or(digest);
            add(format!("{what} {}", shown(start)));
        }
    }
    match (&entry.server, &entry.tool) {
        (Some(server), Some(tool)) => add(format!("{}/{}", shown(server), shown(tool))),
        (None, Some(function)) => add(shown(function)),
        (_, None) => {}
    }
    if let Some(digest) = &entry.digest {
        add(format!("question {}", shown(digest)));
    }
    if let Some(decision) = &entry.decision {
        add(shown(decision));
    }
    if let Some(channel) = &entry.channel {
        let user = entry.user.as_deref().map(shown).unwrap_or_default();
        add(format!("by {user} ({})", shown(channel)));
    }
    if let Some(more) = entry.more {
        add(format!("and {more} more calls of it"));
    }
    if let Some(because) = &entry.because {
        add(format!("because: {}", mcp_bridge::text::line(because)));
    }
    if let Some(outcome) = &entry.outcome {
        add(shown(outcome));
    }
    if let Some(source) = &entry.source {
        add(format!("from {}", shown(source)));
    }
    if let Some(calls) = entry.calls {
        add(format!("{calls} call{}", if calls == 1 { "" } else { "s" }));
    }
    if let Some(bytes) = entry.bytes_in {
        add(format!("{} in", ByteSize(bytes)));
    }
    if let Some(bytes) = entry.bytes_out {
        add(format!("{} out", ByteSize(bytes)));
    }
    if let Some(ms) = entry.ms {
        add(format!("{ms} ms"));
    }
    if let Some(rule) = &entry.rule {
        add(mcp_bridge::text::line(rule).into_owned());
    }
    if let Some(arguments) = &entry.arguments {
        add(mcp_bridge::text::line(arguments).into_owned());
    }
    if let Some(lines) = entry.lines {
        add(format!("{lines} lines could not be written"));
    }
    if let Some(bytes) = entry.bytes {
        add(format!(
            "{bytes} bytes of a line that a writer did not finish"
        ));
    }
    if let Some(file) = entry.file {
        add(format!("file {file} of the log begins"));
    }
    said
}

/// The first line of CSV.
pub(super) fn csv_head() -> String {
    COLUMNS.join(",")
}

/// A line of the log as CSV (RFC 4180, lines end with LF).
pub(super) fn csv(line: &serde_json::Map<String, serde_json::Value>) -> String {
    let cells = COLUMNS.iter().map(|column| match line.get(*column) {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => quoted(text),
        Some(other) => quoted(&other.to_string()),
    });
    cells.collect::<Vec<_>>().join(",")
}

/// A spreadsheet takes a cell that begins with these for a formula, and runs it.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn quoted(text: &str) -> String {
    let safe = match text.starts_with(FORMULA) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match safe.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", safe.replace('"', "\"\"")),
        false => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_csv_needs_it_and_is_never_a_formula() {
        for (text, cell) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("-1+1", "'-1+1"),
            ("@cmd", "'@cmd"),
        ] {
            assert_eq!(quoted(text), cell);
        }
    }

    #[test]
    fn csv_has_a_column_for_every_field() {
        let text = || Some("x".to_owned());
        let word = || Some("x".into());
        // Without a rest: a new field is one here too.
        let entry = Entry {
            time: "x".to_owned(),
            kind: "call".into(),
            run: text(),
            by: text(),
            user: text(),
            principal: text(),
            pid: Some(1),
            client: text(),
            client_version: text(),
            session: Some(1),
            component: text(),
            script: text(),
            call: Some(1),
            server: text(),
            tool: text(),
            decision: word(),
            rule: text(),
            digest: text(),
            channel: word(),
            more: Some(1),
            because: text(),
            outcome: word(),
            source: word(),
            calls: Some(1),
            bytes_in: Some(1),
            bytes_out: Some(1),
            ms: Some(1.0),
            arguments: text(),
            file: Some(1),
            oldest: Some(1),
            bytes: Some(1),
            piece: text(),
            lines: Some(1),
        };
        let fields = serde_json::to_value(&entry).unwrap_or_default();
        let mut fields: Vec<_> = fields
            .as_object()
            .map(|fields| fields.keys().map(String::as_str).collect())
            .unwrap_or_default();
        fields.extend(["n", "prev", "hash"]);
        fields.sort_unstable();
        let mut columns = COLUMNS;
        columns.sort_unstable();
        assert_eq!(fields, columns);
    }

    #[test]
    fn a_line_for_people_has_no_control_characters() {
        let entry = Entry {
            tool: Some("a\x1b]0;owned\x07\nb".to_owned()),
            server: Some("s\u{202e}".to_owned()),
            rule: Some("no\nline".to_owned()),
            ..Entry::new("call")
        };
        let line = line(&entry);
        assert!(line.chars().all(mcp_bridge::text::is_safe), "{line:?}");
    }
}
