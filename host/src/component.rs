//! From bytes to a [`Skill`](skill::Skill): its digest, the engines, the compiled form and where that is cached, what
//! it imports and exports. Runs no guest code, and reads no file but those of the cache.

pub(crate) mod cache;
pub(crate) mod compile;
pub(crate) mod digest;
pub(crate) mod engine;
pub(crate) mod exports;
pub(crate) mod skill;
