//! The text of a trap. Names of functions are data of the guest: each is cut before and after demangling, and so is the
//! whole text. The host never uses Wasmtime's own text: it may contain names of 100,000 bytes, and its feature
//! `demangle` expands names of C++ without a bound.

use std::fmt::Write as _;

use wasmtime::{Error, FrameInfo, Trap, WasmBacktrace};

use crate::component::engine::FRAMES;
use crate::event::one_line;
use crate::short::short;

/// Bytes of the cause: most often a few words, but a host function may have more to say.
const CAUSE: usize = 4_000;

/// Bytes of a name that is looked at. A longer one is shown as it is, cut.
const MANGLED: usize = 1_000;

/// Bytes of a name that are shown.
const NAME: usize = 256;

/// The trap and the guest's backtrace. The host's own stack is omitted.
pub(super) fn trap_message(error: &Error) -> String {
    let mut message = short(error.root_cause(), CAUSE);
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        message.push_str("\nerror while executing at wasm backtrace:");
        for (at, frame) in backtrace.frames().iter().take(FRAMES).enumerate() {
            message.push('\n');
            message.push_str(&line(at, frame));
        }
    }
    message
}

/// The same as an error; a trap stays a trap.
pub(super) fn trap_error(error: &Error) -> Error {
    match error.downcast_ref::<Trap>() {
        Some(trap) => {
            let message = trap_message(error);
            let trap = Error::from(*trap);
            match message.split_once('\n') {
                Some((_, frames)) => trap.context(frames.to_owned()),
                None => trap,
            }
        }
        None => Error::msg(trap_message(error)),
    }
}

/// `  0:   0x1f - module!function`
fn line(at: usize, frame: &FrameInfo) -> String {
    let mut line = format!("  {at:>3}: ");
    if let Some(offset) = frame.module_offset() {
        let _ = write!(line, "{offset:#8x} - ");
    }
    let module = frame.module().name().unwrap_or("<unknown>");
    line.push_str(&one_line(&short(module, NAME), &[]));
    line.push('!');
    match frame.func_name() {
        Some(name) => line.push_str(&function(name)),
        None => {
            let _ = write!(line, "<wasm function {}>", frame.func_index());
        }
    }
    line
}

/// A function's name, demangled if it is a mangled Rust name: without the hash of its build, which means nothing to a
/// reader. Rust's demangler only appends to its output, and stops when the output is full. Any other name is the
/// guest's text and stays as it is, that of a C++ function too.
fn function(name: &str) -> String {
    let shown = match rustc_demangle::try_demangle(name) {
        Ok(demangled) if name.len() <= MANGLED => short(format_args!("{demangled:#}"), NAME),
        Ok(_) | Err(_) => short(name, NAME),
    };
    one_line(&shown, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_without_the_hashes_of_its_build() {
        for (name, named) in [
            ("_ZN1a3run17h0123456789abcdefE", "a::run"),
            ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
            (
                "_RINvCsfT9W2fZ6yRA_3std1fNvCs4fqI2P2rA4U_4core1gShE",
                "std::f::<core::g, [u8]>",
            ),
        ] {
            assert_eq!(function(name), named);
        }
    }

    #[test]
    fn a_name_that_is_not_a_mangled_rust_name_stays_as_it_is() {
        for name in [
            "_Z1f4pairI1aS0_ES_IS1_S1_ES_IS2_S2_E",
            "a::run::h0123456789abcdef",
            "std[d123b7a1a2ed1472]::f",
            "[cafe][",
        ] {
            assert_eq!(function(name), name);
        }
    }

    #[test]
    fn no_name_is_longer_than_its_bound() {
        // Each type names the one before it twice.
        let doubling: String = (0..26).map(|n| format!("TB{n}_B{n}_E")).collect();
        for name in [
            "n".repeat(100_000),
            format!("_ZN{}E", "1a".repeat(50_000)),
            format!("_ZN{}17h0123456789abcdefE", "1a".repeat(400)),
            format!("_RINvC1a1f{doubling}E"),
            "\u{1b}[31m\n".repeat(50),
        ] {
            let shown = function(&name);
            // A control character is written in a few characters.
            assert!(shown.len() <= 8 * NAME, "{}", shown.len());
            assert!(!shown.contains(char::is_control), "{shown:?}");
        }
    }
}
