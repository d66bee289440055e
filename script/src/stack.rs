//! Runs the parser, which recurses, on a thread whose stack is large enough for the text.

use std::thread;

/// Bytes of stack that each token may take, at most: the test below measures all constructs that nest. It is address
/// space; memory is what is touched, and `nesting` bounds that.
const PER_TOKEN: usize = 6 << 10;
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
pub(crate) fn tokens(text: &str) -> usize {
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

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// Bytes of the stack of this thread that were touched.
    fn touched() -> usize {
        let here = 0_u8;
        let here = std::ptr::from_ref(&here).addr();
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut is_stack = false;
        for line in maps.lines() {
            let first = line.split_whitespace().next().unwrap();
            if let Some((start, end)) = first.split_once('-') {
                let parse = |text| usize::from_str_radix(text, 16).unwrap_or(usize::MAX);
                is_stack = parse(start) <= here && here < parse(end);
            } else if is_stack && first == "Rss:" {
                let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
                return kib << 10;
            }
        }
        panic!("no mapping holds the stack");
    }

    /// Bytes of stack for each token.
    fn measure(text: &str) -> usize {
        let used = thread::Builder::new().stack_size(1 << 30).spawn({
            let text = text.to_owned();
            move || {
                let before = touched();
                let _ = crate::read::on_this_stack("script.ts", &text);
                touched() - before
            }
        });
        used.unwrap().join().unwrap() / tokens(text)
    }

    #[test]
    fn no_construct_takes_more_stack_for_a_token_than_there_is() {
        let mut wrong = Vec::new();
        for (open, middle, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{", "", "}"),
            ("!", "1", ""),
            ("- ", "1", ""),
            ("a=>", "1", ""),
            ("a=>{", "", "}"),
            ("a?a:", "1", ""),
            ("a?", "1", ":1"),
            ("a+", "1", ""),
            ("1", "", "+a"),
            ("a**", "1", ""),
            ("a=", "1", ""),
            ("if(a)", "b", ""),
            ("if(a)b;else ", "b", ""),
            ("x:", ";", ""),
            ("for(;;)", ";", ""),
            ("do ", ";", " while(a);"),
            ("`${", "1", "}`"),
            ("a", "", ".b"),
            ("a", "", "[0]"),
            ("a", "", "()"),
            ("a", "", "!"),
            ("a", "", " as b"),
            ("a", "", "``"),
            ("new ", "A", ""),
            ("await ", "a", ""),
            ("f(", "1", ")"),
            ("({a:", "1", "})"),
            ("({a(){", "", "}})"),
            ("class{a=", "1", "}"),
            ("class A extends ", "B", "{}"),
            ("function f(){", "", "}"),
            ("function f(a=", "1", "){}"),
            ("let a:A<", "b", ">"),
            ("type A=(", "b", ")"),
            ("type A={a:", "b", "}"),
            ("type A=[", "b", "]"),
            ("type A=keyof ", "b", ""),
            ("type A=a extends b?c:", "d", ""),
            ("type A=(a:", "b", ")=>c"),
            ("namespace A{", "", "}"),
            ("<A>", "a", ""),
            ("/(", "a", ")/"),
            ("[", "a", "]=[]"),
            ("({a:", "b", "}={})"),
        ] {
            // The head of a type stands once.
            let (head, open) = match open.split_once('=') {
                Some(("type A", rest)) => ("type A=", rest),
                _ => ("", open),
            };
            let text = format!(
                "{head}{}{middle}{}",
                open.repeat(3_000),
                close.repeat(3_000)
            );
            let unclosed = format!("{head}{}{middle}", open.repeat(3_000));
            let mut bytes = measure(&text);
            if tokens(&unclosed) > 1_000 {
                bytes = bytes.max(measure(&unclosed));
            }
            // A third is kept for what is not here.
            if bytes * 3 / 2 > PER_TOKEN {
                wrong.push(format!("{open}{middle}{close}: {bytes}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
