//! Takes a request in plain words apart: the terms to look for and their weights. Knows no index.

use crate::action::{self, Action};
use crate::stems::{is_stop_word, is_weak, stem, stemmer};
use crate::words::words;

/// What a request looks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Wanted {
    /// Each stem once, with its weight.
    pub(crate) terms: Vec<(String, f32)>,
    /// The plain words, in order, for compounds.
    pub(crate) words: Vec<String>,
    /// What the request does, where it is short enough to do one thing.
    pub(crate) action: Option<Action>,
}

/// Terms of one request. A longer request is about its first ones.
const MOST_TERMS: usize = 96;
/// A request with more terms has several steps, and its first verb is not the verb of all.
const MOST_TERMS_OF_ONE_STEP: usize = 12;

const WEAK_WEIGHT: f32 = 0.7;
const PATH_WEIGHT: f32 = 0.1;
const URL_WEIGHT: f32 = 0.5;
/// What a path, an extension or a URL says of the kind of tool.
const FILE: (&str, f32) = ("file", 0.8);
const DIRECTORY: (&str, f32) = ("directory", 0.5);
const URL: (&str, f32) = ("url", 0.7);
const EXTENSION_WEIGHT: f32 = 0.7;

/// Extensions that make a file of a name without a directory.
const EXTENSIONS: &str = " bib csv doc docx gif htm html jpeg jpg js json log md mp3 mp4 pdf png ppt pptx py rs svg \
                          toml ts txt wav xls xlsx xml yaml yml zip ";

pub(crate) fn wanted(query: &str) -> Wanted {
    let stemmer = stemmer();
    let mut out = Wanted::default();
    let mut said: Vec<(String, f32)> = Vec::new();
    for token in query.split_whitespace() {
        match Token::of(token) {
            Token::Plain => out.words.extend(words(token)),
            Token::Encoded => {}
            Token::Url(url) => {
                let own = words(url).into_iter();
                let own = own.filter(|word| {
                    !matches!(word.as_str(), "http" | "https" | "www" | "com" | "org")
                });
                said.extend(own.map(|word| (word, URL_WEIGHT)));
                said.push((URL.0.to_owned(), URL.1));
            }
            Token::Path { path, extension } => {
                said.extend(words(path).into_iter().map(|word| (word, PATH_WEIGHT)));
                match extension {
                    Some(extension) => {
                        said.push((FILE.0.to_owned(), FILE.1));
                        said.push((extension.to_lowercase(), EXTENSION_WEIGHT));
                    }
                    None => said.push((DIRECTORY.0.to_owned(), DIRECTORY.1)),
                }
            }
        }
    }
    let plain: Vec<&str> = out.words.iter().map(String::as_str).collect();
    let opening = action::opening(&plain);
    for word in out.words.iter().filter(|word| !is_stop_word(word)) {
        // The verb that a request opens with says what to do, however common it is.
        let is_opening = opening == Some(word.as_str());
        let weight = if is_weak(word) && !is_opening {
            WEAK_WEIGHT
        } else {
            1.0
        };
        add(&mut out.terms, &stem(&stemmer, word), weight);
    }
    if out.terms.is_empty() {
        // All of it is stop words. They are all that is known.
        for word in &out.words {
            add(&mut out.terms, &stem(&stemmer, word), WEAK_WEIGHT);
        }
    }
    for (word, weight) in &said {
        add(&mut out.terms, &stem(&stemmer, word), *weight);
    }
    if out.terms.len() <= MOST_TERMS_OF_ONE_STEP {
        out.action = opening.and_then(action::of_verb);
    }
    out
}

/// The term, once, with its highest weight.
fn add(terms: &mut Vec<(String, f32)>, stem: &str, weight: f32) {
    if let Some((_, known)) = terms.iter_mut().find(|(known, _)| known == stem) {
        *known = known.max(weight);
    } else if terms.len() < MOST_TERMS {
        terms.push((stem.to_owned(), weight));
    }
}

/// What stands between two spaces.
#[derive(Debug, PartialEq)]
enum Token<'a> {
    Plain,
    Url(&'a str),
    Path {
        path: &'a str,
        extension: Option<&'a str>,
    },
    /// Data in base64 or a key: no words.
    Encoded,
}

impl<'a> Token<'a> {
    fn of(token: &'a str) -> Self {
        const LONGEST_NAME: usize = 64;
        let is_outside = |char: char| "\"'`()[]<>{},;!?".contains(char);
        let token = token.trim_matches(is_outside).trim_end_matches(['.', ':']);
        if token.contains("://") {
            return Self::Url(token);
        }
        let name = token.rsplit(['/', '\\']).next().unwrap_or(token);
        let extension = name.rsplit_once('.').and_then(|(stem, extension)| {
            let is_one = extension.len() <= 5
                && extension.starts_with(|char: char| char.is_ascii_alphabetic())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (is_one && !stem.is_empty()).then_some(extension)
        });
        let is_rooted = token.len() > 1
            && (["/", "~/", "./", "../"]
                .iter()
                .any(|root| token.starts_with(root))
                || token.get(1..3) == Some(":\\"));
        let is_named = extension.is_some_and(|extension| {
            EXTENSIONS.contains(&format!(" {} ", extension.to_lowercase()))
        });
        if is_rooted || is_named {
            return Self::Path {
                path: token,
                extension,
            };
        }
        let is_code = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        if token.len() >= LONGEST_NAME && token.bytes().all(is_code) {
            return Self::Encoded;
        }
        Self::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(query: &str) -> Vec<(String, f32)> {
        wanted(query).terms
    }

    #[test]
    fn the_opening_verb_counts_in_full_and_other_common_words_less() {
        let found = terms("please show the issues that people show");
        assert_eq!(
            found,
            [
                ("show".to_owned(), 1.0),
                ("issu".into(), 1.0),
                ("peopl".into(), 1.0)
            ]
        );
        assert_eq!(terms("issues to show")[1], ("show".to_owned(), WEAK_WEIGHT));
    }

    #[test]
    fn a_path_says_what_is_there() {
        let of = |path, extension| Token::Path { path, extension };
        assert_eq!(Token::of("/tmp/a.csv."), of("/tmp/a.csv", Some("csv")));
        assert_eq!(Token::of("(~/notes)"), of("~/notes", None));
        assert_eq!(Token::of("table.XLSX"), of("table.XLSX", Some("XLSX")));
        assert_eq!(Token::of("github.get_issue"), Token::Plain);
        assert_eq!(Token::of("and/or"), Token::Plain);
        let found = terms("open /tmp/a.csv");
        assert!(found.contains(&("file".to_owned(), FILE.1)), "{found:?}");
        assert!(found.contains(&("csv".to_owned(), EXTENSION_WEIGHT)));
        assert!(found.contains(&("tmp".to_owned(), PATH_WEIGHT)));
    }

    #[test]
    fn encoded_data_has_no_words_and_a_url_has_its_own() {
        assert_eq!(terms(&"iVBORw0K".repeat(20)), []);
        let found = terms("https://www.example.com/docs");
        let stems: Vec<&str> = found.iter().map(|(stem, _)| stem.as_str()).collect();
        assert_eq!(stems, ["exampl", "doc", "url"]);
    }

    #[test]
    fn only_a_short_request_has_one_action() {
        assert_eq!(wanted("delete the branch").action, Some(Action::Delete));
        let long = format!(
            "delete {}",
            (0..20).map(|n| format!("word{n} ")).collect::<String>()
        );
        assert_eq!(wanted(&long).action, None);
    }

    #[test]
    fn stop_words_are_looked_for_where_nothing_else_is_said() {
        assert_eq!(
            terms("get it"),
            [("get".to_owned(), WEAK_WEIGHT), ("it".into(), WEAK_WEIGHT)]
        );
    }
}
