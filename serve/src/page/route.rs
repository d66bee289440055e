//! Which request is for which page. Reads no header.

use hyper::Method;

use super::assets::{self, Asset};

/// The longest id of a run in a path.
const LONGEST_ID: usize = 40;

/// A page, or what a form does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<S> {
    Waiting,
    Runs,
    Run(S),
    /// What a browser loads again after a form was refused.
    Again(S),
    Decide(S),
    /// Writes into the settings file what was shown.
    Always(S),
    Cancel(S),
    Servers,
    Audit,
    /// Whether something changed.
    Live,
    SignIn,
    SignOut,
    Asset(&'static Asset),
}

/// Whether the page answers this request. All others are for MCP.
pub(crate) fn is_of_page(method: &Method, path: &str) -> bool {
    Route::of(method, path).is_some()
}

impl<'p> Route<&'p str> {
    pub(super) fn of(method: &Method, path: &'p str) -> Option<Self> {
        match *method {
            Method::GET | Method::HEAD => Self::get(path),
            Method::POST => Self::post(path),
            _ => None,
        }
    }

    fn get(path: &'p str) -> Option<Self> {
        Some(match path {
            "/" => Self::Waiting,
            "/runs" => Self::Runs,
            "/servers" => Self::Servers,
            "/audit" => Self::Audit,
            "/live" => Self::Live,
            "/sign-in" => Self::SignIn,
            _ => match path.strip_prefix("/runs/") {
                Some(id) if is_id(id) => Self::Run(id),
                Some(_) => match Self::post(path)? {
                    Self::Decide(id) | Self::Always(id) | Self::Cancel(id) => Self::Again(id),
                    _ => return None,
                },
                None => Self::Asset(assets::find(path)?),
            },
        })
    }

    fn post(path: &'p str) -> Option<Self> {
        if path == "/sign-out" {
            return Some(Self::SignOut);
        }
        let (id, action) = path.strip_prefix("/runs/")?.split_once('/')?;
        match action {
            _ if !is_id(id) => None,
            "decide" => Some(Self::Decide(id)),
            "always" => Some(Self::Always(id)),
            "cancel" => Some(Self::Cancel(id)),
            _ => None,
        }
    }

    /// What the form that leads here is for: a token of one form is good for no other.
    pub(super) fn purpose(self) -> String {
        match self {
            Self::Decide(id) => decide(id),
            Self::Always(id) => always(id),
            Self::Cancel(id) => cancel(id),
            _ => SIGN_OUT.to_owned(),
        }
    }

    pub(super) fn owned(self) -> Route<String> {
        match self {
            Self::Waiting => Route::Waiting,
            Self::Runs => Route::Runs,
            Self::Run(id) => Route::Run(id.to_owned()),
            Self::Again(id) => Route::Again(id.to_owned()),
            Self::Decide(id) => Route::Decide(id.to_owned()),
            Self::Always(id) => Route::Always(id.to_owned()),
            Self::Cancel(id) => Route::Cancel(id.to_owned()),
            Self::Servers => Route::Servers,
            Self::Audit => Route::Audit,
            Self::Live => Route::Live,
            Self::SignIn => Route::SignIn,
            Self::SignOut => Route::SignOut,
            Self::Asset(asset) => Route::Asset(asset),
        }
    }
}

/// The purpose of the form that signs out.
pub(super) const SIGN_OUT: &str = "sign-out";

/// The purpose of the form that decides about a run.
pub(super) fn decide(id: &str) -> String {
    format!("decide {id}")
}

/// The purpose of the form that confirms a change of the settings file.
pub(super) fn always(id: &str) -> String {
    format!("always {id}")
}

/// The purpose of the form that ends a run.
pub(super) fn cancel(id: &str) -> String {
    format!("cancel {id}")
}

/// Letters of the ids of runs: what may stand in a path as it is.
pub(super) fn is_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.len() <= LONGEST_ID && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_paths_of_the_page_are_its_own() {
        for path in [
            "/",
            "/runs",
            "/runs/r_7f3k2m9q",
            "/servers",
            "/audit",
            "/live",
            "/sign-in",
        ] {
            assert!(is_of_page(&Method::GET, path), "{path}");
            assert!(!is_of_page(&Method::POST, path), "{path}");
        }
        for path in [
            "/runs/r_7f3k2m9q/decide",
            "/runs/r_7f3k2m9q/always",
            "/runs/r_7f3k2m9q/cancel",
            "/sign-out",
        ] {
            assert!(is_of_page(&Method::POST, path), "{path}");
        }
        for path in [
            "/mcp",
            "/runs/",
            "/runs/../x",
            "/runs/a%2e",
            "/runs/a/b",
            "//",
            "/assets/x.css",
        ] {
            assert!(!is_of_page(&Method::GET, path), "{path}");
        }
        assert!(!is_of_page(&Method::DELETE, "/runs"));
    }
}
