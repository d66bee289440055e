//! The scopes of a login: which are asked for, and which of those that others name can be. Sends nothing.

use super::record::Record;
use super::target::Target;
use crate::http::Challenge;

/// How many scopes are taken of others, how long one is at most, and all of them together, in bytes: they go into an
/// address.
const MOST: usize = 200;
const LONGEST: usize = 256;
const ROOM: usize = 4096;

/// A scope of its own that some authorization servers want for a refresh token.
pub(super) const OFFLINE: &str = "offline_access";

/// What to ask for: what the person names beside what there was, else what the configuration has, else what the server
/// names, in its challenge or in its metadata. `known` are those of the authorization server.
pub(super) fn wanted(
    target: &Target,
    asked: &[String],
    challenge: Option<&Challenge>,
    listed: &[String],
    known: &[String],
    kept: Option<&Record>,
) -> Vec<String> {
    let challenged = challenge.map_or(&[][..], |challenge| &challenge.scopes);
    let configured = &target.oauth.scopes;
    let mut scopes = if !asked.is_empty() {
        let before = kept.map_or(&[][..], |kept| &kept.scopes);
        [before, configured, asked].concat()
    } else if !configured.is_empty() {
        configured.clone()
    } else if !challenged.is_empty() {
        usable(challenged.iter().cloned())
    } else {
        listed.to_vec()
    };
    let offers = known.iter().any(|scope| scope == OFFLINE);
    if offers && !target.is_machine() && !scopes.is_empty() {
        scopes.push(OFFLINE.to_owned());
    }
    let mut seen = std::collections::HashSet::new();
    scopes.retain(|scope| seen.insert(scope.clone()));
    scopes
}

/// Those that can be asked for: of the letters of RFC 6749, and within bounds.
pub(super) fn usable(scopes: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_letter = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let is_scope =
        |scope: &String| (1..=LONGEST).contains(&scope.len()) && scope.bytes().all(is_letter);
    let mut room = ROOM;
    let fits = |scope: &String| {
        let left = room.checked_sub(scope.len() + 1);
        room = left.unwrap_or(0);
        left.is_some()
    };
    let scopes = scopes.into_iter().take(MOST).filter(is_scope);
    scopes.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_that_no_request_can_carry_are_left_out() {
        let long = "s".repeat(LONGEST + 1);
        let given = [
            "read",
            "",
            "a b",
            "x\u{1b}[31m",
            "\"q\"",
            "\u{e9}",
            &long,
            "https://a.example/x:y",
        ];
        let given = given.map(str::to_owned);
        assert_eq!(usable(given), ["read", "https://a.example/x:y"]);
        let many = usable((0..10_000).map(|at| format!("scope-{at:03}")));
        assert_eq!(many.len(), MOST);
        let large = usable((0..100).map(|at| format!("{at:0>LONGEST$}")));
        assert_eq!(large.len(), ROOM / (LONGEST + 1));
    }
}
