//! What is kept for later scripts of a session, by its name: bounded in bytes over all sessions, and in time. Where all
//! take too much, the part that takes most loses its oldest: no user pushes out what little another one has. Knows no
//! value.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a value is kept.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(30 * 60);

/// Bytes of all values together.
pub(crate) const ROOM: usize = 64 << 20;

/// Values of sessions.
pub(crate) struct Shelf<V>(Mutex<Kept<V>>);

/// A session, and a name in it.
type Key = (u64, String);

struct Kept<V> {
    values: HashMap<Key, Value<V>>,
    parts: HashMap<u64, Part>,
    bytes: usize,
}

struct Value<V> {
    since: Instant,
    bytes: usize,
    value: V,
}

/// What one user has, or one session where nothing tells users apart.
#[derive(Default)]
struct Part {
    /// The oldest comes first.
    order: VecDeque<Key>,
    bytes: usize,
}

impl<V> Default for Shelf<V> {
    fn default() -> Self {
        Self(Mutex::new(Kept {
            values: HashMap::new(),
            parts: HashMap::new(),
            bytes: 0,
        }))
    }
}

impl<V: Clone> Shelf<V> {
    /// Keeps a value of so many bytes. One that is kept already keeps its time.
    pub(crate) fn keep(&self, part: u64, (scope, name): (u64, &str), bytes: usize, value: V) {
        let key = (scope, name.to_owned());
        let mut kept = self.kept();
        if bytes > ROOM || kept.values.contains_key(&key) {
            return;
        }
        let since = Instant::now();
        kept.bytes += bytes;
        let own = kept.parts.entry(part).or_default();
        own.bytes += bytes;
        own.order.push_back(key.clone());
        kept.values.insert(
            key,
            Value {
                since,
                bytes,
                value,
            },
        );
        while kept.bytes > ROOM
            && let Some(most) = kept.largest()
        {
            kept.forget_first(most);
        }
    }

    /// The value of this name in this session, unless it is gone.
    pub(crate) fn get(&self, scope: u64, name: &str) -> Option<V> {
        let kept = self.kept();
        let found = kept.values.get(&(scope, name.to_owned()))?;
        Some(found.value.clone())
    }

    /// What is kept, without what is too old.
    fn kept(&self) -> MutexGuard<'_, Kept<V>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let parts: Vec<_> = kept.parts.keys().copied().collect();
        for part in parts {
            while kept
                .since(part)
                .is_some_and(|since| since.elapsed() > KEPT_FOR)
            {
                kept.forget_first(part);
            }
        }
        kept
    }
}

impl<V> Kept<V> {
    /// Since when the oldest value of a part is kept.
    fn since(&self, part: u64) -> Option<Instant> {
        let oldest = self.parts.get(&part)?.order.front()?;
        Some(self.values.get(oldest)?.since)
    }

    /// The part that takes most; of equal ones, that with the oldest value.
    fn largest(&self) -> Option<u64> {
        let parts = self.parts.iter().map(|(part, own)| (own.bytes, *part));
        let by_size = |part: &(usize, u64)| (part.0, std::cmp::Reverse(self.since(part.1)));
        parts.max_by_key(by_size).map(|(_, part)| part)
    }

    fn forget_first(&mut self, part: u64) {
        let Some(own) = self.parts.get_mut(&part) else {
            return;
        };
        if let Some(key) = own.order.pop_front()
            && let Some(gone) = self.values.remove(&key)
        {
            own.bytes -= gone.bytes;
            self.bytes -= gone.bytes;
        }
        if own.order.is_empty() {
            self.parts.remove(&part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_and_no_session_sees_those_of_another() {
        let shelf = Shelf::default();
        for name in ["a", "b", "c"] {
            shelf.keep(1, (1, name), ROOM / 2, name);
        }
        assert_eq!(shelf.get(1, "a"), None);
        assert_eq!(
            (shelf.get(1, "b"), shelf.get(1, "c")),
            (Some("b"), Some("c"))
        );
        shelf.keep(1, (1, "d"), ROOM + 1, "d");
        assert_eq!(shelf.get(1, "d"), None);
        assert_eq!(shelf.get(2, "c"), None);
    }

    #[test]
    fn a_user_with_much_pushes_out_nothing_of_one_with_little() {
        let shelf = Shelf::default();
        shelf.keep(1, (1, "little"), 1 << 10, 0);
        for name in 0..100 {
            // Two sessions of the same user.
            shelf.keep(2, (2 + name % 2, &name.to_string()), ROOM / 8, 1);
        }
        assert_eq!(shelf.get(1, "little"), Some(0));
        assert_eq!((shelf.get(2, "0"), shelf.get(3, "99")), (None, Some(1)));
        // Both with much have the same.
        for name in 0..100 {
            shelf.keep(1, (1, &name.to_string()), ROOM / 8, 1);
        }
        let left = |scope: u64| {
            let names = (0..100).map(|name: u32| name.to_string());
            names
                .filter(|name| shelf.get(scope, name).is_some())
                .count()
        };
        assert_eq!(left(1), 4);
        assert_eq!(left(2) + left(3), 4);
        assert!(
            shelf
                .0
                .lock()
                .is_ok_and(|kept| kept.bytes <= ROOM && kept.parts.len() == 2)
        );
    }
}
