//! Code that runs where the program has it: the OS makes these pages of the program's own file executable, and nothing
//! is copied. A copy of the script engine's code costs more than a run of a script.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::mm::{MprotectFlags, mprotect};
use rustix::param::page_size;
use wasmtime::component::Component;
use wasmtime::{Config, CustomCodeMemory, Engine};

/// Elsewhere the code is copied: other processors want their caches flushed, other systems want the code signed.
const POSSIBLE: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// Wasmtime knows code by its address, and refuses to know the same code twice.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Lets an engine of this configuration run code where it is.
pub(crate) fn allow(config: &mut Config) {
    if POSSIBLE {
        config.with_custom_code_memory(Some(Arc::new(Pages)));
    }
}

/// Loads code that is a part of the program. The first engine of a process runs it where it is, each further one has a
/// copy. Fails where the code is not for this engine or this processor.
///
/// # Safety
///
/// The bytes are what Wasmtime compiled.
#[allow(
    unsafe_code,
    reason = "the code runs as it is: only the caller knows where it comes from"
)]
pub(crate) unsafe fn load(engine: &Engine, code: &'static [u8]) -> wasmtime::Result<Component> {
    let begins_at_a_page = code.as_ptr().addr().is_multiple_of(page_size());
    if POSSIBLE && begins_at_a_page && !IS_TAKEN.swap(true, Ordering::Relaxed) {
        // SAFETY: by the contract of this function. The bytes are a constant: they live and stay as they are.
        return unsafe { Component::deserialize_raw(engine, NonNull::from(code)) };
    }
    // SAFETY: by the contract of this function.
    unsafe { Component::deserialize(engine, code) }
}

/// Pages of code, wherever they are: in the program, or in memory to which Wasmtime copied a component.
struct Pages;

impl CustomCodeMemory for Pages {
    fn required_alignment(&self) -> usize {
        page_size()
    }

    fn publish_executable(&self, start: *const u8, length: usize) -> wasmtime::Result<()> {
        // Never writable: a private page that was never written stays the page of the program's file.
        let flags = MprotectFlags::READ | MprotectFlags::EXEC;
        #[allow(
            unsafe_code,
            reason = "Wasmtime owns these whole pages of code, and says that they are complete"
        )]
        // SAFETY: the pages hold code and nothing else, and no one writes them.
        unsafe {
            mprotect(start.cast_mut().cast(), length, flags)?;
        }
        Ok(())
    }

    /// Wasmtime asks for this before it gives the memory back, and to change code, which this engine never does. Memory
    /// that goes back needs nothing. The code of the program may be in use by another engine, and stays.
    fn unpublish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
        Ok(())
    }
}
