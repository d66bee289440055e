//! The runs that have a ledger, as lists show them. A ledger is read again only where its run changed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use mcp_bridge::with_causes;
use mcp_host::{RunInfo, RunStamp, RunStore, RunStoreError};

/// The newest runs whose ledgers are read. An older one is read where it waits.
pub(super) const MOST: usize = 200;

/// Bytes of ledgers that one page reads: the largest ledger, or many small ones.
pub(super) const READ: u64 = 128 << 20;

/// Tools about which a run asks that a list names.
const NAMED: usize = 3;

/// One run in a list.
#[derive(Debug)]
pub(super) struct Row {
    /// Without the results that it imports.
    pub(super) info: RunInfo,
    /// Where it stands; `expired` is not known here.
    word: String,
    /// `None`: its ledger is not read yet.
    pub(super) calls: Option<usize>,
    /// What it asks about, as `server/tool`, and in how many calls: the first of them.
    pub(super) asks: Vec<(String, usize)>,
    /// How many tools that are.
    pub(super) tools: usize,
    /// The calls about which it asks.
    pub(super) questions: usize,
}

/// What is known of runs.
#[derive(Default)]
pub(super) struct Rows {
    infos: Mutex<HashMap<String, (RunStamp, Arc<RunInfo>)>>,
    rows: Mutex<HashMap<String, (RunStamp, Arc<Row>)>>,
}

impl Row {
    /// Where it stands, in one word.
    pub(super) fn word(&self) -> &str {
        match self.word.as_str() {
            "paused" if self.info.is_expired() => "expired",
            word => word,
        }
    }

    pub(super) fn waits(&self) -> bool {
        self.word() == "paused"
    }
}

impl Rows {
    /// The newest runs and all that wait, the newest first, and how many more there are. What is read of ledgers is
    /// bounded for one page, and kept: the next page reads others.
    pub(super) fn all(&self, runs: &RunStore) -> Result<(Vec<Arc<Row>>, usize), RunStoreError> {
        let stamps = runs.stamps()?;
        let mut infos: Vec<_> = stamps
            .iter()
            .filter_map(|(id, stamp)| Some((self.info(runs, id, *stamp)?, *stamp)))
            .collect();
        self.forget(&stamps);
        infos.sort_by(|(a, _), (b, _)| b.began.cmp(&a.began).then_with(|| a.id.cmp(&b.id)));
        let now = SystemTime::now();
        let (mut rows, mut left, mut room) = (Vec::new(), 0, READ);
        for (at, (info, stamp)) in infos.iter().enumerate() {
            let may_wait = info.expires.is_some_and(|until| until > now);
            match at < MOST || may_wait {
                true => rows.push(self.row(runs, info, *stamp, &mut room)),
                false => left += 1,
            }
        }
        Ok((rows, left))
    }

    /// A text that changes with any run, and when one has waited for too long.
    pub(super) fn changes(&self, runs: &RunStore) -> String {
        let mut stamps = runs.stamps().unwrap_or_default();
        stamps.sort_by(|(a, _), (b, _)| a.cmp(b));
        let lines = stamps.iter().map(|(id, stamp)| {
            let info = self.info(runs, id, *stamp);
            let is_expired = info.is_some_and(|info| info.is_expired());
            format!("{id} {stamp:?} {is_expired}\n")
        });
        lines.collect()
    }

    fn info(&self, runs: &RunStore, id: &str, stamp: RunStamp) -> Option<Arc<RunInfo>> {
        let mut infos = self.infos.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, info)) = infos.get(id)
            && *known == stamp
        {
            return Some(Arc::clone(info));
        }
        match runs.info(id) {
            Ok(mut info) => {
                // They may be large.
                info.earlier.clear();
                let info = Arc::new(info);
                infos.insert(id.to_owned(), (stamp, Arc::clone(&info)));
                Some(info)
            }
            // It is being made, or removed.
            Err(_) => None,
        }
    }

    fn row(&self, runs: &RunStore, info: &RunInfo, stamp: RunStamp, room: &mut u64) -> Arc<Row> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, row)) = rows.get(&info.id)
            && *known == stamp
        {
            return Arc::clone(row);
        }
        let (row, is_settled) = read(runs, info, room);
        let row = Arc::new(row);
        if is_settled {
            rows.insert(info.id.clone(), (stamp, Arc::clone(&row)));
        } else {
            // Its stamp does not show when its process ends.
            rows.remove(&info.id);
        }
        row
    }

    /// Keeps nothing of runs that are gone.
    fn forget(&self, stamps: &[(String, RunStamp)]) {
        let there: HashSet<_> = stamps.iter().map(|(id, _)| id.as_str()).collect();
        let mut infos = self.infos.lock().unwrap_or_else(PoisonError::into_inner);
        infos.retain(|id, _| there.contains(id.as_str()));
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.retain(|id, _| there.contains(id.as_str()));
    }
}

fn read(runs: &RunStore, info: &RunInfo, room: &mut u64) -> (Row, bool) {
    let row = |word: &str| Row {
        info: info.clone(),
        word: word.to_owned(),
        calls: None,
        asks: Vec::new(),
        tools: 0,
        questions: 0,
    };
    let Some(left) = room.checked_sub(runs.ledger_bytes(&info.id)) else {
        let word = runs.glance(info, &mut 0);
        let word = word.map_or_else(|_| "damaged".to_owned(), |glance| glance.word);
        // It is not known here whether the wait is over.
        return (row(if word == "expired" { "paused" } else { &word }), false);
    };
    *room = left;
    match runs.look(&info.id) {
        Ok(view) => {
            let calls = view.ledger().calls();
            let mut asks: Vec<(String, usize)> = Vec::new();
            let mut questions = 0;
            for call in view.ledger().open_calls() {
                questions += 1;
                let name = call.name('/');
                match asks.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, calls)) => *calls += 1,
                    None => asks.push((name, 1)),
                }
            }
            let tools = asks.len();
            asks.truncate(NAMED);
            let row = Row {
                calls: Some(calls.filter(|call| call.function() == "tool").count()),
                asks,
                tools,
                questions,
                ..row(view.word(false))
            };
            (row, !view.is_in_use())
        }
        Err(error) => {
            tracing::debug!(
                run = info.id,
                "the run is not shown: {}",
                with_causes(&error)
            );
            (row("damaged"), true)
        }
    }
}
