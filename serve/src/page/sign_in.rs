//! Who may see the page: a browser that was opened by a link, which the user alone is shown, and which works once.
//! Keeps digests of tokens, and no token.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use blake3::Hash;
use hyper::header::HeaderMap;
use maud::{Markup, html};
use mcp_host::random;

use super::cookie;
use super::route::is_id;
use super::shell::{self, Place};

/// How long a link works.
const LINK: Duration = Duration::from_secs(15 * 60);

/// How long a session lasts.
const SESSION: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions of one process. The oldest makes room.
const MOST: usize = 16;

/// Takes a sign-in link.
pub type OnLink = Box<dyn Fn(&str) + Send + Sync>;

pub(super) struct SignIn {
    /// `http://127.0.0.1:8080`
    base: String,
    /// Of this port: browsers do not tell the cookies of two ports apart.
    cookie: String,
    on_link: Option<OnLink>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<(Hash, Instant)>,
    sessions: VecDeque<Session>,
}

struct Session {
    token: Hash,
    key: [u8; 32],
    until: Instant,
}

/// A browser that was let in.
pub(super) struct Signed {
    token: Hash,
    key: [u8; 32],
}

impl SignIn {
    pub(super) fn new(base: &str, port: u16, on_link: Option<OnLink>) -> Self {
        Self {
            base: base.to_owned(),
            cookie: format!("mcp-host-{port}"),
            on_link,
            state: Mutex::default(),
        }
    }

    /// Shows the user a link, unless one is out that works. Whether there is one.
    pub(super) fn offer(&self) -> bool {
        let Some(on_link) = &self.on_link else {
            return false;
        };
        let mut state = self.state();
        if state.link.is_some_and(|(_, until)| until > Instant::now()) {
            return true;
        }
        let Some(token) = token() else {
            return false;
        };
        state.link = Some((digest(&token), Instant::now() + LINK));
        drop(state);
        on_link(&format!("{}/sign-in?token={token}", self.base));
        true
    }

    /// Takes the token of a link, and gives the cookie of a session. A link works once.
    pub(super) fn enter(&self, given: &str) -> Option<String> {
        let mut state = self.state();
        let (expected, until) = state.link?;
        // Digests are compared in constant time.
        if digest(given) != expected || until <= Instant::now() {
            return None;
        }
        state.link = None;
        let (token, key) = (token()?, random().ok()?);
        if state.sessions.len() == MOST {
            state.sessions.pop_front();
        }
        state.sessions.push_back(Session {
            token: digest(&token),
            key,
            until: Instant::now() + SESSION,
        });
        Some(cookie::set(&self.cookie, &token, SESSION.as_secs()))
    }

    /// The session whose cookie the request has.
    pub(super) fn session(&self, headers: &HeaderMap) -> Option<Signed> {
        let given = digest(cookie::get(headers, &self.cookie)?);
        let mut state = self.state();
        let now = Instant::now();
        state.sessions.retain(|session| session.until > now);
        let session = state
            .sessions
            .iter()
            .find(|session| session.token == given)?;
        Some(Signed {
            token: session.token,
            key: session.key,
        })
    }

    /// Ends a session.
    pub(super) fn leave(&self, signed: &Signed) {
        let mut state = self.state();
        state
            .sessions
            .retain(|session| session.token != signed.token);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signed {
    /// The token of a form of this session and for this purpose.
    pub(super) fn csrf(&self, purpose: &str) -> String {
        self.hash(purpose).to_hex().to_string()
    }

    /// Whether the token is one of [`Self::csrf`].
    pub(super) fn has_made(&self, purpose: impl AsRef<str>, given: Option<&str>) -> bool {
        let given = given.and_then(|given| Hash::from_hex(given).ok());
        given.is_some_and(|given| given == self.hash(purpose.as_ref()))
    }

    fn hash(&self, purpose: &str) -> Hash {
        blake3::keyed_hash(&self.key, purpose.as_bytes())
    }

    #[cfg(test)]
    pub(super) fn of_test() -> Self {
        Self {
            token: digest("test"),
            key: [7; 32],
        }
    }
}

/// 256 random bits.
fn token() -> Option<String> {
    let bits: [u8; 32] = random().ok()?;
    Some(Hash::from_bytes(bits).to_hex().to_string())
}

fn digest(token: &str) -> Hash {
    blake3::hash(token.as_bytes())
}

/// The page of a browser without a session. `path` is what it asked for.
pub(super) fn needed(path: &str, is_offered: bool) -> Markup {
    // A link on another site brings no cookie, one of this page does.
    let run = path.strip_prefix("/runs/").filter(|id| is_id(id));
    let again = run.map_or_else(|| "/".to_owned(), |id| format!("/runs/{id}"));
    let main = html! {
        h1 { "Sign in" }
        @if is_offered {
            p { "Open the sign-in link that " code { "mcp-host" } " shows where it was started. It works once." }
        } @else {
            p { "This process shows no sign-in link. Run " code { "mcp-host ui" } " in a terminal, and open its link." }
        }
        p { "Signed in already? " a href=(again) { "Continue" } }
    };
    shell::page("Sign in", &Place::Outside, &main)
}

/// The page of a link that does not work.
pub(super) fn refused() -> Markup {
    let main = html! {
        h1 { "The link does not work" }
        p { "It was used before, is older than 15 minutes, or is not one of this process." }
        p { a href="/" { "Ask for a new link" } ": it is shown where " code { "mcp-host" } " was started." }
    };
    shell::page("Sign in", &Place::Outside, &main)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::sync::{Arc, Mutex};

    use hyper::header::{COOKIE, HeaderValue};

    use super::*;

    fn sign_in() -> (SignIn, Arc<Mutex<Vec<String>>>) {
        let links = Arc::<Mutex<Vec<String>>>::default();
        let shown = Arc::clone(&links);
        let on_link: OnLink = Box::new(move |link| shown.lock().unwrap().push(link.to_owned()));
        (SignIn::new("http://127.0.0.1:80", 80, Some(on_link)), links)
    }

    fn headers(set: &str) -> HeaderMap {
        let cookie = set.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
        headers
    }

    fn token_of(link: &str) -> &str {
        link.strip_prefix("http://127.0.0.1:80/sign-in?token=")
            .unwrap()
    }

    #[test]
    fn a_link_lets_one_browser_in_and_a_new_one_is_shown_when_it_is_used() {
        let (sign_in, links) = sign_in();
        assert!(sign_in.offer() && sign_in.offer());
        assert_eq!(links.lock().unwrap().len(), 1);
        let link = links.lock().unwrap()[0].clone();
        assert!(sign_in.enter("0").is_none());
        let set = sign_in.enter(token_of(&link)).unwrap();
        assert!(sign_in.enter(token_of(&link)).is_none());
        assert!(
            set.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"),
            "{set}"
        );
        assert!(!set.contains(token_of(&link)));
        let signed = sign_in.session(&headers(&set)).unwrap();
        assert!(sign_in.session(&headers("mcp-host-80=0")).is_none());
        sign_in.offer();
        assert_eq!(links.lock().unwrap().len(), 2);
        sign_in.leave(&signed);
        assert!(sign_in.session(&headers(&set)).is_none());
    }

    #[test]
    fn a_form_of_another_session_or_purpose_is_not_of_this_one() {
        let (one, other) = (
            Signed::of_test(),
            Signed {
                key: [8; 32],
                ..Signed::of_test()
            },
        );
        let token = one.csrf("decide r_1");
        assert!(one.has_made("decide r_1", Some(&token)));
        assert!(!one.has_made("decide r_2", Some(&token)));
        assert!(!other.has_made("decide r_1", Some(&token)));
        assert!(!one.has_made("decide r_1", None));
        assert!(!one.has_made("decide r_1", Some("")));
    }

    #[test]
    fn the_seventeenth_session_ends_the_first() {
        let (sign_in, links) = sign_in();
        let mut sets = Vec::new();
        for _ in 0..=MOST {
            sign_in.offer();
            let link = links.lock().unwrap().last().unwrap().clone();
            sets.push(sign_in.enter(token_of(&link)).unwrap());
        }
        assert!(sign_in.session(&headers(&sets[0])).is_none());
        assert!(sign_in.session(&headers(&sets[1])).is_some());
    }
}
