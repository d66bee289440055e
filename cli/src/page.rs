//! What the local page is given, for `serve --http` and `ui`: where a sign-in link is shown, and the audit log. A link
//! goes to a terminal, or to a file of this user; never into a log.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use mcp_bridge::durable;
use mcp_host::{Ledger, Question, RunInfo};
use mcp_serve::{Always, AlwaysChange, AuditLog, OnLink, PageOptions};

use super::always::Change;
use super::exit::{Failure, chain};
use super::settings::SettingsArgs;
use super::{audit, out, questions};

/// The options of the page. `file` takes the links instead of a terminal.
pub(crate) fn options(
    file: Option<PathBuf>,
    settings: &SettingsArgs,
) -> Result<PageOptions, Failure> {
    if let Some(file) = &file {
        // A place that cannot be written is known before anything is served.
        write(file, "")
            .with_context(|| format!("failed to write to `{}`", file.display()))
            .map_err(Failure::usage)?;
    }
    let log = audit::OfPage::new();
    Ok(PageOptions {
        audit: log.map(|log| Arc::new(log) as Arc<dyn AuditLog>),
        always: Some(Arc::new(OfUser(settings.clone()))),
        on_link: on_link(file),
        user: questions::user(),
    })
}

/// The settings file of the user, for "always".
struct OfUser(SettingsArgs);

impl Always for OfUser {
    fn change(
        &self,
        run: &RunInfo,
        ledger: &Ledger,
        calls: &[Question],
    ) -> Result<AlwaysChange, String> {
        let change = Change::of(&self.0, run, ledger, calls).map_err(|failure| why(&failure))?;
        Ok(AlwaysChange {
            shown: change.shown(),
            digest: change.digest(),
        })
    }

    fn write(
        &self,
        run: &RunInfo,
        ledger: &Ledger,
        calls: &[Question],
        digest: &str,
    ) -> Result<Vec<String>, String> {
        let change = Change::of(&self.0, run, ledger, calls).map_err(|failure| why(&failure))?;
        if change.digest() != digest {
            return Err("the settings file is not as it was shown any more: look again".to_owned());
        }
        change.write().map_err(|failure| why(&failure))?;
        Ok(change.rules)
    }
}

fn why(failure: &Failure) -> String {
    let why = chain(failure.error.as_ref());
    match &failure.hint {
        Some(hint) => format!("{why}; {hint}"),
        None => why,
    }
}

/// `None`: neither a file nor a terminal can show a link. A pipe may end in a log.
fn on_link(file: Option<PathBuf>) -> Option<OnLink> {
    match file {
        Some(file) => Some(Box::new(move |link: &str| {
            let shown = file.display();
            match write(&file, link) {
                Ok(()) => out::say("", &format!("a sign-in link is in `{shown}`")),
                Err(error) => out::say("warning: ", &format!("no link is in `{shown}`: {error}")),
            }
        })),
        None if std::io::stderr().is_terminal() => Some(Box::new(|link: &str| {
            out::say("", &format!("sign in (once, within 15 minutes): {link}"));
        })),
        None => None,
    }
}

fn write(file: &Path, link: &str) -> std::io::Result<()> {
    durable::write_private(file, format!("{link}\n").as_bytes())
}
