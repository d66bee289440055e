//! TLS trust roots: the system's, and those of `caFile` of the entry. Verification cannot be disabled.

use std::error::Error;
use std::io;

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig};
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::config::CaFile;
use crate::error::{HttpFault, root_cause};
use crate::text::sanitize;

/// The TLS connector with these trust roots. `None` for an address without TLS: no redirect leaves its origin, so it
/// needs no roots, and a system may have none.
pub(super) fn trust(
    url: &Url,
    ca_file: Option<&CaFile>,
) -> Result<Option<TlsConnector>, HttpFault> {
    if url.scheme() == "http" {
        return Ok(None);
    }
    let certificates = match ca_file {
        Some(ca_file) => certificates(ca_file)?,
        None => Vec::new(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = if certificates.is_empty() {
        Verifier::new(Arc::clone(&provider))
    } else {
        Verifier::new_with_extra_roots(certificates, Arc::clone(&provider))
    };
    let verifier = verifier.map_err(|error| unbuilt(&error, ca_file))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unbuilt(&error, ca_file))?
        .dangerous()
        // A verifier may accept every certificate, hence the name. This one asks the system.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

fn certificates(ca_file: &CaFile) -> Result<Vec<CertificateDer<'static>>, HttpFault> {
    let fault = |problem: String| HttpFault::CaFile {
        path: ca_file.path.display().to_string(),
        problem,
    };
    let certificates = CertificateDer::pem_slice_iter(ca_file.pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fault(format!("is not PEM: {}", root_cause(&error))))?;
    if certificates.is_empty() {
        return Err(fault("has no `BEGIN CERTIFICATE` in it".to_owned()));
    }
    Ok(certificates)
}

/// Why TLS cannot be used: `caFile` holds a bad certificate, or the system has no trust roots.
fn unbuilt(error: &rustls::Error, ca_file: Option<&CaFile>) -> HttpFault {
    let reason = root_cause(error);
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

/// Why TLS rejects the certificate of the server, if it does.
pub(super) fn refusal(error: &(dyn Error + 'static)) -> Option<HttpFault> {
    let rustls::Error::InvalidCertificate(problem) = tls_error(error)? else {
        return None;
    };
    let what = match problem {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "unknown certificate authority: to trust it, set `caFile` of the entry to its PEM file"
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
        other => sanitize(other.to_string().as_bytes()),
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
