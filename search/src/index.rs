//! The index: what it is built from, what it is asked, what it answers. Ranks nothing itself.

use std::collections::HashMap;

use crate::action;
use crate::bounds::{Bounds, cut};
use crate::entry::{Entry, Kind};
use crate::names::{LONGEST_NAME, Names, callable, is_name, nearest};
use crate::postings::Postings;
use crate::query::wanted;
use crate::rank::{Ranked, rank};

/// Tools and skills, ready to be searched. It owns all it needs.
#[derive(Debug)]
pub struct Index {
    bounds: Bounds,
    servers: Vec<Server>,
    entries: Vec<Known>,
    ranked: Vec<Ranked>,
    names: Names,
    postings: Postings,
    left_out: usize,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<'a> {
    /// Plain words, or a name. An empty text enumerates.
    pub text: &'a str,
    /// Only what is of this server.
    pub server: Option<&'a str>,
    /// Hits of one page.
    pub limit: usize,
    /// Hits before the page.
    pub offset: usize,
}

impl<'a> Query<'a> {
    /// The first 8 hits of all servers.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            server: None,
            limit: 8,
            offset: 0,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'i> {
    /// One page of hits, the best first. An empty query without a server has none.
    pub hits: Vec<Hit<'i>>,
    /// Hits of all pages; for an empty query without a server, servers of all pages.
    pub total: usize,
    /// Where nothing was found: the nearest names, as hits are written, or the nearest servers where the server that
    /// was asked for does not exist. Empty only where the index is.
    pub nearest: Vec<String>,
    /// One page of servers, for an empty query without a server.
    pub servers: Vec<ServerCount<'i>>,
}

/// One tool or skill that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit<'i> {
    /// The position of the entry in what the index was built from.
    pub at: usize,
    /// Its server.
    pub server: &'i str,
    /// Its name, cut after 256 bytes.
    pub name: &'i str,
    /// Tool or skill.
    pub kind: Kind,
    /// Whether the query names it.
    pub exact: bool,
    /// How well it matches. Only scores of one query compare.
    pub score: f32,
}

/// A server, and how much it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerCount<'i> {
    /// Its name.
    pub server: &'i str,
    /// Tools of it.
    pub tools: usize,
    /// Skills of it.
    pub skills: usize,
}

#[derive(Debug)]
struct Server {
    name: Box<str>,
    tools: usize,
    skills: usize,
}

#[derive(Debug)]
struct Known {
    server: u32,
    name: Box<str>,
    kind: Kind,
}

impl Index {
    /// Reads the entries, as far as the default bounds allow.
    #[must_use]
    pub fn build<'a>(entries: impl IntoIterator<Item = Entry<'a>>) -> Self {
        Self::build_within(Bounds::DEFAULT, entries)
    }

    /// Reads the entries, as far as the bounds allow.
    #[must_use]
    pub fn build_within<'a>(bounds: Bounds, entries: impl IntoIterator<Item = Entry<'a>>) -> Self {
        let mut entries = entries.into_iter();
        let read: Vec<Entry<'a>> = entries.by_ref().take(bounds.entries).collect();
        let left_out = entries.count();
        let mut index = Self {
            bounds,
            servers: Vec::new(),
            entries: Vec::with_capacity(read.len()),
            ranked: Vec::with_capacity(read.len()),
            names: Names::default(),
            postings: Postings::build(&read, &bounds),
            left_out,
        };
        let mut known: HashMap<&str, u32> = HashMap::new();
        for (at, entry) in (0_u32..).zip(&read) {
            let server = *known
                .entry(entry.server)
                .or_insert_with(|| index.add_server(entry.server));
            index.add(at, server, entry);
        }
        index
    }

    /// Entries that were over [`Bounds::entries`].
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Entries of the index.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Finds what the query means: an exact name first, then by score. Any query has an answer: see [`Found::nearest`].
    #[must_use]
    pub fn search(&self, query: &Query<'_>) -> Found<'_> {
        let text = cut(query.text.trim(), self.bounds.query);
        let server = match query.server.map(|name| self.server(name)) {
            Some(None) => return self.without_server(query.server.unwrap_or("")),
            Some(found) => found,
            None => None,
        };
        if text.is_empty() && server.is_none() {
            return self.enumerate(query);
        }
        let hits = self.hits(text, server);
        let total = hits.len();
        let mut nearest = Vec::new();
        if total == 0 {
            nearest = self.nearest(text, server);
        }
        let page = hits.into_iter().skip(query.offset).take(query.limit);
        Found {
            hits: page.collect(),
            total,
            nearest,
            servers: Vec::new(),
        }
    }

    /// All hits: those that the query names, then the others by score. A query that is a name and nothing else is a
    /// look-up: there are no others. An empty text means all of a server.
    fn hits(&self, text: &str, server: Option<u32>) -> Vec<Hit<'_>> {
        let is_of =
            |at: &u32| server.is_none_or(|server| self.entries[*at as usize].server == server);
        if text.is_empty() {
            let all = (0_u32..).zip(&self.entries).map(|(at, _)| at);
            return all
                .filter(is_of)
                .map(|at| self.hit(at, false, 0.0))
                .collect();
        }
        let exact: Vec<u32> = self.names.exact(text).into_iter().filter(is_of).collect();
        if !exact.is_empty() && is_name(text) {
            return exact.iter().map(|at| self.hit(*at, true, 0.0)).collect();
        }
        let ranked = rank(&wanted(text), &self.postings, &self.ranked, server);
        let score = |at: u32| {
            ranked
                .iter()
                .find(|(other, _)| *other == at)
                .map_or(0.0, |(_, score)| *score)
        };
        let mut hits: Vec<Hit<'_>> = exact
            .iter()
            .map(|at| self.hit(*at, true, score(*at)))
            .collect();
        let others = ranked.iter().filter(|(at, _)| !exact.contains(at));
        hits.extend(others.map(|(at, score)| self.hit(*at, false, *score)));
        hits
    }

    fn hit(&self, at: u32, exact: bool, score: f32) -> Hit<'_> {
        let known = &self.entries[at as usize];
        let server = &self.servers[known.server as usize].name;
        Hit {
            at: at as usize,
            server,
            name: &known.name,
            kind: known.kind,
            exact,
            score,
        }
    }

    fn enumerate(&self, query: &Query<'_>) -> Found<'_> {
        let page = self.servers.iter().skip(query.offset).take(query.limit);
        let servers = page
            .map(|server| ServerCount {
                server: &server.name,
                tools: server.tools,
                skills: server.skills,
            })
            .collect();
        Found {
            hits: Vec::new(),
            total: self.servers.len(),
            nearest: Vec::new(),
            servers,
        }
    }

    fn nearest(&self, text: &str, server: Option<u32>) -> Vec<String> {
        let known: Vec<&Known> = self
            .entries
            .iter()
            .filter(|known| server.is_none_or(|server| server == known.server))
            .collect();
        let name_of = |known: &Known| self.servers[known.server as usize].name.as_ref();
        let near = nearest(
            text,
            known
                .iter()
                .map(|known| (name_of(known), known.name.as_ref())),
        );
        near.into_iter()
            .map(|at| callable(name_of(known[at]), &known[at].name))
            .collect()
    }

    fn without_server(&self, name: &str) -> Found<'_> {
        let near = nearest(
            name,
            self.servers.iter().map(|server| ("", server.name.as_ref())),
        );
        let nearest = near
            .into_iter()
            .map(|at| self.servers[at].name.to_string())
            .collect();
        Found {
            hits: Vec::new(),
            total: 0,
            nearest,
            servers: Vec::new(),
        }
    }

    fn server(&self, name: &str) -> Option<u32> {
        let all = || (0_u32..).zip(&self.servers);
        let exact = all().find(|(_, server)| *server.name == *name);
        let found =
            exact.or_else(|| all().find(|(_, server)| server.name.eq_ignore_ascii_case(name)));
        found.map(|(at, _)| at)
    }

    fn add_server(&mut self, name: &str) -> u32 {
        self.servers.push(Server {
            name: cut(name, LONGEST_NAME).into(),
            tools: 0,
            skills: 0,
        });
        u32::try_from(self.servers.len() - 1).unwrap_or(u32::MAX)
    }

    fn add(&mut self, at: u32, server: u32, entry: &Entry<'_>) {
        let of_server = &mut self.servers[server as usize];
        match entry.kind {
            Kind::Tool => of_server.tools += 1,
            Kind::Skill => of_server.skills += 1,
        }
        let name = cut(entry.name, LONGEST_NAME);
        self.names.add(at, &of_server.name, name);
        self.ranked.push(Ranked {
            server,
            action: action::of_name(name),
            uses: entry.uses,
        });
        self.entries.push(Known {
            server,
            name: name.into(),
            kind: entry.kind,
        });
    }
}
