//! Saved skills: a list of 10,000 of them.

#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use std::fs;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_skills::{Draft, Kind, Origin, SkillPath, Store};

const SKILLS: usize = 10_000;

fn lists(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("skills")).unwrap();
    fill(&store);
    assert_eq!(store.list().unwrap().iter().flatten().count(), SKILLS);
    let mut group = criterion.benchmark_group("skills");
    group.sample_size(20);
    group.bench_function("list of 10,000", |bencher| {
        bencher.iter(|| black_box(store.list().unwrap()));
    });
    group.finish();
}

/// Saves one skill, and writes the file that a list reads of it under the names of the others. To save each takes
/// minutes: every save is brought onto the disk.
fn fill(store: &Store) {
    let description = "Finds issues without an answer, and asks for one where it is missing.";
    let mut draft = Draft::new(
        "skill-0".parse().unwrap(),
        Kind::Script,
        description.to_owned(),
        b"export default 1;".to_vec(),
        Vec::new(),
        Origin::Path("skill.ts".to_owned()),
    );
    draft.files.insert(SkillPath::skill_md(), b"# A".to_vec());
    store.writer().unwrap().save(&draft).unwrap();
    let current = fs::read_to_string(store.path().join("skill-0/current")).unwrap();
    let line = current.lines().next().unwrap();
    for number in 1..SKILLS {
        let name = format!("skill-{number}");
        let line = line.replace("skill-0", &name);
        let seal = blake3::hash(line.as_bytes()).to_hex();
        let home = store.path().join(name);
        fs::create_dir(&home).unwrap();
        fs::write(home.join("current"), format!("{line}\n{seal}\n")).unwrap();
    }
}

criterion_group!(benches, lists);
criterion_main!(benches);
