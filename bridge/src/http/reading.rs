//! What reading an answer needs, whatever its body is. Reads nothing.

use std::sync::Arc;

use crate::due::Due;
use crate::noise::Noise;
use crate::secret::Secrets;

/// How answers are read.
#[derive(Clone)]
pub(super) struct Reading {
    /// The longest message that is read.
    pub(super) limit: usize,
    pub(super) due: Arc<Due>,
    /// What an error must not show.
    pub(super) secrets: Secrets,
    pub(super) noise: Noise,
    /// The command that logs in. `None`: the configuration has the credentials.
    pub(super) login: Option<Arc<str>>,
}
