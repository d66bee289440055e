//! What `WWW-Authenticate` asks for (RFC 6750, RFC 9728). Believes none of it.

use hyper::http::header::{HeaderMap, WWW_AUTHENTICATE};

/// The longest value of a parameter that is read, in bytes.
const MAX_VALUE: usize = 4096;
/// How many scopes of a challenge are read.
const MAX_SCOPES: usize = 50;

/// The challenge of the scheme `Bearer`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Where the metadata of the resource are.
    pub(crate) resource_metadata: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) error: Option<String>,
}

impl Challenge {
    /// The challenges of an answer as one. `None`: it has none of this scheme.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut found: Option<Self> = None;
        for value in headers.get_all(WWW_AUTHENTICATE) {
            let Ok(text) = value.to_str() else { continue };
            let mut is_bearer = false;
            for (scheme, name, value) in parameters(text) {
                if let Some(scheme) = scheme {
                    is_bearer = scheme.eq_ignore_ascii_case("bearer");
                    if is_bearer {
                        found.get_or_insert_default();
                    }
                }
                if let (true, Some(challenge)) = (is_bearer, &mut found) {
                    challenge.add(name, value);
                }
            }
        }
        found
    }

    fn add(&mut self, name: &str, value: String) {
        if value.len() > MAX_VALUE {
            return;
        }
        match name.to_ascii_lowercase().as_str() {
            "resource_metadata" => {
                self.resource_metadata.get_or_insert(value);
            }
            "error" => {
                self.error.get_or_insert(value);
            }
            "scope" if self.scopes.is_empty() => {
                let scopes = value.split_ascii_whitespace().take(MAX_SCOPES);
                self.scopes = scopes.map(str::to_owned).collect();
            }
            _ => {}
        }
    }

    /// Whether more scopes would help.
    pub(crate) fn wants_scopes(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }
}

/// The parameters in their order, the first of each challenge with its scheme. A scheme without parameters has one
/// without a name.
fn parameters(text: &str) -> Vec<(Option<&str>, &str, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut scheme = None;
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() {
            break;
        }
        let end = rest.find(['=', ' ', '\t', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let blank = after.trim_start_matches([' ', '\t']);
        match blank.strip_prefix('=') {
            Some(value) if !word.is_empty() => {
                let (value, after) = value_of(value.trim_start_matches([' ', '\t']));
                found.push((scheme.take(), word, value));
                rest = after;
            }
            // A stray sign: the next one is looked at.
            Some(after) => rest = after,
            None => {
                if let Some(scheme) = scheme.replace(word) {
                    found.push((Some(scheme), "", String::new()));
                }
                rest = after;
            }
        }
    }
    if let Some(scheme) = scheme {
        found.push((Some(scheme), "", String::new()));
    }
    found
}

/// A value, quoted or not, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn of(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        Challenge::of(&headers)
    }

    #[test]
    fn bearer_is_found_among_other_schemes() {
        let values = [
            r#"Basic realm="a, scope=\"x\"", Bearer error="insufficient_scope", scope="read  write","#,
            r#"bearer resource_metadata = "https://a.example/x?y=\"z\"""#,
        ];
        let challenge = of(&values).unwrap();
        assert_eq!(challenge.scopes, ["read", "write"]);
        assert!(challenge.wants_scopes());
        assert_eq!(
            challenge.resource_metadata.as_deref(),
            Some(r#"https://a.example/x?y="z""#)
        );
    }

    #[test]
    fn other_schemes_alone_are_no_challenge_and_a_bare_one_is() {
        assert_eq!(of(&[r#"Basic realm="x", scope="y""#]), None);
        assert_eq!(of(&["Bearer"]), Some(Challenge::default()));
        assert_eq!(of(&["Negotiate, Bearer"]), Some(Challenge::default()));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn ill_formed_and_endless_values_cost_only_themselves() {
        let long = "s".repeat(MAX_VALUE + 1);
        let many = "a ".repeat(MAX_SCOPES + 9);
        let challenge =
            of(&[&format!("Bearer x==, error={long}, scope=\"{many}\", x=\"")]).unwrap();
        assert_eq!(challenge.error, None);
        assert_eq!(challenge.scopes.len(), MAX_SCOPES);
    }
}
