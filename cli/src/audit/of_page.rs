//! The audit log for the local page: the same entries and the same words as `mcp-host audit` prints. Writes nothing.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::SystemTime;

use mcp_audit::{Entry, Line, Snapshot, VerifyError, verify};
use mcp_bridge::with_causes;
use mcp_serve::{AuditFilter, AuditLog, Logged};

use super::{Filter, Wanted, parsed, show, since, whole};
use crate::dirs;

/// The audit log of this user.
pub(crate) struct OfPage {
    dir: PathBuf,
}

impl OfPage {
    /// `None`: there is no directory for it.
    pub(crate) fn new() -> Option<Self> {
        dirs::audit().ok().map(|dir| Self { dir })
    }
}

impl AuditLog for OfPage {
    fn newest(&self, filter: &AuditFilter, most: usize) -> Result<Vec<Logged>, String> {
        let filter = read_filter(filter)?;
        let wanted = Wanted::of(&filter);
        let mut kept = VecDeque::new();
        let snapshot = Snapshot::take(&self.dir).map_err(|error| with_causes(&error))?;
        if let Some(mut snapshot) = snapshot {
            let each = |line: Line<'_>| {
                if let Some((entry, _)) = parsed(&line)
                    && wanted.has(&entry)
                {
                    if kept.len() == most {
                        kept.pop_front();
                    }
                    kept.push_back(entry);
                }
                ControlFlow::<()>::Continue(())
            };
            // Nothing breaks it.
            let _ = snapshot.lines(each).map_err(|error| with_causes(&error))?;
        }
        Ok(kept.into_iter().rev().map(logged).collect())
    }

    fn verify(&self) -> Result<String, String> {
        match verify(&self.dir, None) {
            Ok(found) => Ok(whole(&found.unwrap_or_default())),
            Err(error @ VerifyError::Broken(_)) => Err(error.to_string()),
            Err(error) => Err(with_causes(&error)),
        }
    }
}

fn read_filter(filter: &AuditFilter) -> Result<Filter, String> {
    let tool = filter.tool.as_deref().map(str::parse).transpose();
    let tool = tool.map_err(|error| format!("`tool`: {error}"))?;
    let since = filter.since.as_deref().map(since).transpose();
    Ok(Filter {
        run: filter.run.clone(),
        tool,
        since: since.map_err(|error| format!("`since`: {error}"))?,
    })
}

fn logged(entry: Entry) -> Logged {
    Logged {
        said: show::said(&entry).join(" · "),
        time: humantime::parse_rfc3339(&entry.time).unwrap_or(SystemTime::UNIX_EPOCH),
        kind: entry.kind.into_owned(),
        run: entry.run,
        by: entry.by,
        client: entry.client,
        server: entry.server,
        tool: entry.tool,
        outcome: entry.outcome.map(std::borrow::Cow::into_owned),
        calls: entry.calls,
        bytes_in: entry.bytes_in,
        bytes_out: entry.bytes_out,
        ms: entry.ms,
    }
}
