//! "Always": the line that goes into the settings file of the user is shown first, and written when the user confirms
//! what was shown. Knows no settings file: the program that serves the page does.

use maud::{Markup, html};
use mcp_host::{Ledger, Question, RunInfo};

use super::text;

/// Bytes of the change that is shown.
const LONGEST: usize = 16 << 10;

/// A change of the settings file of the user, which is not written yet.
pub struct AlwaysChange {
    /// The file, and the lines that change.
    pub shown: String,
    /// What a confirmation is bound to: all of the file before and after.
    pub digest: String,
}

/// Writes into the settings file of the user that tools are called without a question from now on.
pub trait Always: Send + Sync {
    /// The change for these calls of a run. Writes nothing.
    ///
    /// # Errors
    ///
    /// Why there is none: another rule would still ask, or the file cannot be read.
    fn change(
        &self,
        run: &RunInfo,
        ledger: &Ledger,
        calls: &[Question],
    ) -> Result<AlwaysChange, String>;

    /// Writes the change with this digest, and gives the rules that are new, in words.
    ///
    /// # Errors
    ///
    /// When the change is another one by now, and when it cannot be written.
    fn write(
        &self,
        run: &RunInfo,
        ledger: &Ledger,
        calls: &[Question],
        digest: &str,
    ) -> Result<Vec<String>, String>;
}

/// A change, and the calls that go on with it.
pub(super) struct Preview {
    pub(super) change: AlwaysChange,
    pub(super) calls: Vec<Question>,
}

/// The page that shows the change and asks for a confirmation. `csrf` is the token of its form.
pub(super) fn page(run: &RunInfo, preview: &Preview, csrf: &str) -> Markup {
    let who = match run.by.as_str() {
        "serve" => "agents call these tools",
        _ => "your runs call these tools",
    };
    html! {
        h1 { "Always allow" }
        section {
            p { "From then on, " (who) " without a question. This changes:" }
            pre #change { (text::block(&preview.change.shown, LONGEST)) }
            p { "It also allows " (text::count(preview.calls.len(), "call")) " of run " code { (run.id) } ":" }
            ul {
                @for call in &preview.calls { li { "Call " (call.n) ", " code { (text::name(&call.name('/'))) } } }
            }
            form method="post" action={ "/runs/" (run.id) "/always" } data-decides {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="change" value=(preview.change.digest);
                @for call in &preview.calls { input type="hidden" name="digest" value=(call.digest()); }
                button type="submit" { "Write this and allow" }
            }
            p { a href={ "/runs/" (run.id) } { "Back, without a change" } }
        }
    }
}
