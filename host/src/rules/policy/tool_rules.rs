//! The rules of a policy for one tool, found once: what decides for all arguments, and the entries that depend on them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::counts::{DayCounts, RunCount, UsedUp};
use super::entry::{Entry, List};
use super::hints::Hints;
use super::pattern::ToolPattern;
use super::rule::Cause;
use super::table::{Destructive, Place, PolicyTable};
use super::truth::Truth;

/// How careful a decision is. The most careful wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Care {
    Allow,
    Ask,
    Deny,
}

impl Care {
    pub(super) fn of(list: List) -> Self {
        match list {
            List::Allow | List::Agents => Self::Allow,
            List::Ask => Self::Ask,
            List::Deny => Self::Deny,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// The rules of one table for one tool.
#[derive(Debug, Clone)]
pub(super) struct TableRules {
    pub(super) table: Arc<PolicyTable>,
    /// Entries that depend on the arguments.
    deny: Vec<Arc<Entry>>,
    ask: Vec<Arc<Entry>>,
    /// Those of `allow` that depend on the arguments or are counted, each with its place in the counts of a run.
    allow: Vec<Allowing>,
    /// What decides where none of these applies.
    otherwise: (Care, Cause),
}

/// An entry that allows, with its place in the counts of a run.
#[derive(Debug, Clone)]
struct Allowing {
    at: usize,
    list: List,
    entry: Arc<Entry>,
}

impl Allowing {
    fn cause(&self) -> Cause {
        Cause::Entry(self.list, Arc::clone(&self.entry))
    }
}

/// Of whom a decision is, and of what.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) server: &'a str,
    pub(super) tool: &'a str,
    pub(super) hints: Hints,
    /// The grants of `--allow`.
    pub(super) granted: &'a [ToolPattern],
    pub(super) for_agents: bool,
}

impl TableRules {
    /// Finds them. `first` is the place of the table's first entry of `allow` in the counts of a run. `lifted`: `allow`
    /// of the organisation takes the place of the default for agents.
    pub(super) fn of(
        table: &Arc<PolicyTable>,
        asked: Asked<'_>,
        first: usize,
        lifted: bool,
    ) -> Self {
        let mut rules = Self {
            table: Arc::clone(table),
            deny: Vec::new(),
            ask: Vec::new(),
            allow: Vec::new(),
            otherwise: (Care::Allow, Cause::Nothing),
        };
        rules.otherwise = rules.found(asked, first, lifted);
        rules
    }

    /// Keeps the entries that depend on the call, and gives what decides without them.
    fn found(&mut self, asked: Asked<'_>, first: usize, lifted: bool) -> (Care, Cause) {
        let table = Arc::clone(&self.table);
        let careful =
            |entry: &&Arc<Entry>| entry.tool.covers_any_spelling(asked.server, asked.tool);
        if let Some(denial) = table.denial(asked.server, asked.tool) {
            return (Care::Deny, Cause::Entry(List::Deny, Arc::clone(denial)));
        }
        self.deny = table.deny.iter().filter(careful).cloned().collect();
        if table.read_only && !asked.hints.read_only() {
            self.deny.clear();
            return (Care::Deny, Cause::ReadOnly(asked.hints));
        }
        let mut ask = table.ask.iter().filter(careful);
        if let Some(entry) = ask.clone().find(|entry| entry.is_plain()) {
            return (Care::Ask, Cause::Entry(List::Ask, Arc::clone(entry)));
        }
        self.ask = ask.by_ref().cloned().collect();
        let usable = usable(&table, asked);
        if let Some(plain) = usable.clone().find(|found| found.entry.is_plain()) {
            return (Care::Allow, plain.cause());
        }
        if let Some(grant) = granted(&table, asked) {
            return (Care::Allow, Cause::Granted(grant.to_string()));
        }
        self.allow = usable
            .map(|found| Allowing {
                at: first + found.at,
                ..found
            })
            .collect();
        self.without_entry(asked, lifted)
    }

    /// What decides where no entry of `allow` applies.
    fn without_entry(&self, asked: Asked<'_>, lifted: bool) -> (Care, Cause) {
        let (table, hints) = (&self.table, asked.hints);
        let refusal = if asked.for_agents {
            Care::Ask
        } else {
            Care::Deny
        };
        if !self.allow.is_empty() {
            // Who writes for which arguments a tool is allowed does not mean all others, not even of a tool that reads.
            return (refusal, Cause::NotHeld);
        }
        if asked.for_agents && hints.read_only() {
            return (Care::Allow, Cause::AgentsRead);
        }
        let is_listed =
            covering(table, asked).next().is_some() || grants(table, asked).next().is_some();
        let by_name = table.destructive == Destructive::Named && hints.destructive();
        if by_name && (is_listed || table.allow.is_none()) {
            return (refusal, Cause::ByNameOnly(hints));
        }
        if asked.for_agents && table.place == Place::User {
            return match lifted {
                true => (Care::Allow, Cause::Lifted),
                false => (Care::Ask, Cause::AgentsAsk(hints)),
            };
        }
        match table.allow.is_some() {
            true => (refusal, Cause::NotListed),
            false => (Care::Allow, Cause::Nothing),
        }
    }

    /// What decides for all arguments and calls, if nothing depends on them.
    pub(super) fn fixed(&self) -> Option<(Care, &Cause)> {
        let depends = self.depends().next().is_some();
        (!depends).then_some((self.otherwise.0, &self.otherwise.1))
    }

    /// The least careful decision that some call may get.
    pub(super) fn least(&self) -> Care {
        match (self.allow.is_empty(), self.ask.is_empty()) {
            (false, _) => Care::Allow,
            (true, false) => self.otherwise.0.min(Care::Ask),
            (true, true) => self.otherwise.0,
        }
    }

    /// Whether it asks about some call. An entry with a number of calls asks when they are used up.
    pub(super) fn may_ask(&self) -> bool {
        self.is_counted() || !self.ask.is_empty() || self.otherwise.0 == Care::Ask
    }

    /// The entries that depend on the call, the most careful first.
    pub(super) fn depends(&self) -> impl Iterator<Item = (List, &Arc<Entry>)> {
        let deny = self.deny.iter().map(|entry| (List::Deny, entry));
        let ask = self.ask.iter().map(|entry| (List::Ask, entry));
        let allow = self.allow.iter().map(|found| (found.list, &found.entry));
        deny.chain(ask).chain(allow)
    }

    /// What decides where none of them applies.
    pub(super) fn otherwise(&self) -> (Care, &Cause) {
        (self.otherwise.0, &self.otherwise.1)
    }

    /// What decides about a call, as if every counted entry had calls left.
    pub(super) fn decide(&self, arguments: &Map<String, Value>) -> (Care, Cause) {
        self.careful(arguments)
            .unwrap_or_else(|| match self.held(arguments).next() {
                Some(found) => (Care::Allow, found.cause()),
                None => self.otherwise.clone(),
            })
    }

    /// Whether the number of calls makes a difference.
    pub(super) fn is_counted(&self) -> bool {
        self.allow.iter().any(|found| found.entry.is_counted())
    }

    /// What would decide about a call that [`Self::decide`] allows, after its counts. Takes nothing from them.
    pub(super) fn left(
        &self,
        arguments: &Map<String, Value>,
        counts: &[RunCount],
        day: Option<&dyn DayCounts>,
    ) -> (Care, Cause) {
        self.counted(arguments, counts, |count, found, rule| {
            count.left(&found.entry, rule, day)
        })
    }

    /// What decides about a call that [`Self::decide`] allows, and takes it from the counts.
    pub(super) fn take(
        &self,
        arguments: &Map<String, Value>,
        counts: &[RunCount],
        day: Option<&dyn DayCounts>,
    ) -> (Care, Cause) {
        self.counted(arguments, counts, |count, found, rule| {
            count.take(&found.entry, rule, day)
        })
    }

    fn counted(
        &self,
        arguments: &Map<String, Value>,
        counts: &[RunCount],
        ask: impl Fn(&RunCount, &Allowing, &dyn Fn() -> String) -> Result<(), UsedUp>,
    ) -> (Care, Cause) {
        // An entry that is not counted needs no count.
        let uncounted = |found: &&Allowing| !found.entry.is_counted();
        if let Some(found) = self.held(arguments).find(uncounted) {
            return (Care::Allow, found.cause());
        }
        let mut used_up = None;
        for found in self.held(arguments) {
            let Some(count) = counts.get(found.at) else {
                continue;
            };
            let entry = &found.entry;
            let rule = || format!("{} of {}", entry, self.table);
            match ask(count, found, &rule) {
                Ok(()) => return (Care::Allow, found.cause()),
                Err(why) => {
                    used_up.get_or_insert((
                        Care::Ask,
                        Cause::UsedUp(found.list, Arc::clone(entry), why),
                    ));
                }
            }
        }
        used_up.unwrap_or_else(|| self.otherwise.clone())
    }

    /// Counts a call that was made in an earlier part of the run.
    pub(super) fn made(&self, arguments: &Map<String, Value>, counts: &[RunCount]) {
        let is_counted = |found: &Allowing| found.entry.is_counted();
        if !self.held(arguments).all(is_counted) {
            return;
        }
        for found in self.held(arguments) {
            let Some(count) = counts.get(found.at) else {
                continue;
            };
            // The first that had a call left took it, as when the call was made. Where a day may have been used up,
            // which one it was is not known, and the call counts for the next one too.
            if count.made(&found.entry) && found.entry.per_day.is_none() {
                return;
            }
        }
    }

    /// The entry of `deny` or `ask` that applies, if one does, or what decides without `allow`.
    fn careful(&self, arguments: &Map<String, Value>) -> Option<(Care, Cause)> {
        let applies = |list, entry: &Arc<Entry>| match entry.holds(arguments) {
            (Truth::True, _) => Some(Cause::Entry(list, Arc::clone(entry))),
            (Truth::Unknown(why), unknown) => {
                let pointer = unknown.map(|condition| condition.pointer.to_string());
                let why = format!(
                    "{} {why}",
                    super::condition::toml(&pointer.unwrap_or_default())
                );
                Some(Cause::Unknown(list, Arc::clone(entry), why))
            }
            (Truth::False, _) => None,
        };
        let denies = self
            .deny
            .iter()
            .find_map(|entry| applies(List::Deny, entry));
        if let Some(cause) = denies {
            return Some((Care::Deny, cause));
        }
        let asks = self.ask.iter().find_map(|entry| applies(List::Ask, entry));
        asks.map(|cause| (Care::Ask, cause))
    }

    fn held(&self, arguments: &Map<String, Value>) -> impl Iterator<Item = &Allowing> {
        let allow = self.allow.iter();
        allow.filter(|found| found.entry.holds(arguments).0 == Truth::True)
    }
}

/// The entries that allow this tool, with their places in the table. Those for agents say nothing for a person.
fn covering<'a>(
    table: &'a PolicyTable,
    asked: Asked<'a>,
) -> impl Iterator<Item = Allowing> + Clone + use<'a> {
    let entries = table.allowing().enumerate();
    let heard = move |list| list == List::Allow || asked.for_agents;
    let entries = entries.filter(move |(_, (list, entry))| {
        heard(*list) && entry.tool.covers(asked.server, asked.tool)
    });
    entries.map(|(at, (list, entry))| Allowing {
        at,
        list,
        entry: Arc::clone(entry),
    })
}

/// Those that are enough: a destructive tool has to be named alone, in the list for agents always.
fn usable<'a>(
    table: &'a PolicyTable,
    asked: Asked<'a>,
) -> impl Iterator<Item = Allowing> + Clone + use<'a> {
    let named = table.destructive == Destructive::Named;
    let by_name = move |list| asked.hints.destructive() && (named || list == List::Agents);
    covering(table, asked).filter(move |found| {
        !by_name(found.list) || found.entry.tool.names(asked.server, asked.tool)
    })
}

/// Whether an entry of `allow` of this table is enough for this tool, for some arguments.
pub(super) fn lifts(table: &PolicyTable, asked: Asked<'_>) -> bool {
    usable(table, asked).next().is_some()
}

/// The grants of `--allow` for this tool. They widen nothing that the organisation says.
fn grants<'a>(
    table: &PolicyTable,
    asked: Asked<'a>,
) -> impl Iterator<Item = &'a ToolPattern> + use<'a> {
    let is_heard = table.place != Place::Organisation;
    let grants = asked.granted.iter().filter(move |_| is_heard);
    grants.filter(move |grant| grant.covers(asked.server, asked.tool))
}

/// One that is enough: a destructive tool has to be named alone.
fn granted<'a>(table: &PolicyTable, asked: Asked<'a>) -> Option<&'a ToolPattern> {
    let by_name = table.destructive == Destructive::Named && asked.hints.destructive();
    grants(table, asked).find(|grant| !by_name || grant.names(asked.server, asked.tool))
}
