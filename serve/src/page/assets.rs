//! The files of the page: one style, one script, one icon. Each has the digest of its bytes in its path, so that a
//! browser keeps it, and takes no older one.

use std::sync::LazyLock;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asset {
    content: &'static str,
    text: &'static str,
    path: String,
}

pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::of(
        "css",
        "text/css; charset=utf-8",
        include_str!("assets/page.css"),
    )
});

pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::of(
        "js",
        "text/javascript; charset=utf-8",
        include_str!("assets/page.js"),
    )
});

pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("svg", "image/svg+xml", include_str!("assets/icon.svg")));

/// The file of this path.
pub(super) fn find(path: &str) -> Option<&'static Asset> {
    let all: [&'static Asset; 3] = [&STYLE, &SCRIPT, &ICON];
    all.into_iter().find(|asset| asset.path == path)
}

impl Asset {
    fn of(ending: &str, content: &'static str, text: &'static str) -> Self {
        let digest = blake3::hash(text.as_bytes()).to_hex();
        Self {
            content,
            text,
            path: format!("/assets/page-{}.{ending}", &digest[..16]),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn answer(&self) -> Response<Full<Bytes>> {
        let mut answer = Response::new(Full::new(Bytes::from_static(self.text.as_bytes())));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content));
        let long = HeaderValue::from_static("private, max-age=31536000, immutable");
        headers.insert(CACHE_CONTROL, long);
        answer
    }
}
