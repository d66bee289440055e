//! The tools that are known, indexed: once for each change of what is known, beside the threads that answer. Starts no
//! server.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mcp_bridge::{Tool, compared_tools, look_alikes};
use mcp_search::{Entry, Index, Kind};
use mcp_skills::{Current, Name, Uses};
use tokio::sync::watch;

use crate::servers::{Known, Servers};
use crate::skills::{SERVER, SavedSkills};

/// How deep parameters are read.
const DEPTH: usize = 2;

/// Bytes of the tools of all servers, as JSON. The servers with the longest lists are left out first.
const MOST_BYTES: usize = 32 << 20;

/// The most pairs of names that look alike.
const MOST_ALIKE: usize = 5;

/// The index over the lists of one moment.
pub(crate) struct Indexed {
    last: watch::Sender<Arc<Snapshot>>,
    /// Whether a thread makes the next one.
    is_building: AtomicBool,
}

/// The lists of one moment, ready to be searched.
pub(crate) struct Snapshot {
    /// `None`: nothing was read yet.
    generation: Option<u64>,
    pub(crate) servers: Vec<Known>,
    /// Saved skills: their entries in the index come after those of tools.
    pub(crate) skills: Vec<Current>,
    /// The server and the place in its list of each entry of the index.
    places: Vec<(usize, usize)>,
    pub(crate) index: Index,
    /// Names that look alike, a line for each pair.
    pub(crate) alike: Vec<String>,
}

/// Saved skills, and how often each ran.
type Saved = (Vec<Current>, HashMap<Name, Uses>);

impl Default for Indexed {
    fn default() -> Self {
        let nothing = Snapshot::of(None, Default::default(), MOST_BYTES);
        Self {
            last: watch::Sender::new(Arc::new(nothing)),
            is_building: AtomicBool::new(false),
        }
    }
}

impl Indexed {
    /// The lists as they are now; those of before where reading takes longer than `patience`.
    pub(crate) async fn now(
        self: &Arc<Self>,
        sources: (&Arc<Servers>, &Arc<SavedSkills>),
        patience: Duration,
    ) -> Arc<Snapshot> {
        // Both only grow.
        let wanted = Some(sources.0.generation() + sources.1.generation());
        let mut last = self.last.subscribe();
        if last.borrow().generation < wanted {
            self.build(sources);
            let is_new = |snapshot: &Arc<Snapshot>| snapshot.generation >= wanted;
            // Both errors say that there is no newer one yet.
            let _ = tokio::time::timeout(patience, last.wait_for(is_new)).await;
        }
        Arc::clone(&self.last.borrow())
    }

    /// Forgets everything, so that no list outlives its server.
    pub(crate) fn clear(&self) {
        let nothing = Snapshot::of(None, Default::default(), MOST_BYTES);
        self.last.send_replace(Arc::new(nothing));
    }

    /// Reads and indexes on a thread of its own, unless one does so already.
    fn build(self: &Arc<Self>, (servers, skills): (&Arc<Servers>, &Arc<SavedSkills>)) {
        if self.is_building.swap(true, Ordering::AcqRel) {
            return;
        }
        let (indexed, servers) = (Arc::clone(self), Arc::clone(servers));
        let skills = Arc::clone(skills);
        tokio::task::spawn_blocking(move || {
            let building = Building(&indexed.is_building);
            loop {
                let generation = servers.generation() + skills.generation();
                let last = Arc::clone(&indexed.last.borrow());
                let known = servers.known(&last.servers);
                let known = (known, (skills.list(), skills.uses()));
                let next = Snapshot::of(Some(generation), known, MOST_BYTES);
                next.log_alike(&last);
                drop(last);
                indexed.last.send_replace(Arc::new(next));
                if servers.generation() + skills.generation() == generation {
                    break;
                }
            }
            drop(building);
        });
    }
}

/// A thread that builds. Its end is seen even if it panics.
struct Building<'b>(&'b AtomicBool);

impl Drop for Building<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Snapshot {
    fn of(
        generation: Option<u64>,
        (mut servers, (skills, uses)): (Vec<Known>, Saved),
        most: usize,
    ) -> Self {
        leave_out(&mut servers, most);
        let mut places = Vec::new();
        for (place, known) in servers.iter().enumerate() {
            places.extend((0..known.tools.len()).map(|at| (place, at)));
        }
        let entries = places.iter().map(|(place, at)| {
            let known = &servers[*place];
            let tool = &known.tools[*at];
            Entry {
                server: &known.listed.name,
                name: &tool.name,
                title: tool.title.as_deref().unwrap_or_default(),
                description: tool.description.as_deref().unwrap_or_default(),
                parameters: Entry::parameters_of_object(&tool.input_schema, DEPTH),
                results: tool.output_schema.as_ref().map_or_else(Vec::new, |schema| {
                    Entry::parameters_of_object(schema, DEPTH)
                }),
                ..Entry::default()
            }
        });
        let saved = skills.iter().map(|skill| Entry {
            server: SERVER,
            name: skill.name.as_str(),
            description: &skill.description,
            kind: Kind::Skill,
            uses: uses
                .get(&skill.name)
                .map_or(0, |uses| uses.well.saturating_sub(uses.badly)),
            ..Entry::default()
        });
        let index = Index::build(entries.chain(saved));
        let names = servers.iter().map(|known| (None, &*known.listed.name));
        let tools = servers
            .iter()
            .flat_map(|known| compared_tools(&known.listed.name, &known.tools));
        let alike = look_alikes(names.chain(tools), MOST_ALIKE);
        Self {
            generation,
            places,
            index,
            alike: alike.iter().map(ToString::to_string).collect(),
            servers,
            skills,
        }
    }

    /// The saved skill of an entry of the index.
    pub(crate) fn skill(&self, entry: usize) -> Option<&Current> {
        self.skills.get(entry.checked_sub(self.places.len())?)
    }

    /// The server and the tool of an entry of the index.
    pub(crate) fn tool(&self, entry: usize) -> Option<(&Known, &Tool)> {
        let (place, at) = self.places.get(entry)?;
        let known = self.servers.get(*place)?;
        Some((known, known.tools.get(*at)?))
    }

    /// Whether a search cannot find anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.skills.is_empty()
    }

    fn log_alike(&self, last: &Self) {
        for line in self.alike.iter().filter(|line| !last.alike.contains(line)) {
            tracing::warn!("{line}");
        }
    }
}

/// Whether the server says that the tool only reads.
pub(crate) fn reads(tool: &Tool) -> bool {
    let hints = tool.annotations.as_ref();
    hints.is_some_and(|hints| hints.read_only_hint == Some(true))
}

/// Forgets the longest lists where all together are too long: a huge catalog hides no small one.
fn leave_out(servers: &mut [Known], most: usize) {
    let mut by_length: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (place, known) in servers.iter().enumerate() {
        by_length.insert((known.bytes, place));
    }
    let mut all = 0_usize;
    for (bytes, place) in by_length {
        all = all.saturating_add(bytes);
        if all > most {
            servers[place].leave_out();
        }
    }
}

#[cfg(test)]
#[path = "indexed/tests.rs"]
mod tests;
