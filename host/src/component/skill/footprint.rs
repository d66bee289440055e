//! What instantiating a component costs the host, computed from its bytes before it is compiled: memory that none of
//! Wasmtime's own limits counts, and time in which the guest uses no fuel and the host checks no deadline.
//!
//! A module counts as often as it is instantiated, a component inside of the component likewise.

use std::cell::RefCell;
use std::rc::Rc;

use super::LoadError;
use super::outline::{Def, Kind, MAX_DEPTH, Made, Module, Outline, Scope};
use super::unread::Unread;

/// Functions of a component that are compiled at most. A whole Python has some twenty thousand.
const MAX_FUNCTIONS: u64 = 65_536;

/// The most items that a component may hold besides its functions; each instantiation counts again. The compiled form
/// keeps up to a hundred bytes for each, in every process that loads it. A whole Python has some fifty thousand.
const MAX_PARTS: u64 = 262_144;

/// The cost of one instantiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Footprint {
    /// Bytes of the host: instances with their globals, imports, tables of functions and kept segments. Excludes linear
    /// memories and the contents of tables, because Wasmtime asks the host for these.
    pub(crate) bytes: u64,
    /// Component instances: with component-model async each can hold a stack while its call waits.
    pub(crate) instances: u64,
    /// Whether streams or futures carry values that Wasmtime reads one by one.
    pub(crate) streams: bool,
    /// Whether components inside of it may call each other without waiting.
    pub(crate) calls_inside: bool,
    /// The longest time on a slow machine, in nanoseconds. Excludes guest code, which costs fuel.
    pub(crate) nanos: u64,
}

impl Footprint {
    /// `None` for bytes that cannot be read: the compiler reports what is wrong with them.
    pub(crate) fn of(bytes: &[u8]) -> Result<Option<Self>, LoadError> {
        let too_many = LoadError::TooManyParts { limit: MAX_PARTS };
        let outline = match Outline::read(bytes, MAX_PARTS) {
            Ok(outline) => outline,
            Err(Unread::Malformed) => return Ok(None),
            Err(Unread::TooMany) => return Err(too_many),
            Err(Unread::TooDeep) => return Err(LoadError::TooDeep { limit: MAX_DEPTH }),
        };
        if outline.functions > MAX_FUNCTIONS {
            return Err(LoadError::TooManyFunctions {
                count: outline.functions,
                limit: MAX_FUNCTIONS,
            });
        }
        let mut walk = Walk {
            outline: &outline,
            parts: 0,
            steps: 0,
            footprint: Self {
                streams: outline.streams,
                calls_inside: outline.calls_ahead && outline.lifts_inside,
                ..Self::default()
            },
        };
        for module in &outline.modules {
            // The first instantiation makes an image of the data, which all later ones share.
            walk.footprint.nanos += module.data / BYTES_PER_NANO;
        }
        match walk.enter(0, None, None, 0) {
            Ok(_) => Ok(Some(walk.footprint)),
            Err(Stop::TooMany) => Err(too_many),
            Err(Stop::TooDeep) => Err(LoadError::TooDeep { limit: MAX_DEPTH }),
            Err(Stop::Unclear) => Ok(None),
        }
    }

    pub(crate) const LENGTH: usize = 32;

    pub(crate) fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let flags = u64::from(self.streams) | u64::from(self.calls_inside) << 1;
        let numbers = [self.bytes, self.nanos, self.instances, flags];
        for (at, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            at.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let number = |from: usize| {
            let mut half = [0; 8];
            half.copy_from_slice(&bytes[from..from + 8]);
            u64::from_le_bytes(half)
        };
        Self {
            bytes: number(0),
            nanos: number(8),
            instances: number(16),
            streams: number(24) & 1 != 0,
            calls_inside: number(24) & 2 != 0,
        }
    }

    /// Adds a stack for each component instance: a call that waits keeps its own.
    pub(crate) fn with_stacks(self) -> Self {
        Self {
            bytes: self.bytes + self.instances * STACK,
            ..self
        }
    }

    /// Adds an instance of a core module.
    fn add(&mut self, module: &Module) {
        // An instance keeps a reference for each function that can be named from outside of its code.
        let referred = (module.imports + module.functions)
            .min(module.exports + module.elements + module.globals);
        self.bytes += 1_024
            + 32 * module.imports
            + 16 * (module.globals + module.tags + module.segments)
            + 128 * module.tables
            + 256 * module.memories
            + 32 * referred
            + 16 * module.passive_elements;
        self.nanos += 3_000
            + 40 * (module.imports + module.globals + module.passive_elements)
            + 10 * module.segments
            + 5_000 * module.tables
            + 20_000 * module.memories;
    }
}

/// What the stack of one call takes at most, in bytes: Wasmtime's limit for the guest's part of it, and the host's
/// part.
pub(crate) const STACK: u64 = (512 + 64) << 10;

/// How fast memory is copied, in bytes for each nanosecond.
const BYTES_PER_NANO: u64 = 2;

/// Why the walk ended early.
enum Stop {
    TooMany,
    TooDeep,
    /// Something that does not exist: the component is not valid.
    Unclear,
}

struct Walk<'o, 'a> {
    outline: &'o Outline<'a>,
    parts: u64,
    steps: u64,
    footprint: Footprint,
}

/// One instance of a component.
struct Frame<'o, 'a> {
    scope: &'o Scope<'a>,
    /// Where the component is defined.
    outer: Option<Rc<Frame<'o, 'a>>>,
    given: Option<Given<'o, 'a>>,
    /// The instances of its components, in the places of `made`.
    inner: RefCell<Vec<Option<Rc<Frame<'o, 'a>>>>>,
}

/// What an instance gets for its imports, and where that is defined.
type Given<'o, 'a> = (Rc<Frame<'o, 'a>>, &'o [(&'a str, Kind, u32)]);

/// What has an index, and where that index counts.
type Found<'o, 'a> = Option<(Rc<Frame<'o, 'a>>, usize)>;

impl<'o, 'a> Walk<'o, 'a> {
    fn enter(
        &mut self,
        scope: usize,
        outer: Option<Rc<Frame<'o, 'a>>>,
        given: Option<Given<'o, 'a>>,
        depth: usize,
    ) -> Result<Rc<Frame<'o, 'a>>, Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        let scope = self.outline.scopes.get(scope).ok_or(Stop::Unclear)?;
        self.count(scope.parts + 1)?;
        self.footprint.instances += 1;
        self.footprint.bytes += 1_024 + 128 * scope.links;
        self.footprint.nanos += 1_000 + 100 * scope.links;
        let frame = Rc::new(Frame {
            scope,
            outer,
            given,
            inner: RefCell::default(),
        });
        for made in &scope.made {
            let inner = match made {
                Made::FromExports(_) => None,
                Made::Instantiate { component, args } => {
                    match self.find(Kind::Component, &frame, *component, 0)? {
                        Some((outer, at)) => {
                            let given = (Rc::clone(&frame), args.as_slice());
                            Some(self.enter(at, Some(outer), Some(given), depth + 1)?)
                        }
                        None => None,
                    }
                }
            };
            frame.inner.borrow_mut().push(inner);
        }
        for module in &scope.instantiated {
            // The whole component imports this module, and the host provides none.
            if let Some((_, at)) = self.find(Kind::Module, &frame, *module, 0)? {
                let module = self.outline.modules.get(at).ok_or(Stop::Unclear)?;
                self.count(module.imports + 1)?;
                self.footprint.add(module);
            }
        }
        Ok(frame)
    }

    /// `None` if it is an import of the whole component.
    fn find(
        &mut self,
        kind: Kind,
        frame: &Rc<Frame<'o, 'a>>,
        index: u32,
        depth: usize,
    ) -> Result<Found<'o, 'a>, Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        let (mut frame, mut index) = (Rc::clone(frame), index);
        loop {
            self.step(1)?;
            let at = usize::try_from(index).map_err(|_| Stop::Unclear)?;
            match frame.scope.defs(kind).get(at).ok_or(Stop::Unclear)? {
                Def::Own(at) => return Ok(Some((frame, *at))),
                Def::Same(other) => index = *other,
                Def::Outer {
                    count,
                    index: other,
                } => {
                    for _ in 0..*count {
                        let outer = frame.outer.as_ref().ok_or(Stop::Unclear)?;
                        frame = Rc::clone(outer);
                    }
                    index = *other;
                }
                Def::Import(name) => {
                    let Some((giver, given)) = &frame.given else {
                        return Ok(None);
                    };
                    self.step(given.len())?;
                    let (giver, at) = (Rc::clone(giver), named(given, name, kind)?);
                    (frame, index) = (giver, at);
                }
                Def::Export { instance, name } => {
                    let found = self.find(Kind::Instance, &frame, *instance, depth + 1)?;
                    let Some((of, at)) = found else {
                        return Ok(None);
                    };
                    match of.scope.made.get(at).ok_or(Stop::Unclear)? {
                        Made::FromExports(exports) => {
                            self.step(exports.len())?;
                            index = named(exports, name, kind)?;
                            frame = of;
                        }
                        Made::Instantiate { .. } => {
                            let inner = of.inner.borrow().get(at).cloned();
                            let Some(inner) = inner.ok_or(Stop::Unclear)? else {
                                return Ok(None);
                            };
                            index = match inner.scope.exports.get(name) {
                                Some((of, index)) if *of == kind => *index,
                                _ => return Err(Stop::Unclear),
                            };
                            frame = inner;
                        }
                    }
                }
            }
        }
    }

    fn count(&mut self, parts: u64) -> Result<(), Stop> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts > MAX_PARTS {
            return Err(Stop::TooMany);
        }
        Ok(())
    }

    /// Bounds the time of look-ups: names can lead to names.
    fn step(&mut self, steps: usize) -> Result<(), Stop> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > 16 * MAX_PARTS {
            return Err(Stop::TooMany);
        }
        Ok(())
    }
}

fn named(items: &[(&str, Kind, u32)], name: &str, kind: Kind) -> Result<u32, Stop> {
    items
        .iter()
        .find(|(known, of, _)| *known == name && *of == kind)
        .map(|(_, _, index)| *index)
        .ok_or(Stop::Unclear)
}

#[cfg(test)]
#[path = "footprint/tests.rs"]
mod tests;
