//! Whom we believe over TLS: who the system trusts, and the `caFile` of the entry beside it. There is
//! no way to believe everybody.

use std::error::Error;
use std::io;

use reqwest::{Certificate, ClientBuilder, Url};
use rustls::CertificateError;

use super::fault::HttpFault;
use crate::config::CaFile;
use crate::process::printable;

/// Sets whom the client believes.
pub(super) fn trust(
    builder: ClientBuilder,
    url: &Url,
    ca_file: Option<&CaFile>,
) -> Result<ClientBuilder, HttpFault> {
    if url.scheme() == "http" {
        // No redirect leaves the origin, so nobody has to be believed; a system may well trust nobody.
        return Ok(builder.tls_certs_only([]));
    }
    let Some(ca_file) = ca_file else {
        return Ok(builder);
    };
    let fault = |problem: String| HttpFault::CaFile {
        path: ca_file.path.display().to_string(),
        problem,
    };
    let certificates = Certificate::from_pem_bundle(ca_file.pem.as_bytes())
        .map_err(|error| fault(format!("is not PEM: {}", root(&error))))?;
    if certificates.is_empty() {
        return Err(fault("has no `BEGIN CERTIFICATE` in it".to_owned()));
    }
    Ok(builder.tls_certs_merge(certificates))
}

/// Why a client cannot be made: what is in the `caFile` is no certificate, or nobody is trusted at all.
pub(super) fn unbuilt(error: &reqwest::Error, ca_file: Option<&CaFile>) -> HttpFault {
    let reason = root(error);
    match ca_file {
        Some(ca_file) => HttpFault::CaFile {
            path: ca_file.path.display().to_string(),
            problem: format!("cannot be used: {reason}"),
        },
        None => HttpFault::Certificate(format!(
            "{reason}; install the certificates of your system, or name a file of them in \
             `SSL_CERT_FILE`"
        )),
    }
}

/// What TLS has against the certificate of the server, if that is what went wrong.
pub(super) fn refusal(error: &reqwest::Error) -> Option<HttpFault> {
    let rustls::Error::InvalidCertificate(problem) = tls_error(error)? else {
        return None;
    };
    let what = match problem {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "it is signed by nobody who is trusted here: if you trust \
             who signed it, write the PEM file of that authority as `caFile` into the entry"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired: renew it, if the clock of this machine is right".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet: is the clock of this machine right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name: write the name that it is for into `url`".to_owned()
        }
        other => printable(other.to_string().as_bytes()),
    };
    Some(HttpFault::Certificate(what))
}

/// The error of TLS somewhere below. An I/O error hides its cause from `source`.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let inner: Option<&'a (dyn Error + 'static)> = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .map(|inner| inner as _);
    inner.or_else(|| error.source()).and_then(tls_error)
}

fn root(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    printable(deepest.to_string().as_bytes())
}
