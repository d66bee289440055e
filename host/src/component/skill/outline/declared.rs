//! What the outline of a component consists of. Reads nothing.

use std::collections::HashMap;

/// What a component holds.
#[derive(Default)]
pub(in crate::component::skill) struct Outline<'a> {
    pub(in crate::component::skill) modules: Vec<Module>,
    /// The first is the component itself.
    pub(in crate::component::skill) scopes: Vec<Scope<'a>>,
    /// Functions of all modules together.
    pub(in crate::component::skill) functions: u64,
    /// Whether a stream or a future carries anything but numbers.
    pub(in crate::component::skill) streams: bool,
    /// Everything that is declared, once: what it takes to load the component, whatever is instantiated.
    pub(in crate::component::skill) parts: u64,
}

/// What one core module declares.
#[derive(Default)]
pub(in crate::component::skill) struct Module {
    pub(in crate::component::skill) imports: u64,
    pub(in crate::component::skill) functions: u64,
    pub(in crate::component::skill) globals: u64,
    pub(in crate::component::skill) tables: u64,
    pub(in crate::component::skill) memories: u64,
    pub(in crate::component::skill) tags: u64,
    pub(in crate::component::skill) exports: u64,
    /// Items of all element segments.
    pub(in crate::component::skill) elements: u64,
    /// Items of those that are kept for `table.init`.
    pub(in crate::component::skill) passive_elements: u64,
    pub(in crate::component::skill) segments: u64,
    /// Bytes of the data that is copied when it is instantiated.
    pub(in crate::component::skill) data: u64,
}

/// A component, or one inside of it.
#[derive(Default)]
pub(in crate::component::skill) struct Scope<'a> {
    pub(in crate::component::skill) modules: Vec<Def<'a>>,
    pub(in crate::component::skill) components: Vec<Def<'a>>,
    pub(in crate::component::skill) instances: Vec<Def<'a>>,
    /// What the instances of its own are.
    pub(in crate::component::skill) made: Vec<Made<'a>>,
    /// The modules that it instantiates, one for each time.
    pub(in crate::component::skill) instantiated: Vec<u32>,
    pub(in crate::component::skill) exports: HashMap<&'a str, (Kind, u32)>,
    /// What it declares, but for its modules and inner components.
    pub(in crate::component::skill) parts: u64,
    /// Functions that it lifts, lowers or has made for it.
    pub(in crate::component::skill) links: u64,
}

/// What has an index space that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::component::skill) enum Kind {
    Module,
    Component,
    Instance,
}

/// Where the thing with an index comes from.
pub(in crate::component::skill) enum Def<'a> {
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
pub(in crate::component::skill) enum Made<'a> {
    Instantiate {
        component: u32,
        args: Vec<(&'a str, Kind, u32)>,
    },
    FromExports(Vec<(&'a str, Kind, u32)>),
}
