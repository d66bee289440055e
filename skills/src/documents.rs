//! The documents of a version that is about to be saved: from the draft to SKILL.md and REFERENCE.md.

use mcp_codec::definition;
use mcp_codegen::Tool;
use serde_json::Value;

use crate::document::{Described, Example, Facts, Source, Used, skill_md};
use crate::draft::{Draft, ImportedTool, schemas};
use crate::front_matter::metadata;
use crate::learned::learned;
use crate::path::SkillPath;
use crate::reference::reference_md;

/// What is known of a skill besides its draft.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Requests for which it is meant.
    pub requests: &'a [String],
    /// The words by which it, or its tools, were found.
    pub words: &'a [String],
    /// The schema of its result, if it declares one.
    pub output: Option<&'a Value>,
    /// Its runs. The first is the example, and all of them say what goes in and comes out where nothing is declared.
    pub runs: &'a [Example<'a>],
}

/// The digest of the definitions of tools, as [`crate::front_matter::SCHEMAS`] has it.
#[must_use]
pub fn definitions_digest(tools: &[ImportedTool]) -> String {
    schemas(tools).to_hex().to_string()
}

/// SKILL.md and REFERENCE.md of the draft as this version. The schema of the input is the draft's
/// `assets/input.schema.json`, if it has one.
#[must_use]
pub fn documents(draft: &Draft, version: u32, about: &About<'_>) -> [(SkillPath, Vec<u8>); 2] {
    let declared = draft.files.get(&SkillPath::input_schema());
    let declared: Option<Value> = declared.and_then(|bytes| serde_json::from_slice(bytes).ok());
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
    let metadata = metadata(&draft.metadata(version));
    let facts = Facts {
        name: &draft.name,
        description: &draft.description,
        license: draft.license.as_deref(),
        compatibility: draft.compatibility.as_deref(),
        metadata: &metadata,
        requests: about.requests,
        words: about.words,
        input: described(declared.as_ref(), learned_input.as_ref()),
        output: described(about.output, learned_output.as_ref()),
        tools: &tools,
        example: about.runs.first().copied(),
    };
    [
        (SkillPath::skill_md(), skill_md(&facts).into_bytes()),
        (SkillPath::reference_md(), reference_md(&facts).into_bytes()),
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
