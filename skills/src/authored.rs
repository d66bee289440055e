//! Documents that an author wrote: taken out of the files of a directory, and kept as they are. Writes none.

use mcp_bridge::text::short;

use crate::digest::Files;
use crate::front_matter::{AUTHOR, DIGEST, Fault, FrontMatter, read};
use crate::path::SkillPath;

/// The documents of an author. What this program wrote is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authored {
    /// The front matter of `SKILL.md`, and the text below it.
    pub page: Option<(FrontMatter, String)>,
    /// `references/REFERENCE.md`.
    pub reference: Option<Vec<u8>>,
}

/// Takes both documents out of the files. Those that this program wrote are dropped: they are written again.
///
/// # Errors
///
/// When `SKILL.md` has no reading, with the place.
pub fn authored(files: &mut Files) -> Result<Authored, Fault> {
    let reference = files.remove(&SkillPath::reference_md());
    let Some(bytes) = files.remove(&SkillPath::skill_md()) else {
        return Ok(Authored {
            page: None,
            reference,
        });
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        Fault {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: 1,
            what: "it is no UTF-8".to_owned(),
            hint: "save it as UTF-8",
        }
    })?;
    let page = read(&text)?;
    let metadata = &page.front.metadata;
    let authors = metadata.get(AUTHOR).map(String::as_str);
    let is_authors = |path: &SkillPath| match (metadata.contains_key(DIGEST), authors) {
        (false, _) => true,
        (true, None) => false,
        (true, Some(paths)) => paths.split(' ').any(|of| of == path.as_str()),
    };
    Ok(Authored {
        reference: reference.filter(|_| is_authors(&SkillPath::reference_md())),
        page: is_authors(&SkillPath::skill_md())
            .then(|| (page.front.clone(), page.body.to_owned())),
    })
}

impl Authored {
    /// The value of [`AUTHOR`]; `None`: this program writes both.
    pub(crate) fn names(&self) -> Option<String> {
        let page = self.page.as_ref().map(|_| SkillPath::skill_md());
        let reference = self.reference.as_ref().map(|_| SkillPath::reference_md());
        let names: Vec<_> = page
            .iter()
            .chain(&reference)
            .map(SkillPath::as_str)
            .collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// What the author has under `metadata`, without what is this program's.
    pub(crate) fn metadata(&self) -> impl Iterator<Item = (String, String)> {
        let metadata = self.page.iter().flat_map(|(front, _)| &front.metadata);
        metadata
            .filter(|(key, _)| !key.starts_with(OURS))
            .map(|(key, value)| (short(key, 200).into_owned(), value.clone()))
    }
}

/// What all keys of this program begin with.
const OURS: &str = "mcp-host.";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn files(skill_md: &str) -> Files {
        [
            (SkillPath::skill_md(), skill_md.as_bytes().to_vec()),
            (SkillPath::reference_md(), b"# R\n".to_vec()),
            (SkillPath::tools(), b"[]".to_vec()),
        ]
        .into_iter()
        .collect()
    }

    fn page(metadata: &str) -> String {
        format!("---\nname: a\ndescription: A b.\n{metadata}---\n\n# A\n")
    }

    #[test]
    fn what_an_author_wrote_is_kept_and_what_this_program_wrote_is_not() {
        let ours = "metadata:\n  mcp-host.digest: \"0\"\n";
        let half = "metadata:\n  mcp-host.author: SKILL.md\n  mcp-host.digest: \"0\"\n";
        for (metadata, has_page, has_reference) in
            [("", true, true), (ours, false, false), (half, true, false)]
        {
            let mut files = files(&page(metadata));
            let authored = authored(&mut files).unwrap();
            assert_eq!(authored.page.is_some(), has_page, "{metadata}");
            assert_eq!(authored.reference.is_some(), has_reference, "{metadata}");
            assert_eq!(files.len(), 1, "{metadata}");
        }
        let mut none = Files::new();
        assert_eq!(authored(&mut none), Ok(Authored::default()));
    }

    #[test]
    fn a_document_without_a_reading_is_a_fault_with_its_place() {
        let fault = |bytes: &[u8]| {
            let mut files: Files = [(SkillPath::skill_md(), bytes.to_vec())].into();
            authored(&mut files).unwrap_err()
        };
        assert_eq!(fault(b"# A\n").line, 1);
        assert_eq!(fault(b"---\nname: \xff\n---\n").line, 2);
    }
}
