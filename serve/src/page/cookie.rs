//! The cookie of a session: written for one name, read among others. Knows no session.

use hyper::header::{COOKIE, HeaderMap};

/// The header that sets it. It is not `Secure`, because the page has no TLS: it never leaves this machine.
pub(super) fn set(name: &str, value: &str, seconds: u64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict")
}

/// Its value. Two of one name are none: one of them is not of this page.
pub(super) fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let mut found = pairs.filter_map(|pair| {
        let (given, value) = pair.trim().split_once('=')?;
        (given == name).then_some(value)
    });
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_once() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(text));
            get(&headers, "mcp-host-80").map(str::to_owned)
        };
        assert_eq!(of("a=b; mcp-host-80=x; c"), Some("x".to_owned()));
        assert_eq!(of("mcp-host-8080=x"), None);
        assert_eq!(of("mcp-host-80=x; mcp-host-80=y"), None);
    }
}
