//! The local page: what waits for a decision of the user, what runs did, the servers, the audit log. HTML that is made
//! here, and works without JavaScript. Decides nothing itself: what the user decides goes into the ledger. No tool of
//! the surface, no answer and no log has a token of it.

mod always;
mod answer;
mod arguments;
mod assets;
mod audit;
mod cookie;
mod decide;
mod facts;
mod form;
mod guard;
mod manifest;
mod questions;
mod route;
mod rows;
mod run;
mod runs;
mod servers;
mod shell;
mod sign_in;
mod source;
mod text;
mod timeline;

use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes};
use hyper::header::{HeaderValue, SET_COOKIE};
use hyper::{Method, Request, StatusCode};
use mcp_bridge::KnownSecrets;
use tokio::sync::{Mutex, Semaphore};

use crate::door::Door;
use answer::{Answer, html_answer, plain, see_other};
use facts::Facts;
use form::Form;
use route::Route;
use rows::Rows;
use sign_in::{SignIn, Signed};

pub use always::{Always, AlwaysChange};
pub use audit::{AuditFilter, AuditLog, Logged};
pub(crate) use route::is_of_page;
pub use sign_in::OnLink;

/// What the page is given.
pub struct PageOptions {
    /// The audit log; `None`: there is none.
    pub audit: Option<Arc<dyn AuditLog>>,
    /// Writes "always" into the settings file of the user; `None`: the page does not offer it.
    pub always: Option<Arc<dyn Always>>,
    /// Shows a sign-in link to the user, and to no other: it lets one browser in. `None`: no link is shown here.
    pub on_link: Option<OnLink>,
    /// The user who decides, as the ledger names them.
    pub user: String,
}

/// Pages that are made at once: each may read a ledger of 128 MiB.
const AT_ONCE: usize = 2;

/// How long a request waits for its turn.
const TURN: Duration = Duration::from_secs(20);

/// How long a page waits for the tools that servers listed last to be read.
const MOMENT: Duration = Duration::from_millis(500);

/// The page of one process.
pub(crate) struct Page {
    door: Arc<Door>,
    audit: Option<Arc<dyn AuditLog>>,
    always: Option<Arc<dyn Always>>,
    user: String,
    sign_in: SignIn,
    rows: Rows,
    /// Those of the configuration with this version: a server that was not started is hidden too.
    secrets: Mutex<Option<(u64, Arc<KnownSecrets>)>>,
    turns: Arc<Semaphore>,
}

impl Page {
    /// The page that browsers reach on this port.
    pub(crate) fn new(door: Arc<Door>, options: PageOptions, base: &str, port: u16) -> Self {
        Self {
            door,
            audit: options.audit,
            always: options.always,
            user: options.user,
            sign_in: SignIn::new(base, port, options.on_link),
            rows: Rows::default(),
            secrets: Mutex::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Shows the user a sign-in link, unless one is out.
    pub(crate) fn offer_link(&self) {
        self.sign_in.offer();
    }

    /// The answer to a request for which [`is_of_page`] holds.
    pub(crate) async fn answer<B>(self: Arc<Self>, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes> + Send,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let mut answer = match self.answered(request).await {
            Ok(answer) | Err(answer) => answer,
        };
        guard::secure(answer.headers_mut());
        answer
    }

    async fn answered<B>(self: Arc<Self>, request: Request<B>) -> Result<Answer, Answer>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let path = request.uri().path().to_owned();
        let Some(route) = Route::of(request.method(), &path) else {
            return Err(plain(StatusCode::NOT_FOUND, "there is no such page"));
        };
        guard::host(request.headers()).map_err(|why| plain(StatusCode::FORBIDDEN, why))?;
        let query = Form::of(request.uri().query().unwrap_or_default().as_bytes());
        match route {
            Route::Asset(asset) => return Ok(asset.answer()),
            Route::SignIn => {
                // What a browser fetches ahead is no person's click.
                let is_click =
                    request.method() == Method::GET && !guard::is_ahead(request.headers());
                return Ok(self.enter(&query, is_click));
            }
            _ => {}
        }
        let Some(signed) = self.sign_in.session(request.headers()) else {
            let is_offered = self.sign_in.offer();
            let path = path.as_str();
            return Err(html_answer(
                StatusCode::FORBIDDEN,
                sign_in::needed(path, is_offered),
            ));
        };
        let form = match *request.method() {
            Method::POST => {
                guard::origin(request.headers())
                    .map_err(|why| plain(StatusCode::FORBIDDEN, why))?;
                let form = form::read(request.into_body()).await;
                let form = form.map_err(|(status, why)| plain(status, why))?;
                if !signed.has_made(route.purpose(), form.one("csrf")) {
                    let why = "the form is not one of this session: load the page again";
                    return Err(plain(StatusCode::FORBIDDEN, why));
                }
                form
            }
            _ => query,
        };
        if route == Route::SignOut {
            self.sign_in.leave(&signed);
            return Ok(see_other("/"));
        }
        self.in_turn(route.owned(), form, signed).await
    }

    /// A one-time link becomes a session.
    fn enter(&self, query: &Form, is_click: bool) -> Answer {
        let token = query.one("token").filter(|_| is_click);
        match token.and_then(|token| self.sign_in.enter(token)) {
            Some(cookie) => {
                let mut answer = see_other("/");
                if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                    answer.headers_mut().insert(SET_COOKIE, cookie);
                }
                answer
            }
            None => html_answer(StatusCode::FORBIDDEN, sign_in::refused()),
        }
    }

    /// Makes the page on a thread of its own, because it reads files.
    async fn in_turn(
        self: Arc<Self>,
        route: Route<String>,
        form: Form,
        signed: Signed,
    ) -> Result<Answer, Answer> {
        let busy = || {
            let why = "too many pages are being made: load it again in a moment";
            plain(StatusCode::SERVICE_UNAVAILABLE, why)
        };
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned());
        let Ok(Ok(turn)) = turn.await else {
            return Err(busy());
        };
        let known = match route {
            Route::Run(_)
            | Route::Decide(_)
            | Route::Always(_)
            | Route::Cancel(_)
            | Route::Servers => Some(self.door.known(MOMENT).await),
            _ => None,
        };
        let secrets = self.known_secrets().await;
        let made = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            // Hidden from the texts that are made now.
            let _secrets = secrets;
            let facts = Facts {
                door: &self.door,
                audit: self.audit.as_deref(),
                always: self.always.as_deref(),
                user: &self.user,
                rows: &self.rows,
                known: known.as_deref(),
                signed: &signed,
            };
            facts.answer(&route, &form)
        });
        made.await
            .map_err(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "the page was not made"))
    }

    async fn known_secrets(&self) -> Option<Arc<KnownSecrets>> {
        let servers = Arc::clone(&self.door.servers);
        let mut secrets = self.secrets.lock().await;
        let last = secrets.clone();
        let read = tokio::task::spawn_blocking(move || {
            let (version, config) = servers.config();
            match last {
                Some((known, secrets)) if known == version => (version, secrets),
                _ => (version, Arc::new(KnownSecrets::of(&config))),
            }
        });
        let read = read.await.ok()?;
        *secrets = Some(read.clone());
        Some(read.1)
    }
}
