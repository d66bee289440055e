//! Random secrets, written in random ways, several times over, and cut at random: no run of eight bytes of one is
//! seen. `SEED` and `ROUNDS` ask for others and for more.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::tests::secrets;

#[test]
fn no_run_of_eight_bytes_of_a_random_secret_is_seen() {
    let number = |name: &str, default| {
        let text = std::env::var(name).ok();
        text.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let seed = number("SEED", 1_u64);
    for round in 0..number("ROUNDS", 1000) {
        let mixed = round.wrapping_mul(0xd134_2543_de82_ef95);
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ mixed | 1);
        let secret = random.secret();
        let mut name = ["API_TOKEN", "PEM_KEY", "TOK", "X"][random.below(4)];
        // Paths and words without a telling name are hidden as a whole only.
        let is_word = secret.bytes().all(|byte| byte.is_ascii_alphabetic());
        if secret.starts_with(['/', '.', '~']) || is_word {
            name = "TOKEN";
        }
        let hidden = secrets(&[("MODE", "production"), (name, &secret)]);
        let (written, way) = random.written(&secret);
        let cut = random.cut(&written);
        let text = random.embedded(&cut);
        let about = format!("seed {seed}, round {round}, {way}: {secret:?} in {text:?}");
        // The text may have been made of the secret's own letters, and of the name.
        for shown in [
            hidden.hide(&text).into_owned(),
            hidden.sanitize(text.as_bytes(), random.below(text.len() + 20)),
            String::from_utf8_lossy(&hidden.hide_bytes(text.as_bytes())).into_owned(),
        ] {
            let secret = secret.trim_end_matches('\n');
            for run in secret.as_bytes().windows(8).chain(runs(&written, &way)) {
                let seen = shown.as_bytes().windows(8).any(|part| part == run);
                let run = String::from_utf8_lossy(run);
                assert!(!seen, "{run:?} is seen, {about} shown as {shown:?}");
            }
        }
    }
}

/// Where each byte is written the same way, what is written is as secret as the secret.
fn runs<'a>(written: &'a str, way: &str) -> impl Iterator<Item = &'a [u8]> {
    let plain = ["base64", "hex", "whole"].contains(&way);
    written.as_bytes().windows(8).filter(move |_| plain)
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from((self.next() >> 8) % end).unwrap()
    }

    fn of(&mut self, letters: &str, length: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        (0..length)
            .map(|_| letters[self.below(letters.len())])
            .collect()
    }

    fn secret(&mut self) -> String {
        const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let length = 8 + self.below(60);
        match self.below(6) {
            0 => self.of("0123456789abcdef", length),
            1 => self.of("abcdefghijklmnopqrstuvwxyz0123456789-_.~", length),
            2 => self.of("aZ9 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t", length),
            3 => self.of("aé中😀\u{0}\u{1b}\u{7f}xyz123", length),
            4 => {
                let lines: Vec<String> = (0..1 + self.below(5))
                    .map(|_| self.of(BASE64, 64))
                    .collect();
                let last = self.of(BASE64, 8);
                format!(
                    "-----BEGIN PRIVATE KEY-----\n{}\n{last}\n-----END PRIVATE KEY-----\n",
                    lines.join("\n")
                )
            }
            _ => self.of(BASE64, length),
        }
    }

    /// The secret as a server may write it.
    fn written(&mut self, secret: &str) -> (String, String) {
        let mut text = secret.to_owned();
        let mut ways = Vec::new();
        for _ in 0..1 + self.below(3) {
            let way = match self.below(9) {
                0 => {
                    text = serde_json::Value::from(text).to_string();
                    "json"
                }
                1 => {
                    text = self.escaped(&text, |letter| {
                        let mut units = [0; 2];
                        let units = letter.encode_utf16(&mut units).iter();
                        units.map(|unit| format!("\\u{unit:04X}")).collect()
                    });
                    "unicode"
                }
                2 => {
                    text = self.percent(&text, false);
                    "percent"
                }
                3 => {
                    text = self.percent(&text, true);
                    "partly percent"
                }
                4 => {
                    text = text.replace('/', "\\/");
                    "slashes"
                }
                // Only once, and of the secret itself: what was encoded again is no spelling of it.
                5 if ways.is_empty() => {
                    text = self.base64(&text);
                    "base64"
                }
                6 if ways.is_empty() => {
                    text = text.bytes().map(|byte| format!("{byte:02X}")).collect();
                    "hex"
                }
                _ => "whole",
            };
            if way != "whole" || ways.is_empty() {
                ways.push(way);
            }
        }
        if ways.len() > 1 {
            ways.retain(|way| *way != "whole");
        }
        (text, ways.join(", "))
    }

    fn base64(&mut self, text: &str) -> String {
        let engine = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD][self.below(4)];
        let before = self.below(4);
        let text = format!("{}{text}", &"u:p"[..before.min(3)]);
        let encoded = engine.encode(text);
        // What the text before it is encoded as is no secret.
        encoded[before.div_ceil(3) * 4..].to_owned()
    }

    fn percent(&mut self, text: &str, partly: bool) -> String {
        let upper = self.below(2) == 0;
        let mut written = String::new();
        for letter in text.chars() {
            let plain = letter.is_ascii_alphanumeric() && (!partly || self.below(2) == 0);
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                match (plain, upper) {
                    (true, _) => written.push(letter),
                    (false, true) => written.push_str(&format!("%{byte:02X}")),
                    (false, false) => written.push_str(&format!("%{byte:02x}")),
                }
            }
        }
        written
    }

    fn escaped(&mut self, text: &str, escape: impl Fn(char) -> String) -> String {
        let some = self.below(3) + 1;
        text.chars()
            .map(|letter| match self.below(some) {
                0 => escape(letter),
                _ if letter == '\\' => "\\\\".to_owned(),
                _ => letter.to_string(),
            })
            .collect()
    }

    /// A piece of it, or all.
    fn cut(&mut self, text: &str) -> String {
        let (mut start, mut end) = (self.below(text.len() + 1), self.below(text.len() + 1));
        if self.below(3) == 0 {
            (start, end) = (0, text.len());
        }
        (start, end) = (start.min(end), start.max(end));
        let (start, end) = (
            text.floor_char_boundary(start),
            text.floor_char_boundary(end),
        );
        text[start..end].to_owned()
    }

    fn embedded(&mut self, cut: &str) -> String {
        let around = ["", " ", "token=", "{\"key\":\"", "x", "\n", "%", "\\", "é"];
        let (before, after) = (around[self.below(9)], around[self.below(9)]);
        let (before, after) = (before.repeat(self.below(4)), after.repeat(self.below(4)));
        format!("{before}{cut}{after}")
    }
}
