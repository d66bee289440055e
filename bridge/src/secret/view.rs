//! A text with its escapes undone: JSON and program text, percent, HTML, several times over.
//! Remembers of each byte where it stands in the text, and knows of no secret.

use std::borrow::Cow;

/// How often a text may have been escaped. A log line of JSON that quotes an answer that quotes JSON is three times.
const DEEPEST: usize = 3;

/// The bytes that a text stands for.
pub(super) struct View<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// From where to where in the text each byte is written. `None`: each is one byte, in its place.
    places: Option<Vec<(u32, u32)>>,
}

impl<'a> View<'a> {
    /// The text as it is, and then each way to take its escapes away, if it has any.
    pub(super) fn all(text: &'a [u8]) -> Vec<Self> {
        let plain = View {
            bytes: Cow::Borrowed(text),
            places: None,
        };
        let mut views = vec![plain];
        let mut from = 0;
        for _ in 0..DEEPEST {
            let to = views.len();
            for at in from..to {
                let ways: [(Way, &[u8]); 2] = [(backslash, b"\\"), (web, b"%&")];
                for (way, signs) in ways {
                    // Most texts are not escaped, and cost no copy.
                    if views[at].bytes.iter().any(|byte| signs.contains(byte)) {
                        views.extend(views[at].unescaped(way));
                    }
                }
            }
            from = to;
        }
        views
    }

    /// Whether some bytes are written with more than one.
    pub(super) fn is_escaped(&self) -> bool {
        self.places.is_some()
    }

    /// From where to where in the text the byte at `at` is written.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        match &self.places {
            None => (at, at + 1),
            Some(places) => {
                let (start, end) = places[at];
                (widened(start), widened(end))
            }
        }
    }

    /// `None` where nothing is escaped that way.
    fn unescaped(&self, escape: Way) -> Option<Self> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut places = Vec::with_capacity(self.bytes.len());
        let mut found = false;
        let mut at = 0;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            let escape = escape(rest).filter(|escape| escape.length <= rest.len());
            let (written, length) = match &escape {
                Some(escape) => (escape.bytes(), escape.length),
                None => (&rest[..1], 1),
            };
            found |= escape.is_some();
            // A text is far below 4 GiB where this is asked; what is beyond is not looked at.
            let start = u32::try_from(self.place(at).0).ok()?;
            let end = u32::try_from(self.place(at + length - 1).1).ok()?;
            bytes.extend_from_slice(written);
            places.extend(written.iter().map(|_| (start, end)));
            at += length;
        }
        found.then_some(Self {
            bytes: Cow::Owned(bytes),
            places: Some(places),
        })
    }
}

/// What an address stands for, if it is escaped.
pub(super) fn without_percent(text: &str) -> Option<String> {
    let plain = View {
        bytes: Cow::Borrowed(text.as_bytes()),
        places: None,
    };
    String::from_utf8(plain.unescaped(web)?.bytes.into_owned()).ok()
}

fn widened(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The escape that a text begins with, in one way to write them.
type Way = fn(&[u8]) -> Option<Escape>;

/// What an escape stands for, and how long it is.
struct Escape {
    buffer: [u8; 4],
    written: usize,
    length: usize,
}

impl Escape {
    fn byte(byte: u8, length: usize) -> Self {
        Self {
            buffer: [byte, 0, 0, 0],
            written: 1,
            length,
        }
    }

    fn letter(code: u32, length: usize) -> Option<Self> {
        let mut buffer = [0; 4];
        let written = char::from_u32(code)?.encode_utf8(&mut buffer).len();
        Some(Self {
            buffer,
            written,
            length,
        })
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.written]
    }
}

/// `\n`, `\"`, `\u00e9`, `\x1b`, `\u{e9}`, as JSON and programs write it.
fn backslash(text: &[u8]) -> Option<Escape> {
    let [b'\\', kind, rest @ ..] = text else {
        return None;
    };
    let byte = |byte| Some(Escape::byte(byte, 2));
    match kind {
        b'n' => byte(b'\n'),
        b'r' => byte(b'\r'),
        b't' => byte(b'\t'),
        b'b' => byte(8),
        b'f' => byte(12),
        b'0' => byte(0),
        b'x' => Some(Escape::byte(u8::try_from(hex(rest, 2)?).ok()?, 4)),
        b'u' if rest.starts_with(b"{") => {
            let end = rest.iter().take(8).position(|byte| *byte == b'}')?;
            let digits = &rest[1..end];
            Escape::letter(hex(digits, digits.len())?, end + 3)
        }
        b'u' => {
            let first = hex(rest, 4)?;
            let second = match rest.get(4..6) {
                Some(b"\\u") => hex(&rest[6..], 4),
                _ => None,
            };
            match (first, second) {
                (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
                    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    Escape::letter(code, 12)
                }
                _ => Escape::letter(first, 6),
            }
        }
        kind if kind.is_ascii_punctuation() || *kind == b' ' => byte(*kind),
        _ => None,
    }
}

/// `%2F`, `&quot;`, `&#47;`, `&#x2f;`.
fn web(text: &[u8]) -> Option<Escape> {
    const NAMED: [(&[u8], u8); 5] = [
        (b"&amp;", b'&'),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&quot;", b'"'),
        (b"&apos;", b'\''),
    ];
    match text {
        [b'%', rest @ ..] => Some(Escape::byte(u8::try_from(hex(rest, 2)?).ok()?, 3)),
        [b'&', b'#', rest @ ..] => {
            let end = rest.iter().take(8).position(|byte| *byte == b';')?;
            let code = match &rest[..end] {
                [b'x' | b'X', digits @ ..] => hex(digits, digits.len())?,
                digits => std::str::from_utf8(digits).ok()?.parse().ok()?,
            };
            Escape::letter(code, end + 3)
        }
        [b'&', ..] => NAMED
            .iter()
            .find(|(name, _)| text.starts_with(name))
            .map(|(name, byte)| Escape::byte(*byte, name.len())),
        _ => None,
    }
}

/// The number that so many hexadecimal digits are.
fn hex(text: &[u8], digits: usize) -> Option<u32> {
    let text = std::str::from_utf8(text.get(..digits)?).ok()?;
    // `from_str_radix` takes a sign.
    text.bytes()
        .all(|digit| digit.is_ascii_hexdigit())
        .then(|| u32::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<String> {
        let views = View::all(text.as_bytes());
        let bytes = views
            .iter()
            .map(|view| String::from_utf8_lossy(&view.bytes).into_owned());
        bytes.collect()
    }

    #[test]
    fn escapes_are_taken_away_in_every_order() {
        assert_eq!(seen("plain"), ["plain"]);
        assert_eq!(seen(r#"\u0041\x42\"\/\n"#)[1], "AB\"/\n");
        assert_eq!(seen(r"\ud83d\ude00 \u{e9}")[1], "😀 é");
        assert_eq!(seen("%41%4a%zz&amp;&#47;&#x2F;")[1], "AJ%zz&//");
        assert!(seen(r"a\\\\u0041").contains(&"aA".to_owned()));
        assert!(seen("%2541%255C%2575").contains(&r"A\u".to_owned()));
        assert!(seen(r"C:\new%2Fx").contains(&r"C:\new/x".to_owned()));
    }

    #[test]
    fn escapes_that_are_cut_off_stay() {
        for text in [
            r"\",
            r"\u004",
            r"\x",
            r"\u{41",
            "%4",
            "&#4",
            "&am",
            r"\ud83d\u",
        ] {
            assert_eq!(seen(text), [text]);
        }
    }

    #[test]
    fn each_byte_knows_where_it_is_written() {
        let views = View::all(br"a\\u00e9b");
        let last = views.last().unwrap_or(&views[0]);
        assert_eq!(&*last.bytes, "aéb".as_bytes());
        let places: Vec<_> = (0..4).map(|at| last.place(at)).collect();
        assert_eq!(places, [(0, 1), (1, 8), (1, 8), (8, 9)]);
    }
}
