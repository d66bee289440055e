//! Which requests reach the page, and what browsers may do with its answers. A request names this machine in `Host`, so
//! that a name that was bound to it later reaches nothing. A form comes from the page itself.

use std::net::IpAddr;

use hyper::header::{
    HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// Only files of the page itself: no text of a server becomes a script, a style or a request.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every answer has.
pub(super) fn secure(headers: &mut HeaderMap) {
    let fixed = [
        (HeaderName::from_static("content-security-policy"), POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers would send `Origin: null` with a form.
        (REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Whether the request names this machine.
pub(super) fn host(headers: &HeaderMap) -> Result<(), &'static str> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    match host {
        Some(host) if is_this_machine(name(host)) && hosts.next().is_none() => Ok(()),
        _ => Err("the page is served to this machine alone: open it by `127.0.0.1`"),
    }
}

fn is_this_machine(name: &str) -> bool {
    let bare = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address: Option<IpAddr> = bare.unwrap_or(name).parse().ok();
    name == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// Whether a form was sent by a page of this server.
pub(super) fn origin(headers: &HeaderMap) -> Result<(), &'static str> {
    const FOREIGN: &str = "the form was not sent by this page";
    let one = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(host)) = (one(&ORIGIN), one(&HOST)) else {
        return Err(FOREIGN);
    };
    if origin.strip_prefix("http://") != Some(host) {
        return Err(FOREIGN);
    }
    match one(&HeaderName::from_static("sec-fetch-site")) {
        None | Some("same-origin") => Ok(()),
        Some(_) => Err(FOREIGN),
    }
}

/// Whether a browser fetches the page before the user asks for it.
pub(super) fn is_ahead(headers: &HeaderMap) -> bool {
    let purposes = [
        HeaderName::from_static("sec-purpose"),
        HeaderName::from_static("purpose"),
    ];
    purposes.iter().any(|name| headers.contains_key(name))
}

/// The name in `Host`, without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_name_that_was_bound_to_this_machine_is_not_its_own() {
        for own in [
            "127.0.0.1:8080",
            "127.0.0.5:80",
            "localhost:1",
            "[::1]:8080",
            "localhost",
        ] {
            assert!(host(&headers(&[("host", own)])).is_ok(), "{own}");
        }
        for foreign in [
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
            "10.0.0.1:8080",
            "[::2]",
            "",
            "localhost:80:80",
            "LOCALHOST@evil.example",
        ] {
            assert!(host(&headers(&[("host", foreign)])).is_err(), "{foreign}");
        }
        assert!(host(&headers(&[])).is_err());
        let two = headers(&[("host", "localhost"), ("host", "localhost")]);
        assert!(host(&two).is_err());
    }

    #[test]
    fn a_form_of_another_origin_is_refused() {
        let of = |origin| headers(&[("host", "127.0.0.1:8080"), ("origin", origin)]);
        assert!(origin(&of("http://127.0.0.1:8080")).is_ok());
        for foreign in [
            "null",
            "http://127.0.0.1:8081",
            "https://127.0.0.1:8080",
            "http://localhost:8080",
            "http://evil.example",
        ] {
            assert!(origin(&of(foreign)).is_err(), "{foreign}");
        }
        assert!(origin(&headers(&[("host", "127.0.0.1:8080")])).is_err());
        let mut crossed = of("http://127.0.0.1:8080");
        crossed.insert("sec-fetch-site", HeaderValue::from_static("same-site"));
        assert!(origin(&crossed).is_err());
    }
}
