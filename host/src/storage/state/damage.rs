//! Why an operation on a store failed: errors for the guest, and bytes that this host did not write.

use redb::{Database, DatabaseError};

use super::stamp::FileId;
use crate::contract::StateError;

/// Bytes that redb keeps of a file in memory. Its own default is 1 GiB.
const CACHE: usize = 1 << 20;

/// Why an operation failed, before the host decides what the guest learns of it.
#[derive(Debug)]
pub(super) enum Fault {
    State(StateError),
    /// Another user could have written the file, or it is not a regular file: the reason and a hint.
    Refused(String),
    /// The bytes are not what this host wrote. Nothing was changed.
    Damaged(String, FileId),
}

/// How this host opens a file.
pub(super) fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder
}

/// What redb or the checks around it found.
#[derive(Debug)]
pub(super) enum Damage {
    /// Not damage: an error of the operation.
    State(StateError),
    /// Not damage: another handle has the file.
    InUse,
    /// Bytes that this host did not write.
    Bytes(String),
}

impl Damage {
    pub(super) fn of(self, id: FileId) -> Fault {
        match self {
            Self::State(error) => Fault::State(error),
            Self::InUse => Fault::State(StateError::Io(
                "another process has the state store open for longer than 5 s".into(),
            )),
            Self::Bytes(why) => Fault::Damaged(why, id),
        }
    }
}

impl From<StateError> for Damage {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

impl From<redb::Error> for Damage {
    fn from(error: redb::Error) -> Self {
        use std::io::ErrorKind;
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            redb::Error::Corrupted(why) => Self::Bytes(why),
            redb::Error::RepairAborted => {
                Self::Bytes("its last transaction does not match its checksums".into())
            }
            redb::Error::Io(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                Self::Bytes(error.to_string())
            }
            redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::TableIsMultimap(_) => {
                Self::Bytes("its tables are not those of a state store".into())
            }
            error => Self::State(StateError::Io(error.to_string())),
        }
    }
}

/// Each kind of redb's errors has one that all of them become.
macro_rules! damage_from {
    ($($error:ty),*) => {$(
        impl From<$error> for Damage {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}
damage_from!(
    redb::CommitError,
    redb::CompactionError,
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    DatabaseError
);
