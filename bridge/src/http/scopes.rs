//! The scopes that a server asks for with HTTP 403, and the command that a person gets them with. A server may write
//! anything there: what a shell would read is left out.

use hyper::http::header::HeaderMap;

use super::challenge::Challenge;
use crate::error::HttpFault;

/// How many scopes an error names, and how long one of them is at most, in bytes.
const MAX_SCOPES: usize = 20;
const MAX_SCOPE: usize = 100;

/// The fault of an answer that asks for more scopes. `None`: it asks for none.
pub(super) fn fault(headers: &HeaderMap, login: Option<&str>) -> Option<HttpFault> {
    let challenge = Challenge::of(headers).filter(Challenge::wants_scopes)?;
    let scopes = shown_scopes(&challenge.scopes);
    Some(HttpFault::InsufficientScope {
        body: String::new(),
        command: login.map(|login| with_scopes(login, &scopes)),
        scopes,
    })
}

/// The scopes that a server asks for, as far as they can stand in a command line as they are: a server may write
/// anything there.
fn shown_scopes(scopes: &[String]) -> Vec<Box<str>> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/+@,".contains(&byte);
    let is_plain = |scope: &&String| {
        scope.len() <= MAX_SCOPE && !scope.starts_with('-') && scope.bytes().all(plain)
    };
    let plain = scopes.iter().filter(is_plain).take(MAX_SCOPES);
    plain.map(|scope| scope.as_str().into()).collect()
}

/// The command that asks for these scopes too.
fn with_scopes(login: &str, scopes: &[Box<str>]) -> Box<str> {
    let scopes = scopes.iter().map(|scope| format!(" --scope {scope}"));
    let scopes: String = scopes.collect();
    format!("{login}{scopes}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_are_put_into_a_command() {
        let long = "s".repeat(MAX_SCOPE + 1);
        let asked = [
            "read",
            "https://a.example/x:y",
            "$(id)",
            "--no",
            "a'b",
            long.as_str(),
        ];
        let shown = shown_scopes(&asked.map(str::to_owned));
        assert_eq!(
            &*with_scopes("mcp-host login far", &shown),
            "mcp-host login far --scope read --scope https://a.example/x:y"
        );
    }
}
