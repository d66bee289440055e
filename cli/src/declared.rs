//! Checks the input of a run against the schema that the skill declares, before a server starts. Keeps the schema of
//! each component in a cache, by its digest, so that a run of a known skill asks it nothing. Refuses nothing that the
//! schema does not clearly rule out.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use etcetera::BaseStrategy as _;
use mcp_bridge::named_file;
use mcp_bridge::private_dir::{Others, ensure};
use mcp_host::{DescribeError, Digest, Limits, Skill, conforms, describe_counted};
use serde_json::Value;

use super::exit::Failure;

/// The largest schema that is kept and used, in bytes.
const LARGEST: u64 = 256 << 10;

/// How many schemas are kept. One more removes the others: they are made again when they are needed.
const MOST: usize = 1_000;

/// How long a skill may take to say what it takes, and at most half of its run.
const PATIENCE: Duration = Duration::from_secs(5);

/// The input schema of a component.
pub(crate) enum Declared {
    /// The component was never asked.
    Unknown,
    /// It declares none, or none that can be used.
    Nothing,
    /// JSON Schema.
    Schema(Value),
}

impl Declared {
    /// What is known of a component without running it.
    pub(crate) fn known(digest: &Digest) -> Self {
        let kept =
            dir().and_then(|dir| named_file::read_text(&dir.join(name(digest)), LARGEST).ok());
        kept.map_or(Self::Unknown, |text| Self::read(&text))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Asks a skill that is not known, and remembers its answer. A skill that cannot say what it takes takes anything:
    /// its own error is better than one about `describe`. The limits are those of the run; what the answer takes is no
    /// longer in them.
    pub(crate) async fn or_ask(self, skill: &Skill, limits: &mut Limits) -> Self {
        if !self.is_unknown() {
            return self;
        }
        let mut asked = limits.clone();
        asked.timeout = PATIENCE.min(limits.timeout / 2);
        asked.fuel = limits.fuel / 2;
        let (described, spent) = describe_counted(skill, &asked).await;
        *limits = limits.after(spent.time, spent.fuel);
        let text = match described {
            Ok(description) => description.input_schema.unwrap_or_default(),
            Err(DescribeError::TimedOut(_)) => return Self::Nothing,
            Err(_) => String::new(),
        };
        let text = if text.len() as u64 > LARGEST {
            String::new()
        } else {
            text
        };
        keep(&skill.digest(), &text);
        Self::read(&text)
    }

    fn read(text: &str) -> Self {
        serde_json::from_str(text).map_or(Self::Nothing, Self::Schema)
    }

    /// Whether the skill takes this input.
    pub(crate) fn check(&self, input: &str, skill: &Path) -> Result<(), Failure> {
        let Self::Schema(declared) = self else {
            return Ok(());
        };
        // `input` has checked that it is JSON.
        let Ok(input) = serde_json::from_str(input) else {
            return Ok(());
        };
        conforms(declared, &input).map_err(|misfit| {
            let skill = skill.display();
            let error = anyhow!("skill `{skill}` does not take this input: {misfit}");
            let hint = format!(
                "give it with `--input`; `mcp-host describe {skill}` shows what the skill takes"
            );
            Failure::usage(error).hint(Some(hint))
        })
    }
}

fn dir() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let dir = base.cache_dir().join("mcp-host").join("schemas");
    ensure(&dir, Others::Read).ok()?;
    Some(dir)
}

fn name(digest: &Digest) -> String {
    format!("{digest}.json")
}

/// Without the file, the skill is asked again.
fn keep(digest: &Digest, schema: &str) {
    let kept = || -> anyhow::Result<()> {
        let dir = dir().ok_or_else(|| anyhow!("there is no private cache directory"))?;
        let files = std::fs::read_dir(&dir)?.collect::<Result<Vec<_>, _>>()?;
        if files.len() >= MOST {
            for file in files {
                std::fs::remove_file(file.path())?;
            }
        }
        let mut file = tempfile::NamedTempFile::new_in(&dir)?;
        file.write_all(schema.as_bytes())?;
        file.persist(dir.join(name(digest)))?;
        Ok(())
    };
    if let Err(error) = kept() {
        tracing::debug!(%error, "the input schema of the skill is not kept");
    }
}
