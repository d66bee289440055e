//! The SKILL.md of a saved skill: what it is for, how it is run, what goes in and comes out, what it may call. An agent
//! without MCP needs nothing else. Runs nothing, and trusts no text that it is given.

mod schema;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use mcp_bridge::text::json as escaped;
use mcp_codegen::Tool;
use mcp_search::words_of;
use serde_json::{Value, json};

use crate::effect::Effect;
use crate::front_matter::{FrontMatter, LONGEST_COMPATIBILITY, LONGEST_DESCRIPTION};
use crate::markdown::{code, code_cell, fenced, inline, one_line, sentence};
use crate::name::Name;
use crate::redact::{self, HIDDEN};
use crate::room::{Lines, counted, fitted};

pub use schema::{Described, Source};
pub(crate) use schema::{long, sample, table};

/// The most words by which a skill is found.
const MOST_WORDS: usize = 16;

/// The heading of the part about the input, which [`crate::validate`] looks for.
pub(crate) const INPUT: &str = "Input";
/// The same of the output.
pub(crate) const OUTPUT: &str = "Output";
/// The same of the tools.
pub(crate) const TOOLS: &str = "Tools that it may call";

/// What is known of a skill.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Its name.
    pub name: &'a Name,
    /// What it does and when to use it, in the words of its author.
    pub description: &'a str,
    /// Its licence.
    pub license: Option<&'a str>,
    /// What it needs; `None`: mcp-host and the servers of its tools.
    pub compatibility: Option<&'a str>,
    /// What stands under `metadata`: [`crate::front_matter::ENTRY`] and the others.
    pub metadata: &'a BTreeMap<String, String>,
    /// The words by which it, or its tools, were found. Without any, they are those of its name and its tools.
    pub words: &'a [String],
    /// What goes in.
    pub input: Option<Described<'a>>,
    /// What comes out.
    pub output: Option<Described<'a>>,
    /// The tools that it may call.
    pub tools: &'a [Used<'a>],
    /// A run of it.
    pub example: Option<Example<'a>>,
}

/// A tool that a skill may call.
#[derive(Debug, Clone, Copy)]
pub struct Used<'a> {
    /// The name of the server in the configuration.
    pub server: &'a str,
    /// The name of the tool.
    pub name: &'a str,
    /// What the server said of it; `None`: it was not there.
    pub definition: Option<&'a Tool>,
}

/// Input and output of a run. Secrets in them are hidden, and what is long is cut.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    /// What went in.
    pub input: &'a Value,
    /// What came out.
    pub output: &'a Value,
    /// The id of the run.
    pub run: Option<&'a str>,
}

/// The text of the SKILL.md.
#[must_use]
pub fn skill_md(facts: &Facts<'_>) -> String {
    let mut out = front(facts).to_string();
    let description = fitted(&inline(&redact::start(facts.description), 4_096), 400);
    let _ = write!(out, "\n# {}\n\n{description}\n", facts.name);
    when(&mut out, facts);
    how(&mut out, facts);
    let missing = "Nothing is known of it: the skill declares no schema, and no run was looked at.";
    for (title, described, rooms) in [
        (INPUT, facts.input, [500, 450]),
        (OUTPUT, facts.output, [400, 350]),
    ] {
        let _ = write!(out, "\n## {title}\n\n");
        match described {
            Some(described) => table(&mut out, &described, title == INPUT, rooms),
            None => {
                let _ = writeln!(out, "{missing}");
            }
        }
    }
    tools(&mut out, facts.tools);
    if let Some(example) = &facts.example {
        run(&mut out, example);
    }
    out.push_str("\n[references/REFERENCE.md](references/REFERENCE.md) has the whole schemas, and the declaration of each tool.\n");
    out
}

/// The front matter, without what hides and within the lengths of agentskills.io.
pub(crate) fn front(facts: &Facts<'_>) -> FrontMatter {
    let needs = || {
        let servers: Vec<String> = distinct(facts.tools.iter().map(|used| used.server));
        let with = match servers.is_empty() {
            true => String::new(),
            false => format!(
                ", and the MCP servers {} in its configuration",
                servers.join(", ")
            ),
        };
        format!("Needs mcp-host{with}.")
    };
    let compatibility = facts.compatibility.map_or_else(needs, str::to_owned);
    FrontMatter {
        name: facts.name.clone(),
        description: plain(facts.description, LONGEST_DESCRIPTION)
            .unwrap_or_else(|| format!("Runs the saved skill {}.", facts.name)),
        license: facts.license.and_then(|text| plain(text, 200)),
        compatibility: plain(&compatibility, LONGEST_COMPATIBILITY),
        metadata: facts.metadata.clone(),
    }
}

/// Text of at most so many characters for the front matter, which agents put into their prompts between tags: no
/// character in it begins or ends one.
pub(crate) fn plain(text: &str, most: usize) -> Option<String> {
    let line = one_line(&redact::hidden(text), most * 4);
    let mut out: String = line
        .chars()
        .map(|char| match char {
            '<' => '‹',
            '>' => '›',
            char => char,
        })
        .take(most)
        .collect();
    if line.chars().count() > most {
        out.pop();
        out.push('…');
    }
    (!out.is_empty()).then_some(out)
}

fn distinct<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let texts = texts.filter(|text| seen.insert(*text));
    texts.map(|text| one_line(text, 64)).collect()
}

fn when(out: &mut String, facts: &Facts<'_>) {
    let _ = write!(out, "\n## When to use it\n\n");
    let words = match facts.words.is_empty() {
        true => own_words(facts),
        false => facts
            .words
            .iter()
            .map(|word| one_line(&redact::start(word), 40))
            .collect(),
    };
    let words = words
        .iter()
        .map(|word| inline(word, 40))
        .filter(|word| !word.is_empty());
    let words: Vec<String> = words.take(24).collect();
    if !words.is_empty() {
        let _ = writeln!(
            out,
            "- Words that find it: {}.",
            fitted(&words.join(", "), 120)
        );
    }
    let _ = writeln!(
        out,
        "- It is one call instead of several, and only its result comes back."
    );
}

/// The words of the name, of the tools and of the description that say what it is about.
fn own_words(facts: &Facts<'_>) -> Vec<String> {
    let tools = facts.tools.iter().take(24).map(|used| used.name);
    let texts = [facts.name.as_str()]
        .into_iter()
        .chain(tools)
        .chain([facts.description]);
    telling(texts)
}

/// The words of these texts that say what they are about, each once.
pub(crate) fn telling<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts
        .flat_map(|text| words_of(text, 400))
        .filter(|word| !word.is_common && !word.is_verb && word.text.len() > 2)
        .filter(|word| seen.insert(word.stem.clone()))
        .map(|word| word.text)
        .take(MOST_WORDS)
        .collect()
}

fn how(out: &mut String, facts: &Facts<'_>) {
    let input = input(facts);
    let text = escaped(&input.to_string()).replace('\'', "'\\''");
    let _ = write!(out, "\n## How to run it\n\nIn a shell:\n\n");
    fenced(
        out,
        "sh",
        &format!("mcp-host run {} --input '{text}'", facts.name),
    );
    let call = json!({"skill": facts.name.as_str(), "input": input}).to_string();
    let _ = write!(
        out,
        "\nOver MCP, where `mcp-host serve` is connected, with its tool `run_script`:\n\n"
    );
    fenced(out, "json", &escaped(&call));
    let _ = write!(
        out,
        "\nThe result goes to stdout. Exit code 7: a call waits for the user (`mcp-host approve`). Exit code 5: a tool has \
         changed since the skill was saved (`mcp-host skill retest {}`).\n",
        facts.name
    );
}

/// An input to show: that of the example, if it is short and hides nothing, or one that fits the schema.
fn input(facts: &Facts<'_>) -> Value {
    if let Some(example) = &facts.example {
        let shown = redact::shown(example.input, 100);
        if !shown.is_cut
            && !shown.text.contains(HIDDEN)
            && let Ok(value) = serde_json::from_str(&shown.text)
        {
            return value;
        }
    }
    match &facts.input {
        Some(described) => sample(described.schema, 100),
        None => json!({}),
    }
}

fn tools(out: &mut String, tools: &[Used<'_>]) {
    let _ = write!(out, "\n## {TOOLS}\n\n");
    if tools.is_empty() {
        out.push_str(
            "None. `mcp-host inspect` shows whether it keeps state, or reads and writes files that a user grants.\n",
        );
        return;
    }
    out.push_str(
        "These and no others. The effects are what the servers say of their tools (annotations): hints, which nothing \
         verifies. Policy decides about each call.\n\n| Tool | Effect | What it does |\n|---|---|---|\n",
    );
    let mut lines = Lines::new(600);
    for used in tools {
        if lines.skips() {
            continue;
        }
        let name = code_cell(&format!("{}/{}", used.server, used.name));
        let (effect, about) = match used.definition {
            Some(tool) => (Effect::of(&tool.annotations), what(tool, 120)),
            None => (Effect::Unsaid, String::new()),
        };
        lines.push(&format!("| {name} | {} | {about} |", effect.words()));
    }
    let (lines, missing) = lines.finish();
    out.push_str(&lines);
    if missing > 0 {
        let more = counted(missing, "more tool");
        let _ = write!(
            out,
            "\n{more}: see [the reference](references/REFERENCE.md).\n"
        );
    }
}

/// What a tool does, in one sentence of the server's.
pub(crate) fn what(tool: &Tool, most: usize) -> String {
    let annotated = tool.annotations.title.as_deref();
    let texts = [
        tool.description.as_deref(),
        tool.title.as_deref(),
        annotated,
    ];
    let sentences = texts
        .into_iter()
        .flatten()
        .map(|text| sentence(&redact::start(text), most));
    let text = sentences.into_iter().find(|text| !text.is_empty());
    text.map_or_else(String::new, |text| inline(&text, most + 4))
}

fn run(out: &mut String, example: &Example<'_>) {
    let run = example
        .run
        .map_or_else(String::new, |run| format!(" {}", code(run)));
    let input = redact::shown(example.input, 300);
    let output = redact::shown(example.output, 450);
    let cut = match input.is_cut || output.is_cut {
        true => ", and what is long is cut: `…` says how much",
        false => "",
    };
    let _ = write!(
        out,
        "\n## Example\n\nInput and output of the run{run}. Secrets read `{HIDDEN}`{cut}.\n\n"
    );
    fenced(out, "json", &input.text);
    out.push('\n');
    fenced(out, "json", &output.text);
}
