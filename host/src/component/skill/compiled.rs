//! A component, and the engine that it was compiled for.

use wasmtime::component::Component;

/// A component, and the engine that it was compiled for.
pub(crate) enum Compiled {
    Sync(Component),
    Concurrent(Component),
}

impl Compiled {
    pub(crate) fn component(&self) -> &Component {
        match self {
            Self::Sync(component) | Self::Concurrent(component) => component,
        }
    }

    pub(crate) fn into_component(self) -> Component {
        match self {
            Self::Sync(component) | Self::Concurrent(component) => component,
        }
    }
}
