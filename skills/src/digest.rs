//! Digests of files: of each, and of all together.

use std::collections::BTreeMap;

use blake3::{Hash, Hasher};

use crate::path::SkillPath;

/// The files of a skill, in the order of their paths.
pub type Files = BTreeMap<SkillPath, Vec<u8>>;

/// BLAKE3 over the list of all files in the order of their paths: the length of the path, the path, the length of the
/// file, and its bytes. Lengths are 64 bits, little-endian. So no two lists have the same bytes.
pub(crate) fn all<'a>(files: impl Iterator<Item = (&'a SkillPath, &'a Vec<u8>)>) -> Hash {
    let mut hasher = Hasher::new();
    let mut piece = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for (path, bytes) in files {
        piece(path.as_str().as_bytes());
        piece(bytes);
    }
    hasher.finalize()
}

/// The digest that `SKILL.md` names as `mcp-host.digest`: over all files but `SKILL.md` and `references/REFERENCE.md`,
/// which are written from the others, and but recorded runs, which no installed copy has.
#[must_use]
pub fn contents(files: &Files) -> Hash {
    let written = [SkillPath::skill_md(), SkillPath::reference_md()];
    let is_content = |path: &SkillPath| !written.contains(path) && !path.is_example();
    all(files.iter().filter(|(path, _)| is_content(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter()
            .map(|(path, text)| (SkillPath::known(path), text.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn what_moves_between_path_and_file_is_another_list() {
        let a = files(&[("a", "bc"), ("d", "")]);
        let b = files(&[("ab", "c"), ("d", "")]);
        let c = files(&[("a", "b"), ("c", "d")]);
        assert_ne!(all(a.iter()), all(b.iter()));
        assert_ne!(all(a.iter()), all(c.iter()));
        assert_eq!(all(a.iter()), all(a.clone().iter()));
    }

    #[test]
    fn the_digest_of_the_contents_leaves_out_what_is_written_from_them() {
        let mut with = files(&[("scripts/a.ts", "1"), ("assets/x", "2")]);
        let without = contents(&with);
        with.insert(SkillPath::skill_md(), b"# A".to_vec());
        with.insert(SkillPath::reference_md(), b"# B".to_vec());
        with.insert(SkillPath::example(1), b"{}".to_vec());
        assert_eq!(contents(&with), without);
        with.insert(SkillPath::input_schema(), b"{}".to_vec());
        assert_ne!(contents(&with), without);
    }
}
