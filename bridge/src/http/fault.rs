//! Converts errors of the libraries below into faults, and faults into errors of rmcp's transport.

use std::error::Error;

use rmcp::transport::streamable_http_client::StreamableHttpError;

use super::tls;
use crate::error::{HttpFault, root_cause};

/// What sending over HTTP fails with.
pub(crate) type HttpSendError = StreamableHttpError<HttpFault>;

/// The fault as an error of rmcp's transport.
pub(super) fn into_send(fault: HttpFault) -> HttpSendError {
    StreamableHttpError::Client(fault)
}

/// The reason at the bottom of an error of the HTTP client, without the address.
pub(super) fn from_error(error: &(dyn Error + 'static), is_connect: bool) -> HttpFault {
    if let Some(refusal) = tls::refusal(error) {
        return refusal;
    }
    let reason = root_cause(error);
    if is_connect {
        HttpFault::Connect(reason)
    } else {
        HttpFault::Broken(reason)
    }
}
