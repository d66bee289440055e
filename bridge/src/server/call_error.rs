//! Why a call failed, by the error that rmcp gives for it. Repeats no call.

use std::io;
use std::time::Duration;

use rmcp::model::ErrorCode;
use rmcp::service::ServiceError;
use rmcp::transport::streamable_http_client::StreamableHttpError;

use super::Server;
use super::connection::Connection;
use super::http;
use crate::account::Full;
use crate::error::CallError;
use crate::http::HttpSendError;
use crate::message::{
    NOT_A_RESULT, NOT_TAKEN, TOO_LARGE, TOO_MUCH_MEMORY, UNREADABLE, memory_bound, said, words,
};
use crate::text::mebibytes;

impl Server {
    pub(super) async fn call_error(
        &self,
        connection: &Connection,
        tool: &str,
        error: ServiceError,
        heard: u64,
    ) -> CallError {
        match error {
            ServiceError::McpError(error) => match error.code {
                TOO_LARGE => CallError::TooLarge(self.config.bounds.message),
                TOO_MUCH_MEMORY => {
                    CallError::TooMuchMemory(memory_bound(self.config.bounds.message))
                }
                NOT_TAKEN => CallError::Protocol(format!(
                    "server `{}` has answered, but answers to other calls were not taken for too long: \
                     make fewer calls at once",
                    self.name()
                )),
                NOT_A_RESULT => CallError::Protocol(format!(
                    "the answer to `{tool}` is not a tool result: {}",
                    words(&error)
                )),
                ErrorCode::INVALID_PARAMS => CallError::InvalidArguments(said(&error)),
                UNREADABLE => CallError::Protocol(format!(
                    "server `{}`: {}{}",
                    self.name(),
                    words(&error),
                    self.stray_lines(heard)
                )),
                _ => CallError::Protocol(words(&error)),
            },
            ServiceError::Timeout { timeout } => CallError::Silent(timeout.into()),
            ServiceError::UnexpectedResponse => CallError::Protocol(format!(
                "the answer to `{tool}` is not a tool result: it has a form that this client does not know"
            )),
            ServiceError::TransportSend(error) if full(&*error.error).is_some() => {
                let bound = full(&*error.error).map_or(0, |full| full.bound);
                CallError::Throttled {
                    limit: format!(
                        "server `{}` does not read what is sent to it, and {} wait already: make fewer \
                         or smaller calls at once, or raise `max_message_bytes` in its `limits`",
                        self.name(),
                        mebibytes(bound)
                    ),
                    waited: Duration::ZERO,
                }
            }
            ServiceError::TransportSend(error) if connection.is_remote() => {
                let fault = http::fault_of(&*error.error);
                let text = format!("server `{}`: {fault}", self.name());
                match fault.wants_login() {
                    true => CallError::LoginRequired(text),
                    false => CallError::Unavailable(text),
                }
            }
            // What is left says in several ways that the connection is gone.
            _ => {
                let fate = connection.fate().await;
                CallError::Unavailable(format!("server `{}` {fate}", self.name()))
            }
        }
    }
}

/// Whether a message was not sent because too much waits already.
fn full<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Full> {
    let error: &io::Error = match error.downcast_ref::<HttpSendError>() {
        Some(StreamableHttpError::Io(error)) => error,
        _ => error.downcast_ref()?,
    };
    error.get_ref()?.downcast_ref()
}
