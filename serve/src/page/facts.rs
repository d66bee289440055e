//! What one request is answered from, and which page answers it.

use hyper::StatusCode;
use mcp_bridge::with_causes;
use mcp_host::WaitEvent;
use serde_json::json;

use super::always::{self, Always};
use super::answer::{Answer, html_answer, json as json_answer, plain, see_other};
use super::audit::AuditLog;
use super::decide::{self, Refused};
use super::form::Form;
use super::route::{self, Route};
use super::rows::Rows;
use super::run::{Notice, Shown};
use super::shell::{self, Place, Tab};
use super::sign_in::Signed;
use super::{audit, run, runs, servers};
use crate::audit::Asked;
use crate::door::Door;
use crate::indexed::Snapshot;

/// What one request is answered from.
pub(super) struct Facts<'p> {
    pub(super) door: &'p Door,
    pub(super) audit: Option<&'p dyn AuditLog>,
    /// Writes the settings file, if this process may.
    pub(super) always: Option<&'p dyn Always>,
    /// The user who decides.
    pub(super) user: &'p str,
    pub(super) rows: &'p Rows,
    pub(super) known: Option<&'p Snapshot>,
    pub(super) signed: &'p Signed,
}

impl Facts<'_> {
    /// Reads files.
    pub(super) fn answer(&self, route: &Route<String>, form: &Form) -> Answer {
        match route {
            Route::Waiting => self.waiting(),
            Route::Runs => self.runs(),
            Route::Run(id) => self.run(id, StatusCode::OK, None),
            Route::Again(id) => see_other(&format!("/runs/{id}")),
            Route::Decide(id) => self.decide(id, form),
            Route::Always(id) => self.always(id, form),
            Route::Cancel(id) => self.cancel(id),
            Route::Servers => self.servers(),
            Route::Audit => self.audit(form),
            Route::Live => self.live(),
            Route::SignIn | Route::SignOut | Route::Asset(_) => see_other("/"),
        }
    }

    fn page(&self, status: StatusCode, title: &str, at: Tab, main: &maud::Markup) -> Answer {
        let sign_out = self.signed.csrf(route::SIGN_OUT);
        html_answer(
            status,
            shell::page(title, &Place::Inside { at, sign_out }, main),
        )
    }

    fn waiting(&self) -> Answer {
        let Some(store) = &self.door.runs else {
            return self.page(StatusCode::OK, "Waiting", Tab::Waiting, &runs::no_store());
        };
        match self.rows.all(store) {
            Ok((rows, _)) => {
                let waiting = rows.iter().filter(|row| row.waits()).count();
                let title = match waiting {
                    0 => "Waiting".to_owned(),
                    waiting => format!("({waiting}) Waiting"),
                };
                self.page(StatusCode::OK, &title, Tab::Waiting, &runs::waiting(&rows))
            }
            Err(error) => self.failed(&error),
        }
    }

    fn runs(&self) -> Answer {
        let listed = self.door.runs.as_ref().map(|store| self.rows.all(store));
        let (rows, left) = match listed.transpose() {
            Ok(listed) => listed.unwrap_or_default(),
            Err(error) => return self.failed(&error),
        };
        let logged = self.audit.map(runs::logged);
        let main = runs::all(&rows, left, logged.as_deref().unwrap_or_default());
        self.page(StatusCode::OK, "Runs", Tab::Runs, &main)
    }

    fn run(&self, id: &str, status: StatusCode, notice: Option<&Notice>) -> Answer {
        let shown = Shown {
            door: self.door,
            audit: self.audit,
            known: self.known,
            decide: self.signed.csrf(&route::decide(id)),
            may_always: self.always.is_some(),
            cancel: self.signed.csrf(&route::cancel(id)),
            notice,
        };
        match run::page(&shown, id) {
            Some(main) => self.page(status, id, Tab::Runs, &main),
            None => plain(
                StatusCode::NOT_FOUND,
                "there is no such run, or it is kept no more",
            ),
        }
    }

    fn decide(&self, id: &str, form: &Form) -> Answer {
        let Some(store) = &self.door.runs else {
            return plain(StatusCode::NOT_FOUND, "no run is kept here");
        };
        if form.one("decision") == Some("always") {
            return match decide::preview(store, id, form, self.always) {
                Ok((info, preview)) => {
                    let csrf = self.signed.csrf(&route::always(id));
                    let main = always::page(&info, &preview, &csrf);
                    self.page(StatusCode::OK, "Always allow", Tab::Waiting, &main)
                }
                Err(refused) => self.refused(id, refused),
            };
        }
        let asked = Asked::run(id);
        let log = |event: WaitEvent<'_>| self.door.waiting(&asked, event);
        match decide::decide(store, id, (form, self.user), &log) {
            Ok(()) => see_other(&format!("/runs/{id}")),
            Err(refused) => self.refused(id, refused),
        }
    }

    fn always(&self, id: &str, form: &Form) -> Answer {
        let Some(store) = &self.door.runs else {
            return plain(StatusCode::NOT_FOUND, "no run is kept here");
        };
        let asked = Asked::run(id);
        let log = |event: WaitEvent<'_>| self.door.waiting(&asked, event);
        match decide::always(store, id, (form, self.user), self.always, &log) {
            Ok(()) => see_other(&format!("/runs/{id}")),
            Err(refused) => self.refused(id, refused),
        }
    }

    fn cancel(&self, id: &str) -> Answer {
        let Some(store) = &self.door.runs else {
            return plain(StatusCode::NOT_FOUND, "no run is kept here");
        };
        match decide::cancel(store, id) {
            Ok(()) => {
                self.door.waiting(&Asked::run(id), WaitEvent::Cancelled);
                see_other(&format!("/runs/{id}"))
            }
            Err(refused) => self.refused(id, refused),
        }
    }

    fn refused(&self, id: &str, refused: Refused) -> Answer {
        let status = match &refused {
            Refused::Form(_) => StatusCode::BAD_REQUEST,
            Refused::Changed | Refused::Run(_) => StatusCode::CONFLICT,
        };
        let notice = Notice(refused.to_string());
        self.run(id, status, Some(&notice))
    }

    fn servers(&self) -> Answer {
        let listed = self.door.servers.listed();
        let faults: Vec<_> = self.door.faults().collect();
        let main = servers::page(&listed, &faults, self.known);
        self.page(StatusCode::OK, "Servers", Tab::Servers, &main)
    }

    fn audit(&self, form: &Form) -> Answer {
        let main = audit::page(self.audit, form);
        self.page(StatusCode::OK, "Audit log", Tab::Audit, &main)
    }

    /// A text that changes with what the pages show.
    fn live(&self) -> Answer {
        let mut hasher = blake3::Hasher::new();
        let changes = self.door.runs.as_ref().map(|runs| self.rows.changes(runs));
        hasher.update(changes.unwrap_or_default().as_bytes());
        hasher.update(&self.door.servers.generation().to_le_bytes());
        let stamp = hasher.finalize().to_hex();
        json_answer(&json!({ "stamp": &stamp[..16] }))
    }

    fn failed(&self, error: &dyn std::error::Error) -> Answer {
        let why = super::text::line(&with_causes(error), 2_000);
        plain(StatusCode::INTERNAL_SERVER_ERROR, &why)
    }
}
