//! Tells by its name or its looks whether a value is a secret. Keeps no value, and hides none: `secret.rs` does.

/// Whether a name, such as that of a variable or a header, is one of a secret.
#[must_use]
pub fn is_sensitive(name: &str) -> bool {
    const WORDS: [&str; 5] = ["pat", "tok", "pwd", "jwt", "dsn"];
    const PARTS: [&str; 8] = [
        "key",
        "token",
        "secret",
        "pass",
        "auth",
        "credential",
        "cookie",
        "bearer",
    ];
    name.to_ascii_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|word| WORDS.contains(&word) || PARTS.iter().any(|part| word.contains(part)))
}

/// Whether a text looks as if a machine had chosen it: long, of letters and digits, and changing between them all
/// the time. `claude-sonnet-20241022` does not.
#[must_use]
pub fn looks_like_a_key(text: &str) -> bool {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Digit,
        Upper,
        Lower,
    }
    let text = text.trim_end_matches('=');
    let is_jwt = text.starts_with("eyJ");
    let may_be = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"-_+~".contains(&byte) || (is_jwt && byte == b'.')
    };
    if text.len() < 16 || !text.bytes().all(may_be) {
        return false;
    }
    // Those that services mark themselves.
    const MARKS: [&str; 9] = [
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "sk-",
        "xoxb-",
        "xoxp-",
        "npm_",
    ];
    if MARKS.iter().any(|mark| text.starts_with(mark)) {
        return true;
    }
    let kinds: Vec<Kind> = text
        .bytes()
        .filter_map(|byte| match byte {
            b'0'..=b'9' => Some(Kind::Digit),
            b'A'..=b'Z' => Some(Kind::Upper),
            b'a'..=b'z' => Some(Kind::Lower),
            _ => None,
        })
        .collect();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let digits = kinds.iter().filter(|kind| **kind == Kind::Digit).count();
    // Without digits it is a name such as `getPullRequestReviews`.
    digits >= 2 && digits < kinds.len() && changes * 4 >= kinds.len()
}
