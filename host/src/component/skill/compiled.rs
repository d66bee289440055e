//! A component, and the engine that it was compiled for.

use wasmtime::component::Component;

use crate::component::engine::Kind;

/// A component, and the kind of engine that it was compiled for.
pub(crate) struct Compiled {
    pub(crate) kind: Kind,
    pub(crate) component: Component,
}
