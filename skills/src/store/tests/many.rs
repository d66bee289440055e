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
fn a_list_of_many_skills_has_each_in_its_place_and_says_which_are_damaged() {
    let (_dir, store) = store();
    saved(&store, &draft("skill", "1"));
    let mut current = store.current(&name("skill")).unwrap();
    store.writer().unwrap().remove(&name("skill")).unwrap();
    let number = |number: usize| name(&format!("skill-{number:04}"));
    for at in 0..2_000 {
        current.name = number(at);
        let home = store.home(&current.name);
        fs::create_dir(&home).unwrap();
        fs::write(home.join(CURRENT), sealed::write(&current).unwrap()).unwrap();
    }
    let file = |at| store.home(&number(at)).join(CURRENT);
    fs::write(file(7), "x").unwrap();
    fs::remove_file(file(1_200)).unwrap();
    fs::remove_file(file(1_900)).unwrap();
    std::os::unix::fs::symlink(file(1), file(1_900)).unwrap();
    // Another one's place, by a link: it is no skill of that name.
    fs::remove_dir_all(store.home(&number(1_950))).unwrap();
    std::os::unix::fs::symlink(store.home(&number(1)), store.home(&number(1_950))).unwrap();
    let listed = store.list().unwrap();
    assert_eq!(listed.len(), 1_999);
    for (at, skill) in listed.iter().enumerate() {
        let at = if at < 1_950 { at } else { at + 1 };
        let damage = match skill {
            Ok(skill) => {
                assert_eq!(skill.name, number(at));
                None
            }
            Err(StoreError::Damaged { name, damage, .. }) => {
                assert_eq!(*name, number(at));
                Some(*damage)
            }
            Err(error) => panic!("{error}"),
        };
        let expected = match at {
            7 => Some(Damage::Changed),
            1_200 => Some(Damage::Missing),
            1_900 => Some(Damage::NotRegular),
            _ => None,
        };
        assert_eq!(damage, expected, "{at}");
    }
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
