//! What the outline of a component consists of. Reads nothing.

use std::collections::HashMap;

/// What a component holds.
#[derive(Default)]
pub(crate) struct Outline<'a> {
    pub(crate) modules: Vec<Module>,
    /// The first is the component itself.
    pub(crate) scopes: Vec<Scope<'a>>,
    /// Functions of all modules together.
    pub(crate) functions: u64,
    /// Whether a stream or a future carries anything but numbers.
    pub(crate) streams: bool,
    /// Whether a function is called without waiting for it.
    pub(crate) calls_ahead: bool,
    /// Whether a component inside of it has functions of its own.
    pub(crate) lifts_inside: bool,
    /// Everything that is declared, once: what it takes to load the component, whatever is instantiated.
    pub(crate) parts: u64,
}

/// What one core module declares.
#[derive(Default)]
pub(crate) struct Module {
    pub(crate) imports: u64,
    pub(crate) functions: u64,
    pub(crate) globals: u64,
    pub(crate) tables: u64,
    pub(crate) memories: u64,
    pub(crate) tags: u64,
    pub(crate) exports: u64,
    /// Items of all element segments.
    pub(crate) elements: u64,
    /// Items of those that are kept for `table.init`.
    pub(crate) passive_elements: u64,
    pub(crate) segments: u64,
    /// Bytes of the data that is copied when it is instantiated.
    pub(crate) data: u64,
}

/// A component, or one inside of it.
#[derive(Default)]
pub(crate) struct Scope<'a> {
    pub(crate) modules: Vec<Def<'a>>,
    pub(crate) components: Vec<Def<'a>>,
    pub(crate) instances: Vec<Def<'a>>,
    /// What the instances of its own are.
    pub(crate) made: Vec<Made<'a>>,
    /// The modules that it instantiates, one for each time.
    pub(crate) instantiated: Vec<u32>,
    pub(crate) exports: HashMap<&'a str, (Kind, u32)>,
    /// What it declares, but for its modules and inner components.
    pub(crate) parts: u64,
    /// Functions that it lifts, lowers or has made for it.
    pub(crate) links: u64,
}

/// What has an index space that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Module,
    Component,
    Instance,
}

/// Where the thing with an index comes from.
pub(crate) enum Def<'a> {
    /// The module, the scope, or the entry of `made`, with this number.
    Own(usize),
    Import(&'a str),
    Outer {
        count: u32,
        index: u32,
    },
    /// An export of an instance.
    Export {
        instance: u32,
        name: &'a str,
    },
    /// Exporting a thing gives it one more index.
    Same(u32),
}

/// An instance of a component.
pub(crate) enum Made<'a> {
    Instantiate {
        component: u32,
        args: Vec<(&'a str, Kind, u32)>,
    },
    FromExports(Vec<(&'a str, Kind, u32)>),
}
