//! Answers of the page: HTML, a redirect, JSON. Decides nothing.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use maud::{Markup, html};

use super::shell::{self, Place};

pub(super) type Answer = Response<Full<Bytes>>;

pub(super) fn html_answer(status: StatusCode, page: Markup) -> Answer {
    of(status, "text/html; charset=utf-8", page.into_string())
}

pub(super) fn json(value: &serde_json::Value) -> Answer {
    of(StatusCode::OK, "application/json", value.to_string())
}

/// A page of one sentence.
pub(super) fn plain(status: StatusCode, why: &str) -> Answer {
    let main = html! {
        h1 { "Not done" }
        p { (why) "." }
        p { a href="/" { "What waits for a decision" } }
    };
    html_answer(status, shell::page("Not done", &Place::Outside, &main))
}

pub(super) fn see_other(to: &str) -> Answer {
    let mut answer = of(StatusCode::SEE_OTHER, "text/plain", String::new());
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    answer.headers_mut().insert(LOCATION, to);
    answer
}

fn of(status: StatusCode, content: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
