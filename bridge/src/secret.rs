//! Keeps the secrets of a server out of what is written down: logs, errors, the cache.
//! Never changes what a tool answers to its caller.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{Endpoint, Launch};

/// Shorter values (`8080`, `true`) occur in any text, and hiding them would hide nothing.
const SHORTEST: usize = 6;

/// The values that the configuration gives to one server.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<[Given]>);

struct Given {
    /// What stands in the place of the value.
    name: String,
    value: SecretString,
    /// Its name says that it is a secret; a path or a mode is none.
    sensitive: bool,
}

impl Secrets {
    pub(crate) fn of_process(launch: &Launch) -> Self {
        Self::of(launch.env.iter().map(|(name, value)| Given {
            name: format!("${{{name}}}"),
            value: value.clone(),
            sensitive: is_sensitive(name),
        }))
    }

    pub(crate) fn of_endpoint(endpoint: &Endpoint) -> Self {
        let headers = endpoint.headers.iter().flat_map(|(name, value)| {
            let name = format!("[{name}]");
            // `Bearer TOKEN`: a server may repeat the token alone.
            let last = value.expose_secret().rsplit(' ').next().unwrap_or_default();
            [value.clone(), last.to_owned().into()].map(|value| Given {
                name: name.clone(),
                value,
                sensitive: true,
            })
        });
        let query = endpoint
            .url
            .expose_secret()
            .split_once('?')
            .map(|(_, query)| Given {
                name: "[query]".to_owned(),
                value: query.to_owned().into(),
                sensitive: true,
            });
        Self::of(headers.chain(query))
    }

    fn of(given: impl Iterator<Item = Given>) -> Self {
        let mut given: Vec<Given> = given
            .filter(|one| one.value.expose_secret().len() >= SHORTEST)
            .collect();
        // The longest first: one may be a part of another.
        given.sort_by_key(|one| std::cmp::Reverse(one.value.expose_secret().len()));
        Self(given.into())
    }

    /// The text with the name of each value in its place.
    pub(crate) fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for one in self.0.iter() {
            let value = one.value.expose_secret();
            if text.contains(value) {
                text = Cow::Owned(text.replace(value, &one.name));
            }
        }
        text
    }

    /// Whether a value that its name calls a secret is in the text, as it is or as JSON writes it.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        self.0.iter().filter(|one| one.sensitive).any(|one| {
            let value = one.value.expose_secret();
            let quoted = serde_json::Value::from(value).to_string();
            text.contains(value) || text.contains(quoted.trim_matches('"'))
        })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.0.iter().map(|one| &one.name))
            .finish()
    }
}

fn is_sensitive(name: &str) -> bool {
    const WORDS: [&str; 7] = [
        "key",
        "token",
        "secret",
        "pass",
        "auth",
        "credential",
        "pat",
    ];
    name.to_ascii_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|word| {
            let (last, longer) = (WORDS[6], &WORDS[..6]);
            word == last || longer.iter().any(|known| word.contains(known))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(env: &[(&str, &str)]) -> Secrets {
        Secrets::of_process(&Launch {
            command: String::new(),
            args: Vec::new(),
            env: env
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned().into()))
                .collect(),
            cwd: None,
        })
    }

    #[test]
    fn values_are_replaced_by_their_names_longest_first() {
        let secrets = secrets(&[
            ("MODE", "plain"),
            ("TOKEN", "hunter2"),
            ("URL", "db://hunter2@host"),
        ]);
        assert_eq!(
            secrets.hide("plain: db://hunter2@host refused hunter2"),
            "plain: ${URL} refused ${TOKEN}"
        );
        assert_eq!(format!("{secrets:?}"), r#"["${URL}", "${TOKEN}"]"#);
    }

    #[test]
    fn header_and_query_are_hidden_too() {
        let secrets = Secrets::of_endpoint(&Endpoint {
            url: "https://example.org/mcp?key=hunter2".to_owned().into(),
            headers: vec![(
                "Authorization".to_owned(),
                "Bearer correct-horse".to_owned().into(),
            )],
            ca_file: None,
        });
        assert_eq!(
            secrets.hide("Bearer correct-horse / correct-horse / ?key=hunter2"),
            "[Authorization] / [Authorization] / ?[query]"
        );
    }

    #[test]
    fn only_what_is_named_like_a_secret_keeps_an_answer_out_of_the_cache() {
        let secrets = secrets(&[
            ("ROOT_DIR", "/srv/data"),
            ("API_KEY", "a\"b\\cdef"),
            ("PATHS", "/a/b/c/d"),
        ]);
        assert!(!secrets.occur_in("/srv/data/x and /a/b/c/d"));
        assert!(secrets.occur_in(r#"{"text": "it is a\"b\\cdef"}"#));
        assert!(is_sensitive("GITHUB_PAT") && is_sensitive("githubToken") && !is_sensitive("PATH"));
    }
}
