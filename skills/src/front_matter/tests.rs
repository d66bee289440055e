//! Front matter: written, read, and refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn front(description: &str, metadata: &[(&str, &str)]) -> FrontMatter {
    FrontMatter {
        name: "a-b".parse().unwrap(),
        description: description.to_owned(),
        license: None,
        compatibility: None,
        metadata: metadata
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

fn fault(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn what_is_written_is_plain_where_it_can_be() {
    let mut front = front(
        "Counts issues, and more.",
        &[("mcp-host.version", "1"), ("a b", "yes")],
    );
    front.license = Some("MIT".to_owned());
    front.compatibility = Some("Needs: mcp-host".to_owned());
    assert_eq!(
        front.to_string(),
        "---\nname: a-b\ndescription: Counts issues, and more.\nlicense: MIT\n\
         compatibility: \"Needs: mcp-host\"\nmetadata:\n  a b: \"yes\"\n  mcp-host.version: \"1\"\n---\n"
    );
    assert_eq!(read(&front.to_string()).unwrap().front, front);
}

#[test]
fn no_text_breaks_out_of_the_front_matter() {
    for text in [
        "a\n---\nb",
        "a --- b",
        "------",
        "x: y # z",
        "\" \\ '",
        "- a",
        "null",
        "1.0",
        "*a &b !c %d @e `f",
        "{a: b} [c]",
        "a\u{202e}b\u{200b}\u{feff}c\u{85}d\u{2028}e",
        "tab\there\r\nname: evil",
        "😀 größer, 你好",
        "trailing:",
        "\u{7f}\u{1}",
    ] {
        let front = front(text, &[("k", text), (text, "v")]);
        let written = front.to_string();
        let whole = format!("{written}body\n");
        let page = read(&whole).unwrap();
        assert_eq!((&page.front, page.body), (&front, "body\n"), "{text:?}");
        // What `skills-ref` splits at.
        assert_eq!(written.matches("---").count(), 2, "{written}");
        assert!(
            written
                .chars()
                .all(|char| char == '\n' || mcp_bridge::text::is_safe(char))
        );
        // Each value is one line.
        assert_eq!(written.lines().count(), 7, "{written}");
    }
}

#[test]
fn front_matter_of_other_authors_is_read() {
    let text = "\u{feff}---\r\n# a comment\r\nname: 'pdf-tools'   # here too\r\ndescription: >-\r\n  Reads PDFs,\r\n  and \
                writes them.\r\nlicense: ~\r\nallowed-tools: Bash(git:*) Read\r\nmetadata:\r\n  version: 1.0\r\n  author: \
                \"x \\u00e9\"\r\n---\r\n\r\n# Title\r\n";
    let page = read(text).unwrap();
    assert_eq!(page.front.name.as_str(), "pdf-tools");
    assert_eq!(page.front.description, "Reads PDFs, and writes them.");
    assert_eq!(page.front.license, None);
    assert_eq!(page.front.metadata["version"], "1.0");
    assert_eq!(page.front.metadata["author"], "x é");
    assert_eq!(page.body, "\r\n# Title\r\n");
    assert_eq!(page.body_line, 13);
    assert_eq!(page.places[&Key::Metadata("version".to_owned())], (10, 3));
    let odd: Vec<String> = page.odd.iter().map(Fault::to_string).collect();
    assert_eq!(odd, ["SKILL.md:1:1: `---` is not the start of the file"]);
}

#[test]
fn what_is_odd_is_said_with_its_place() {
    let text = "---\nname: a\ndescription: b\nversion: 1\nallowed-tools: [a, b]\nmetadata:\n  openclaw: {os: [linux]}\n  \
                ok: fine\n---\n";
    let page = read(text).unwrap();
    let odd: Vec<String> = page.odd.iter().map(Fault::to_string).collect();
    assert_eq!(
        odd,
        [
            "SKILL.md:4:1: `version` is no key of agentskills.io, and is ignored",
            "SKILL.md:5:1: `allowed-tools` is a list",
            "SKILL.md:7:3: `openclaw` of `metadata` is no text, and is ignored",
        ]
    );
    assert_eq!(page.front.metadata.len(), 1);
    let long = format!("---\nname: a\ndescription: {}\n---\n", "é".repeat(1025));
    assert_eq!(
        read(&long).unwrap().odd[0].to_string(),
        "SKILL.md:3:1: `description` has 1025 characters, and at most 1024 are possible"
    );
}

#[test]
fn what_has_no_reading_or_two_is_refused_with_its_place() {
    assert_eq!(
        fault("# Title\n"),
        "SKILL.md:1:1: the file has no front matter"
    );
    assert_eq!(
        fault("---\nname: a\n"),
        "SKILL.md:1:1: the front matter does not end"
    );
    assert_eq!(
        fault("---\ndescription: a\n---\n"),
        "SKILL.md:2:1: `name` is missing"
    );
    assert_eq!(
        fault("---\nname: a\n---\n"),
        "SKILL.md:2:1: `description` is missing"
    );
    assert_eq!(
        fault("---\nname: a\ndescription:\n---\n"),
        "SKILL.md:3:1: `description` is missing"
    );
    assert_eq!(
        fault("---\nname: a\nname: b\ndescription: c\n---\n"),
        "SKILL.md:3:1: `name` is there twice"
    );
    assert_eq!(
        fault("---\nname: a\ndescription: c\nmetadata:\n  k: 1\n  k: 2\n---\n"),
        "SKILL.md:6:3: `k` is there twice"
    );
    assert_eq!(
        fault("---\nname: ../x\ndescription: c\n---\n"),
        "SKILL.md:2:1: the name of a skill has the character '.': a to z, 0 to 9 and - are possible"
    );
    assert_eq!(
        fault("---\n- a\n---\n"),
        "SKILL.md:2:1: the front matter is no mapping"
    );
    assert_eq!(
        fault("---\nname: [a]\ndescription: b\n---\n"),
        "SKILL.md:2:1: `name` is no text"
    );
    assert_eq!(
        fault("---\nname: &x a\ndescription: *x\n---\n"),
        "SKILL.md:3:14: an alias stands for a value"
    );
    assert!(fault("---\nname: a\ndescription: Use: when\n---\n").starts_with("SKILL.md:3:"));
    assert!(fault("---\nname: \"a\ndescription: b\n---\n").contains("is no YAML"));
}

#[test]
fn size_keys_and_depth_are_bounded() {
    let long = format!(
        "---\nname: a\ndescription: b\nx: {}\n---\n",
        "y".repeat(LONGEST)
    );
    assert_eq!(
        fault(&long),
        "SKILL.md:4:1: the front matter has more than 64 KiB"
    );
    let deep = format!(
        "---\nname: a\ndescription: b\nx: {}\n---\n",
        "[".repeat(10_000)
    );
    // The parser has a bound of its own, which it may meet first.
    let deep = fault(&deep);
    let ends = ["a value nests too deep", "recursion limit exceeded"];
    assert!(ends.iter().any(|end| deep.ends_with(end)), "{deep}");
    let keys: String = (0..300).map(|at| format!("  k{at}: v\n")).collect();
    let many = format!("---\nname: a\ndescription: b\nmetadata:\n{keys}---\n");
    assert_eq!(
        fault(&many),
        "SKILL.md:261:3: `metadata` has more than 256 keys"
    );
}

/// Bytes of a file are changed, moved and removed: the answer is an error or a page that is written and read alike.
#[test]
fn broken_front_matter_never_panics() {
    let text = "---\nname: a-b\ndescription: >\n  c: \"d\" 'e' [f, {g: h}] # i\n  - j\nlicense: |\n  k\nmetadata:\n  l: &m n\n  \
                ? o\n  : !!str p\n  q: \"\\u00e9\\x2d\"\n---\nbody\n";
    let signs: Vec<char> = "-:#>|&*!%@`'\"[]{}?,\n\t\\~ é".chars().collect();
    let mut seed = 7_u64;
    let mut random = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut read_well = 0;
    for _ in 0..20_000 {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=random(3) {
            let at = 4 + random(chars.len() - 4);
            match random(3) {
                0 => chars[at] = signs[random(signs.len())],
                1 => chars.insert(at, signs[random(signs.len())]),
                _ => drop(chars.remove(at)),
            }
        }
        let text: String = chars.into_iter().collect();
        if let Ok(page) = read(&text) {
            read_well += 1;
            let again = page.front.to_string();
            assert_eq!(read(&again).unwrap().front, page.front, "{text}");
        }
    }
    assert!(read_well > 100, "{read_well}");
}
