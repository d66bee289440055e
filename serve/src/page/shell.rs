//! What all pages have in common: head, navigation, the way past it for a keyboard. Shows no data.

use maud::{DOCTYPE, Markup, html};

use super::assets;

/// Where a page stands.
pub(super) enum Place {
    /// No browser is signed in.
    Outside,
    /// One of the pages of the navigation. `sign_out` is the token of the form that signs out.
    Inside { at: Tab, sign_out: String },
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Waiting,
    Runs,
    Servers,
    Audit,
}

const TABS: [(Tab, &str, &str); 4] = [
    (Tab::Waiting, "/", "Waiting"),
    (Tab::Runs, "/runs", "Runs"),
    (Tab::Servers, "/servers", "Servers"),
    (Tab::Audit, "/audit", "Audit log"),
];

pub(super) fn page(title: &str, place: &Place, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · mcp-host" }
                link rel="icon" type="image/svg+xml" href=(assets::ICON.path());
                link rel="stylesheet" href=(assets::STYLE.path());
                @if matches!(place, Place::Inside { .. }) {
                    script src=(assets::SCRIPT.path()) defer {}
                }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    span.brand { "mcp-host" }
                    @if let Place::Inside { at, sign_out } = place {
                        nav aria-label="Pages" {
                            @for (tab, path, name) in TABS {
                                a href=(path) aria-current=[(tab == *at).then_some("page")] { (name) }
                            }
                        }
                        form method="post" action="/sign-out" {
                            input type="hidden" name="csrf" value=(sign_out);
                            button.quiet type="submit" { "Sign out" }
                        }
                    }
                }
                p #changed .notice role="status" hidden {
                    "Something changed. " a href="" { "Load the page again" }
                }
                main #main tabindex="-1" { (main) }
                footer { "Times are UTC. This page is served to this machine alone." }
            }
        }
    }
}

/// A table that scrolls where the window is narrow, also by keyboard.
pub(super) fn scrolled(label: &str, table: &Markup) -> Markup {
    html! {
        div.scroll role="region" aria-label=(label) tabindex="0" { (table) }
    }
}

/// A word about a state, in a colour of its own.
pub(super) fn badge(word: &str) -> Markup {
    let kind = match word {
        "paused" | "asks" | "waits" | "needs login" => "warn",
        "finished" | "done" | "up" | "allowed" | "ok" | "ready" => "good",
        "running" | "starting" | "not started" | "depends on the call" => "plain",
        _ => "bad",
    };
    html! { span class={ "badge " (kind) } { (word) } }
}
