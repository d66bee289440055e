//! What the tests of documents share: tools, pages, and their tokens.
#![allow(dead_code, reason = "each test uses some of it")]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use mcp_codegen::{Catalog, Tool};
use mcp_skills::categories::categories;
use mcp_skills::front_matter::{self, FrontMatter};
use mcp_skills::{
    Kind, MOST_TOKENS, Metadata, ServerFacts, page_name, server_md, server_reference_md,
};

pub(crate) fn tools(text: &str) -> Vec<Tool> {
    Catalog::parse(text).unwrap().tools
}

/// The tools of a server of these tests.
pub(crate) fn tracker() -> Vec<Tool> {
    tools(include_str!("../golden/tracker.tools.json"))
}

/// SKILL.md and REFERENCE.md of a server.
pub(crate) fn server(server: &str, tools: &[Tool]) -> [String; 2] {
    let name = page_name(server).unwrap();
    let facts = ServerFacts {
        name: &name,
        server,
        tools,
        categories: &categories(tools),
        schemas: "0123",
    };
    [server_md(&facts), server_reference_md(&facts)]
}

pub(crate) fn metadata() -> BTreeMap<String, String> {
    let version = Metadata {
        entry: Kind::Script.entry(&"stale-issues".parse().unwrap()),
        imports: ["tracker/list_issues", "tracker/add_comment"]
            .map(str::to_owned)
            .to_vec(),
        digest: blake3::hash(b"contents"),
        schemas: blake3::hash(b"schemas"),
        version: 3,
    };
    front_matter::metadata(&version)
}

/// Tokens of o200k. A tokenizer takes long for one endless word, so each line is counted alone.
pub(crate) fn tokens(text: &str) -> usize {
    static TOKENIZER: OnceLock<tiktoken_rs::CoreBPE> = OnceLock::new();
    let tokenizer = TOKENIZER.get_or_init(|| tiktoken_rs::o200k_base().unwrap());
    text.lines()
        .map(|line| tokenizer.encode_ordinary(line).len() + 1)
        .sum()
}

/// The front matter reads, and the body is within its tokens. Gives both.
pub(crate) fn checked(text: &str) -> (FrontMatter, String) {
    let page = front_matter::read(text).unwrap();
    assert_eq!(page.odd, [], "{text}");
    let count = tokens(page.body);
    assert!(count < MOST_TOKENS, "{count} tokens\n{}", page.body);
    (page.front, page.body.to_owned())
}
