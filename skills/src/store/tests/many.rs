//! Stamps, names of versions, and a store of many skills.

use super::*;

#[test]
fn a_name_with_a_version_is_read() {
    let named = |text| Named::parse(text).map(|named| (named.name.to_string(), named.version));
    assert_eq!(named("triage"), Some(("triage".to_owned(), None)));
    assert_eq!(named("triage@12"), Some(("triage".to_owned(), Some(12))));
    for other in [
        "triage@",
        "triage@0",
        "triage@01",
        "triage@+1",
        "a@b@1",
        "a.ts",
        "./a",
        "",
        ".",
    ] {
        assert_eq!(named(other), None, "{other}");
    }
}

#[test]
fn a_list_of_many_skills_reads_one_file_of_each() {
    let (_dir, store) = store();
    saved(&store, &draft("skill", "1"));
    let mut current = store.current(&name("skill")).unwrap();
    store.writer().unwrap().remove(&name("skill")).unwrap();
    for number in 0..10_000 {
        current.name = name(&format!("skill-{number}"));
        let home = store.home(&current.name);
        fs::create_dir(&home).unwrap();
        fs::write(home.join(CURRENT), sealed::write(&current).unwrap()).unwrap();
    }
    let began = Instant::now();
    let listed = store.list().unwrap();
    let took = began.elapsed();
    assert_eq!(listed.iter().filter(|skill| skill.is_ok()).count(), 10_000);
    eprintln!("10,000 skills: {took:?}");
    // The target is 50 ms, of a release build on an idle machine.
    assert!(took.as_millis() < 3_000, "{took:?}");
}

#[test]
fn every_change_of_a_skill_changes_the_stamp() {
    let (_dir, store) = store();
    let mut last = store.stamp();
    let pause = || std::thread::sleep(std::time::Duration::from_millis(30));
    for change in ["save", "save again", "rollback", "remove"] {
        pause();
        let writer = store.writer().unwrap();
        match change {
            "rollback" => drop(writer.set_current(&name("triage"), 1).unwrap()),
            "remove" => writer.remove(&name("triage")).unwrap(),
            change => drop(writer.save(&draft("triage", change)).unwrap()),
        }
        assert_ne!(store.stamp(), last, "{change}");
        last = store.stamp();
    }
}
