//! How much memory a message takes once it is read, estimated from its bytes before any of it is: two
//! bytes of text (`{}`, `0,`) may be a hundred in memory.

/// What one value takes as an element of an array or an entry of an object that has room for more.
const VALUE: usize = 104;
/// What the first entry of an array and of an object takes besides.
const ARRAY: usize = 304;
const OBJECT: usize = 320;
/// What a key takes besides its text: its place, its hash, and where it is found.
const KEY: usize = 96;

/// No byte of a text is the beginning of more than this.
pub(super) const HEAVIEST_BYTE: usize = OBJECT;

/// How many bytes of memory a JSON text and all that it says take together, in `serde_json` values.
#[must_use]
pub fn of(text: &[u8]) -> usize {
    let mut weight = text.len();
    let (mut in_string, mut escaped) = (false, false);
    // A string with an escape is put together in a place of its own first, which the next one uses again.
    let (mut length, mut has_escape, mut longest_with_escape) = (0, false, 0);
    for &byte in text {
        if in_string {
            weight += 1;
            length += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => (escaped, has_escape) = (true, true),
                b'"' => {
                    in_string = false;
                    if has_escape {
                        longest_with_escape = longest_with_escape.max(length);
                    }
                }
                _ => {}
            }
            continue;
        }
        weight += match byte {
            b'"' => {
                (in_string, has_escape, length) = (true, false, 0);
                0
            }
            b',' => VALUE,
            b':' => KEY,
            b'[' => ARRAY,
            b'{' => OBJECT,
            _ => 0,
        };
    }
    weight + longest_with_escape
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEBIBYTE: usize = 1 << 20;

    #[test]
    fn what_is_small_as_text_and_large_in_memory_is_counted() {
        let flat = format!("[{}0]", "0,".repeat(100_000));
        assert_eq!(of(flat.as_bytes()) / MEBIBYTE, 10);
        let objects = format!("[{}{{}}]", r#"{"":0},"#.repeat(10_000));
        assert_eq!(of(objects.as_bytes()) / MEBIBYTE, 5);
    }

    #[test]
    fn text_in_a_string_is_text_whatever_it_looks_like() {
        let text = |text: &str| format!(r#"{{"a":"{}"}}"#, text.repeat(200_000));
        assert_eq!(of(text("[{,,:").as_bytes()) / 200_000, 5 * 2);
        assert_eq!(of(text(r#"[\",:"#).as_bytes()) / 200_000, 5 * 3);
    }
}
