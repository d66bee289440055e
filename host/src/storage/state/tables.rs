//! What is in a store's file. A value of up to [`INLINE`] bytes stands beside its key; a larger one is in parts of
//! [`PART`] bytes, because redb holds each of its values in one piece: in a page of the next power of two, in memory
//! and on disk, and twice while it is replaced.

use redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase as _, ReadableTable,
    ReadableTableMetadata as _, Table, TableDefinition, TableError, WriteTransaction,
};

use super::damage::Damage;
use super::quota::Quota;
use crate::contract::StateError;

/// Key -> expiry in milliseconds since 1970 (0: never) and value.
const VALUES: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("values");
/// Key of a value in parts -> expiry and length.
const LARGE: TableDefinition<'_, &str, (u64, u64)> = TableDefinition::new("large");
/// Key and number of the part -> part.
const PARTS: TableDefinition<'_, (&str, u32), &[u8]> = TableDefinition::new("parts");
/// `bytes` -> bytes of all keys and values. A store of before there were parts does not have it.
const TOTALS: TableDefinition<'_, &str, u64> = TableDefinition::new("totals");
const BYTES: &str = "bytes";

/// The longest value that is not in parts, in bytes.
const INLINE: usize = 1024;
/// Bytes of a part. With its key, it fills a page of 64 KiB almost.
const PART: usize = 60 << 10;
/// Bytes of a key in a list besides its own.
const LISTED: u64 = 32;

/// The tables as one transaction sees them. `None`: nothing was ever put there.
pub(super) struct Reading {
    values: Option<ReadOnlyTable<&'static str, (u64, &'static [u8])>>,
    large: Option<ReadOnlyTable<&'static str, (u64, u64)>>,
    parts: Option<ReadOnlyTable<(&'static str, u32), &'static [u8]>>,
}

/// The tables, to be changed.
pub(super) struct Writing<'t> {
    values: Table<'t, &'static str, (u64, &'static [u8])>,
    large: Table<'t, &'static str, (u64, u64)>,
    parts: Table<'t, (&'static str, u32), &'static [u8]>,
    totals: Table<'t, &'static str, u64>,
}

/// Bytes of all keys and values in the file, as far as it is written down.
pub(super) fn bytes(database: &Database) -> Result<u64, Damage> {
    let Some(totals) = absent(database.begin_read()?.open_table(TOTALS))? else {
        return Ok(0);
    };
    Ok(totals.get(BYTES)?.map_or(0, |bytes| bytes.value()))
}

impl Reading {
    pub(super) fn begin(transaction: &ReadTransaction) -> Result<Self, Damage> {
        Ok(Self {
            values: absent(transaction.open_table(VALUES))?,
            large: absent(transaction.open_table(LARGE))?,
            parts: absent(transaction.open_table(PARTS))?,
        })
    }

    pub(super) fn value(
        &self,
        key: &str,
        now: u64,
        budget: u64,
    ) -> Result<Option<Vec<u8>>, Damage> {
        let fits = |length: u64| match usize::try_from(length) {
            Ok(size) if length <= budget => Ok(size),
            _ => Err(StateError::Quota(format!(
                "the value has {length} bytes, and the run may take {budget} more"
            ))),
        };
        if let Some(values) = &self.values
            && let Some(entry) = values.get(key)?
        {
            let (expiry, value) = entry.value();
            fits(value.len() as u64)?;
            return Ok((!expired(expiry, now)).then(|| value.to_vec()));
        }
        let (Some(large), Some(parts)) = (&self.large, &self.parts) else {
            return Ok(None);
        };
        let Some((expiry, length)) = large.get(key)?.map(|entry| entry.value()) else {
            return Ok(None);
        };
        if expired(expiry, now) {
            return Ok(None);
        }
        let mut value = Vec::with_capacity(fits(length)?);
        each_part(parts, key, length, |part| {
            value.extend_from_slice(part);
            true
        })?;
        Ok(Some(value))
    }

    pub(super) fn keys(&self, prefix: &str, now: u64, budget: u64) -> Result<Vec<String>, Damage> {
        let mut list = List {
            keys: Vec::new(),
            left: budget,
            budget,
        };
        if let Some(values) = &self.values {
            for entry in values.range(prefix..)? {
                let (key, value) = entry?;
                if !key.value().starts_with(prefix) {
                    break;
                }
                if !expired(value.value().0, now) {
                    list.add(key.value())?;
                }
            }
        }
        if let Some(large) = &self.large {
            for entry in large.range(prefix..)? {
                let (key, value) = entry?;
                if !key.value().starts_with(prefix) {
                    break;
                }
                if !expired(value.value().0, now) {
                    list.add(key.value())?;
                }
            }
        }
        list.keys.sort_unstable();
        Ok(list.keys)
    }
}

/// Keys, as far as they fit.
struct List {
    keys: Vec<String>,
    left: u64,
    budget: u64,
}

impl List {
    fn add(&mut self, key: &str) -> Result<(), StateError> {
        let size = key.len() as u64 + LISTED;
        self.left = self.left.checked_sub(size).ok_or_else(|| {
            StateError::Quota(format!(
                "the list of keys is longer than the {} bytes that the run may take; list them by longer prefixes",
                self.budget
            ))
        })?;
        self.keys.push(key.to_owned());
        Ok(())
    }
}

impl<'t> Writing<'t> {
    pub(super) fn begin(transaction: &'t WriteTransaction) -> Result<Self, Damage> {
        Ok(Self {
            values: transaction.open_table(VALUES)?,
            large: transaction.open_table(LARGE)?,
            parts: transaction.open_table(PARTS)?,
            totals: transaction.open_table(TOTALS)?,
        })
    }

    pub(super) fn is_live(&self, key: &str, now: u64) -> Result<bool, Damage> {
        if let Some(entry) = self.values.get(key)? {
            return Ok(!expired(entry.value().0, now));
        }
        let large = self.large.get(key)?;
        Ok(large.is_some_and(|entry| !expired(entry.value().0, now)))
    }

    /// Whether the store holds this value; with `None`: whether the store has no value.
    pub(super) fn holds(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        now: u64,
    ) -> Result<bool, Damage> {
        let Some(mut expected) = expected else {
            return Ok(!self.is_live(key, now)?);
        };
        if !self.is_live(key, now)? {
            return Ok(false);
        }
        if let Some(entry) = self.values.get(key)? {
            return Ok(entry.value().1 == expected);
        }
        let length = self.large.get(key)?.map_or(0, |entry| entry.value().1);
        if length != expected.len() as u64 {
            return Ok(false);
        }
        // Part by part, so that the value is not in memory a second time.
        each_part(&self.parts, key, length, |part| {
            match expected.strip_prefix(part) {
                Some(rest) => {
                    expected = rest;
                    true
                }
                None => false,
            }
        })
    }

    /// Sets a value, if the quota allows it. Removes expired values first if room is short.
    pub(super) fn put(
        &mut self,
        key: &str,
        value: &[u8],
        expiry: u64,
        quota: Quota,
        now: u64,
    ) -> Result<(), Damage> {
        // The replaced value does not count.
        self.remove(key)?;
        let size = (key.len() + value.len()) as u64;
        if self.exceeded(quota, size)?.is_some() {
            self.remove_expired(now)?;
            if let Some(error) = self.exceeded(quota, size)? {
                return Err(error.into());
            }
        }
        // Before the value is there: a store without the sum counts what it holds.
        let bytes = self.bytes()?.saturating_add(size);
        if value.len() <= INLINE {
            self.values.insert(key, (expiry, value))?;
        } else {
            self.large.insert(key, (expiry, value.len() as u64))?;
            for (part, n) in value.chunks(PART).zip(0_u32..) {
                self.parts.insert((key, n), part)?;
            }
        }
        self.totals.insert(BYTES, bytes)?;
        Ok(())
    }

    pub(super) fn remove(&mut self, key: &str) -> Result<(), Damage> {
        // First, because a store without the sum counts what is there.
        let bytes = self.bytes()?;
        let mut length = self
            .values
            .remove(key)?
            .map(|entry| entry.value().1.len() as u64);
        if length.is_none() {
            length = self.large.remove(key)?.map(|entry| entry.value().1);
            for n in 0..parts_of(length.unwrap_or(0)) {
                self.parts.remove((key, n))?;
            }
        }
        if let Some(length) = length {
            let bytes = bytes.saturating_sub(key.len() as u64 + length);
            self.totals.insert(BYTES, bytes)?;
        }
        Ok(())
    }

    /// Which part of the quota one more key with these bytes would exceed.
    fn exceeded(&self, quota: Quota, more: u64) -> Result<Option<StateError>, Damage> {
        let keys = self.values.len()? + self.large.len()? + 1;
        if keys > quota.keys {
            return Ok(Some(StateError::Quota(format!(
                "the store would hold {keys} keys; its quota is {}",
                quota.keys
            ))));
        }
        let bytes = self.bytes()?.saturating_add(more);
        Ok((bytes > quota.bytes).then(|| {
            StateError::Quota(format!(
                "the store would hold {bytes} bytes; its quota is {}",
                quota.bytes
            ))
        }))
    }

    /// Bytes of all keys and values.
    fn bytes(&self) -> Result<u64, Damage> {
        if let Some(bytes) = self.totals.get(BYTES)? {
            return Ok(bytes.value());
        }
        let mut bytes = 0;
        for entry in self.values.iter()? {
            let (key, value) = entry?;
            bytes += (key.value().len() + value.value().1.len()) as u64;
        }
        Ok(bytes)
    }

    fn remove_expired(&mut self, now: u64) -> Result<(), Damage> {
        /// Keys that are removed at a time, so that a list of them takes little memory.
        const BATCH: usize = 64;
        loop {
            let mut gone: Vec<String> = Vec::new();
            for entry in self.values.iter()? {
                let (key, value) = entry?;
                if expired(value.value().0, now) {
                    gone.push(key.value().to_owned());
                }
                if gone.len() == BATCH {
                    break;
                }
            }
            for entry in self.large.iter()? {
                let (key, value) = entry?;
                if gone.len() == BATCH {
                    break;
                }
                if expired(value.value().0, now) {
                    gone.push(key.value().to_owned());
                }
            }
            for key in &gone {
                self.remove(key)?;
            }
            if gone.len() < BATCH {
                return Ok(());
            }
        }
    }
}

/// Hands each part of a value to `take` until it says that it has seen enough; whether it has seen all of them.
fn each_part(
    parts: &impl ReadableTable<(&'static str, u32), &'static [u8]>,
    key: &str,
    length: u64,
    mut take: impl FnMut(&[u8]) -> bool,
) -> Result<bool, Damage> {
    let mut left = length;
    for n in 0..parts_of(length) {
        let part = parts.get((key, n))?;
        let part = part.as_ref().map(redb::AccessGuard::value);
        let expected = left.min(PART as u64);
        let part = part
            .filter(|part| part.len() as u64 == expected)
            .ok_or_else(|| Damage::Bytes(format!("part {n} of a value is missing")))?;
        left -= expected;
        if !take(part) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn parts_of(length: u64) -> u32 {
    // No value is as long as that many parts: 240 TiB.
    u32::try_from(length.div_ceil(PART as u64)).unwrap_or(u32::MAX)
}

fn expired(expiry: u64, now: u64) -> bool {
    expiry != 0 && expiry <= now
}

fn absent<T>(opened: Result<T, TableError>) -> Result<Option<T>, Damage> {
    match opened {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
