//! Asks the user before something is saved or removed.

use anyhow::anyhow;

use crate::exit::Failure;
use crate::{out, questions};

/// Shows what will be done, and asks. `what` says what is not done where the user cannot be asked.
pub(super) async fn agreed(
    shown: &str,
    question: &str,
    what: &str,
    yes: bool,
) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    out::pass_on(shown);
    if !questions::can_ask() {
        let error = anyhow!("stdin is no terminal: {what}");
        return Err(Failure::usage(error).hint(Some("pass `--yes` to do it without a question")));
    }
    out::say("", &format!("{question} [y/n]"));
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = line.await.map_err(|error| Failure::host(error.into()))?;
    let line = line.map_err(|error| Failure::host(error.into()))?;
    Ok(matches!(line.trim(), "y" | "yes"))
}
