//! The documents of a version that is about to be saved: from the draft to SKILL.md and REFERENCE.md.

use mcp_codec::definition;
use mcp_codegen::Tool;
use serde_json::Value;

use crate::authored::Authored;
use crate::document::{Described, Example, Facts, Source, Used, front, skill_md, telling};
use crate::draft::{Draft, ImportedTool, schemas};
use crate::front_matter::{AUTHOR, metadata};
use crate::learned::learned;
use crate::path::SkillPath;
use crate::reference::reference_md;

/// What is known of a skill besides its draft.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// What its author wrote of it.
    pub authored: Option<&'a Authored>,
    /// Its runs. The first is the example, and all of them say what goes in and comes out where nothing is declared.
    pub runs: &'a [Example<'a>],
}

/// The words of searches that found the tools of a skill: see [`Draft::words`].
#[must_use]
pub fn words_of_searches(searches: &[String]) -> Vec<String> {
    telling(searches.iter().map(String::as_str))
}

/// The digest of the definitions of tools, as [`crate::front_matter::SCHEMAS`] has it.
#[must_use]
pub fn definitions_digest(tools: &[ImportedTool]) -> String {
    schemas(tools).to_hex().to_string()
}

/// SKILL.md and REFERENCE.md of the draft as this version. The schemas of input and output are the draft's
/// `assets/input.schema.json` and `assets/output.schema.json`, if it has them. The text of an author stays as it is,
/// and its front matter gets what is the version's.
#[must_use]
pub fn documents(draft: &Draft, version: u32, about: &About<'_>) -> [(SkillPath, Vec<u8>); 2] {
    let declared =
        |path: SkillPath| -> Option<Value> { serde_json::from_slice(draft.files.get(&path)?).ok() };
    let input = declared(SkillPath::input_schema());
    let output = declared(SkillPath::output_schema());
    let seen = |of: fn(&Example<'_>) -> Value| {
        let values: Vec<Value> = about.runs.iter().map(of).collect();
        (!values.is_empty()).then(|| learned(&values))
    };
    let learned_input = seen(|run| run.input.clone());
    let learned_output = seen(|run| run.output.clone());
    let runs = about.runs.len();
    let described = |declared, learned| described(declared, learned, runs);
    let definitions: Vec<Tool> = draft
        .tools
        .iter()
        .map(|imported| definition(&imported.tool))
        .collect();
    let tools = draft.tools.iter().zip(&definitions);
    let tools = tools.map(|(imported, tool)| Used {
        server: &imported.server,
        name: &tool.name,
        definition: Some(tool),
    });
    let tools: Vec<Used<'_>> = tools.collect();
    let authored = about.authored.cloned().unwrap_or_default();
    let mut metadata = metadata(&draft.metadata(version));
    metadata.extend(authored.metadata());
    metadata.extend(authored.names().map(|names| (AUTHOR.to_owned(), names)));
    let facts = Facts {
        name: &draft.name,
        description: &draft.description,
        license: draft.license.as_deref(),
        compatibility: draft.compatibility.as_deref(),
        metadata: &metadata,
        words: &draft.words,
        input: described(input.as_ref(), learned_input.as_ref()),
        output: described(output.as_ref(), learned_output.as_ref()),
        tools: &tools,
        example: about.runs.first().copied(),
    };
    let page = match &authored.page {
        Some((_, body)) => format!("{}{body}", front(&facts)),
        None => skill_md(&facts),
    };
    let reference = authored.reference;
    [
        (SkillPath::skill_md(), page.into_bytes()),
        (
            SkillPath::reference_md(),
            reference.unwrap_or_else(|| reference_md(&facts).into_bytes()),
        ),
    ]
}

fn described<'v>(
    declared: Option<&'v Value>,
    learned: Option<&'v Value>,
    runs: usize,
) -> Option<Described<'v>> {
    let declared = declared.map(|schema| Described {
        schema,
        source: Source::Declared,
    });
    declared.or_else(|| {
        learned.map(|schema| Described {
            schema,
            source: Source::Learned { runs },
        })
    })
}
