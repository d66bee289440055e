//! Calls of a tool that is not as it was pinned, and whose present definition a person accepted for one call. Changes
//! no pin: the next call needs an answer of its own.

use super::{Answer, Client};
use crate::arguments::Arguments;
use crate::error::CallError;
use crate::pins::definition_hash;

impl Client {
    /// Calls a tool whose definition has this hash ([`definition_hash`]), also if it changed or is new since the server
    /// was pinned. The answer is neither cached nor shared.
    ///
    /// # Errors
    ///
    /// Those of [`Client::call`]; [`CallError::Refused`] if the definition is another one.
    pub async fn call_accepted(
        &self,
        tool: &str,
        arguments: impl Into<Arguments>,
        accepted: &str,
    ) -> Result<Answer, CallError> {
        let Some(drift) = self.drift(tool) else {
            return self.call(tool, arguments).await;
        };
        match drift.live() {
            Some(live) if *definition_hash(live).to_hex() == *accepted => {
                self.inner.answer(tool, arguments.into()).await
            }
            _ => Err(CallError::Refused(drift.refusal(self.name()))),
        }
    }
}
