//! From bytes to a [`Skill`](skill::Skill): digest, engines, compiled form and its cache, imports and exports. Runs no
//! guest code, and reads no files except those of the cache.

pub(crate) mod cache;
pub(crate) mod compile;
pub(crate) mod digest;
pub(crate) mod engine;
pub(crate) mod exports;
pub(crate) mod script_engine;
pub(crate) mod skill;
