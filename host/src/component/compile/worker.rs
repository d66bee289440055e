//! The child process: reads a component from stdin, and writes its compiled form to stdout, and the functions that it
//! had to compile for that. Also the parent's reader of that output.

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, setrlimit};
use wasmtime::component::Component;

use crate::component::cache::{Cache, Functions, KnownFunctions};
use crate::component::digest::Digest;
use crate::component::engine::{Allocation, Engine, Kind};
use crate::component::skill::{Footprint, LoadError, MAX_COMPONENT, Skill, decoded, types};
use crate::short;

/// The first byte of the output: the kind of the rest.
const COMPILED: [(u8, Kind); 4] = [
    (b's', Kind::of(false, false)),
    (b'c', Kind::of(true, false)),
    (b'S', Kind::of(false, true)),
    (b'C', Kind::of(true, true)),
];
const INVALID: u8 = b'i';
/// The type of a function is too large: its name.
const TYPE: u8 = b't';
/// The types of all functions are: the side.
const TYPES: u8 = b'T';

/// Compiles the component on stdin under these bounds, and writes the compiled form to stdout. This is the whole job of
/// a process that [`Compiler`](super::Compiler) starts. `memory` is in bytes, `seconds` is CPU time per processor,
/// `functions` is the file of functions that are compiled already, whose key of 32 bytes comes before the component.
///
/// # Errors
///
/// When the bounds cannot be set, or the pipes break.
pub fn work(memory: u64, seconds: u64, functions: Option<PathBuf>) -> io::Result<()> {
    confine(memory, seconds)?;
    let mut bytes = Vec::new();
    let mut stdin = io::stdin().lock();
    let known = match functions {
        Some(path) => {
            let mut key = [0; 32];
            stdin.read_exact(&mut key)?;
            Some(Arc::new(Functions::passed(path, key).read()))
        }
        None => None,
    };
    // A longer component is rejected for its length.
    let most = MAX_COMPONENT as u64 + 1;
    stdin.take(most).read_to_end(&mut bytes)?;
    let (tag, output) = compile(&bytes, known.clone()).unwrap_or_else(|error| {
        let message = short::error(&error).to_string();
        (INVALID, message.into_bytes())
    });
    let mut stdout = io::stdout().lock();
    stdout.write_all(&[tag])?;
    stdout.write_all(&(output.len() as u64).to_le_bytes())?;
    stdout.write_all(&output)?;
    if let Some(known) = known {
        stdout.write_all(&known.added())?;
    }
    stdout.flush()
}

fn compile(bytes: &[u8], known: Option<Arc<KnownFunctions>>) -> wasmtime::Result<(u8, Vec<u8>)> {
    match decoded::check_bytes(bytes) {
        Err(LoadError::TypeTooLarge { function, .. }) => return Ok((TYPE, function.into_bytes())),
        Err(LoadError::TypesTooLarge { side, .. }) => return Ok((TYPES, side.into())),
        Ok(()) | Err(_) => {}
    }
    let engine = match known {
        Some(known) => Engine::with_functions(known)?,
        None => Engine::new(Allocation::OnDemand)?,
    };
    let compiled = Skill::compile(&engine, bytes)?;
    let (tag, _) = COMPILED
        .into_iter()
        .find(|(_, kind)| *kind == compiled.kind)
        .ok_or_else(|| wasmtime::Error::msg("an engine of an unknown kind"))?;
    Ok((tag, compiled.component.serialize()?))
}

/// Confines the compiler: memory and CPU time up to the bounds, and no files.
fn confine(memory: u64, seconds: u64) -> io::Result<()> {
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    for (resource, limit) in [
        (Resource::As, memory),
        (Resource::Cpu, seconds.max(1).saturating_mul(processors)),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// The kind of the output, the output, and the functions that were compiled for it.
fn split(output: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = output.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (output, functions) = rest.split_at_checked(length)?;
    Some((tag, output, functions))
}

/// Loads the child's output, and stores it in the cache.
pub(super) fn read(
    engine: &Engine,
    bytes: &[u8],
    footprint: Option<Footprint>,
    output: &[u8],
    cache: Option<&Cache>,
) -> Result<Skill, LoadError> {
    let kind_of = |tag: u8| COMPILED.into_iter().find(|(known, _)| *known == tag);
    let (kind, code, functions) = match split(output) {
        Some((INVALID, message, _)) => {
            let message = String::from_utf8_lossy(message).into_owned();
            return Err(LoadError::Invalid(wasmtime::Error::msg(message)));
        }
        Some((TYPE, function, _)) => {
            let function = String::from_utf8_lossy(function).into_owned();
            return Err(types::too_large(function));
        }
        Some((TYPES, side, _)) => return Err(types::all_too_large(side)),
        Some((tag, code, functions)) if let Some((_, kind)) = kind_of(tag) => {
            (kind, code, functions)
        }
        Some(_) | None => {
            let message = "the compiler gave no compiled form";
            return Err(LoadError::Engine(wasmtime::Error::msg(message)));
        }
    };
    let wasmtime = engine.of(kind).map_err(LoadError::Engine)?;
    #[allow(
        unsafe_code,
        reason = "deserialize runs the bytes as code; they come from our own program, over a pipe that no other process holds"
    )]
    let component = unsafe { Component::deserialize(wasmtime, code) }
        .map_err(|error| LoadError::Engine(short::error(&error)))?;
    let footprint = Skill::compiled(&component, footprint)?;
    let digest = Digest::of(bytes);
    if let Some(cache) = cache {
        cache.put(wasmtime, &digest, footprint, code);
        cache.functions().keep(functions);
    }
    Skill::of(engine, component, bytes, digest, footprint)
}
