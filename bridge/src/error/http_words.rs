//! The words of faults over HTTP: what an answer is by its head, and what to do about it. Knows no server.

use hyper::StatusCode;

/// Status and media type: ``HTTP 503 Service Unavailable (`text/html`)``.
pub(crate) fn head(status: u16, media_type: Option<&str>) -> String {
    let reason = StatusCode::from_u16(status).ok();
    let reason = reason.and_then(|status| status.canonical_reason());
    let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
    match media_type {
        Some(media_type) => format!("HTTP {status}{reason} (`{media_type}`)"),
        None => format!("HTTP {status}{reason} (no media type)"),
    }
}

/// What to do about HTTP 401.
pub(super) fn credentials(login: Option<&str>) -> String {
    match login {
        Some(command) => format!(
            "log in with `{command}`, or put a token into its `headers`"
        ),
        None => "put a token that it accepts into its `headers`, such as `\"Authorization\": \"Bearer ${TOKEN}\"`".to_owned(),
    }
}

/// What to do where a scope is missing.
pub(super) fn scope(scopes: &[Box<str>], login: Option<&str>) -> String {
    let named = match scopes {
        [] => "its token lacks a scope that the server does not name".to_owned(),
        [one] => format!("its token lacks the scope `{one}`"),
        more => format!("its token lacks scopes: it needs `{}`", more.join("`, `")),
    };
    match login {
        Some(command) => format!("{named}: log in again with `{command}`"),
        None => format!("{named}: put a token with more scopes into its `headers`"),
    }
}

/// What to do about a page in place of an answer.
pub(super) fn page(media_type: Option<&str>) -> &'static str {
    if media_type.is_some_and(|media_type| media_type.to_ascii_lowercase().starts_with("text/html"))
    {
        "; where this is a page to log in, put a token into its `headers`"
    } else {
        ""
    }
}

/// What to do about a status. `retry_after` is what the server says: seconds, or a date.
pub(crate) fn advice(status: u16, retry_after: Option<&str>) -> String {
    let again = matches!(status, 408 | 425 | 429 | 500..);
    let what = match status {
        402 => "see what its provider wants to be paid",
        404 | 405 | 410 => "check that its `url` is the MCP endpoint",
        406 | 415 => "check that its `url` is the MCP endpoint for streamable HTTP",
        407 => {
            "the proxy wants a name and a password: write them into `HTTPS_PROXY` or `HTTP_PROXY`"
        }
        408 | 504 => "the server, or a proxy before it, gave up waiting",
        413 => "send less: the request is too large for it",
        421 => "check the host in its `url`",
        429 => "set `calls_per_minute` in its `limits`",
        431 => "its `headers` are too long for it",
        500 => "the server failed, so see its log",
        502 => "the proxy before it does not reach the server, so check that the server runs",
        503 => "the server is overloaded or down",
        _ => "",
    };
    let when = match retry_after {
        Some(when) if when.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("call again after {when} s (its `retry-after`)")
        }
        Some(when) => format!("call again after {when} (its `retry-after`)"),
        None if again && !what.is_empty() => "call again later".to_owned(),
        None => String::new(),
    };
    match (what, when.as_str()) {
        ("", "") => String::new(),
        (what, "") => format!(": {what}"),
        ("", when) => format!(": {when}"),
        (what, when) => format!(": {what}, and {when}"),
    }
}

/// What to do about a redirect to this address.
pub(super) fn where_to(to: &str) -> &'static str {
    let to = to.to_ascii_lowercase();
    let path = to.split_once("://").map_or(to.as_str(), |(_, rest)| rest);
    let logs_in = [
        "login",
        "log-in",
        "signin",
        "sign-in",
        "sign_in",
        "oauth",
        "sso",
        "authorize",
        "accounts.",
    ]
    .iter()
    .any(|word| path.contains(word));
    if logs_in {
        "it looks like a page to log in, so put a token into its `headers`, such as \
         `\"Authorization\": \"Bearer ${TOKEN}\"`"
    } else {
        "write the new address as its `url` if you trust it"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_names_status_and_media_type() {
        assert_eq!(
            head(503, Some("text/html")),
            "HTTP 503 Service Unavailable (`text/html`)"
        );
        assert_eq!(head(202, None), "HTTP 202 Accepted (no media type)");
        assert_eq!(head(599, None), "HTTP 599 (no media type)");
    }

    #[test]
    fn advice_has_the_time_that_the_server_gives() {
        assert_eq!(
            advice(429, Some("30")),
            ": set `calls_per_minute` in its `limits`, and call again after 30 s (its `retry-after`)"
        );
        assert_eq!(
            advice(503, Some("Wed, 02 Dec 2026 07:28:00 GMT")),
            ": the server is overloaded or down, and call again after Wed, 02 Dec 2026 07:28:00 GMT \
             (its `retry-after`)"
        );
        assert_eq!(
            advice(502, None),
            ": the proxy before it does not reach the server, so check that the server runs, and call again later"
        );
        assert_eq!(
            advice(400, Some("7")),
            ": call again after 7 s (its `retry-after`)"
        );
        assert_eq!(
            advice(404, None),
            ": check that its `url` is the MCP endpoint"
        );
        assert_eq!(advice(400, None), "");
    }

    #[test]
    fn redirect_to_a_page_to_log_in_asks_for_a_token() {
        for to in [
            "https://a.example/login",
            "https://accounts.example.com/o/oauth2/auth",
            "https://a.example/users/sign_in",
        ] {
            assert!(
                where_to(to).contains("put a token into its `headers`"),
                "{to}"
            );
        }
        for to in ["https://a.example/mcp/", "nowhere"] {
            assert!(where_to(to).starts_with("write the new address"), "{to}");
        }
    }
}
