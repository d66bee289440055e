//! The tools that a skill imports, as one text of its front matter: `github/get_issue github/list_issues`.

/// The names, each `SERVER/TOOL`, with blanks between them. What would part a name has a percent sign and its code.
#[must_use]
pub fn imports_text<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut out = String::new();
    for name in names {
        if !out.is_empty() {
            out.push(' ');
        }
        for char in name.chars() {
            match char {
                '%' | ',' => escape(&mut out, char),
                char if char.is_whitespace() || char.is_control() => escape(&mut out, char),
                char => out.push(char),
            }
        }
    }
    out
}

/// The names in such a text. Commas between names are read too, as people write them.
#[must_use]
pub fn imports_of(text: &str) -> Vec<String> {
    let parts = text.split(|char: char| char.is_whitespace() || char == ',');
    parts
        .filter(|part| !part.is_empty())
        .map(unescaped)
        .collect()
}

fn escape(out: &mut String, char: char) {
    for byte in char.encode_utf8(&mut [0; 4]).bytes() {
        out.push_str(&format!("%{byte:02X}"));
    }
}

fn unescaped(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were() {
        let names = [
            "github/get_issue",
            "a b/c\td",
            "x/50%",
            "ü/é,ö",
            "n/\n",
            "m/%20",
        ];
        let text = imports_text(names);
        assert_eq!(
            text,
            "github/get_issue a%20b/c%09d x/50%25 ü/é%2Cö n/%0A m/%2520"
        );
        assert_eq!(imports_of(&text), names);
        assert_eq!(
            imports_of(" a/b,  c/d %4 %zz "),
            ["a/b", "c/d", "%4", "%zz"]
        );
        assert!(imports_of("").is_empty());
    }
}
