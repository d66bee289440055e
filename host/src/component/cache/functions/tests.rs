//! The store of compiled functions: what is found again, and what damage costs.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use redb::ReadableTable as _;

use super::*;

const KEY_OF_USER: [u8; 32] = [7; 32];

fn entries(of: &[(u8, &[u8])]) -> Vec<u8> {
    let known = Functions::passed("/no/such/file".into(), [0; 32]).read();
    for (key, code) in of {
        assert!(known.insert(&[*key; KEY], code.to_vec()));
    }
    known.added()
}

#[test]
fn what_is_kept_is_found_again_and_only_that() {
    let dir = tempfile::tempdir().unwrap();
    let functions = Functions::new(dir.path(), &KEY_OF_USER, MAX_FILE);
    functions.keep(&entries(&[(1, b"one"), (2, b"")]));
    functions.keep(&entries(&[(3, b"three")]));
    let known = functions.read();
    let found = [1, 2, 3, 4].map(|key| known.find(&[key; KEY]));
    let of = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(found, [of("one"), of(""), of("three"), None]);
}

#[test]
fn code_under_another_key_of_the_user_or_in_the_place_of_another_function_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let functions = Functions::new(dir.path(), &KEY_OF_USER, MAX_FILE);
    functions.keep(&entries(&[(1, b"one")]));
    let other = Functions::new(dir.path(), &[8; 32], MAX_FILE).read();
    assert_eq!(other.find(&[1; KEY]), None);
    drop(other);
    let database = Database::open(functions.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(FUNCTIONS).unwrap();
        let value = table.get(&[1; KEY]).unwrap().unwrap().value().to_vec();
        table.insert(&[2; KEY], value.as_slice()).unwrap();
        let mut changed = value.clone();
        *changed.last_mut().unwrap() ^= 1;
        table.insert(&[1; KEY], changed.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let known = functions.read();
    assert_eq!([1, 2].map(|key| known.find(&[key; KEY])), [None, None]);
}

#[test]
fn a_file_that_is_no_store_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let functions = Functions::new(dir.path(), &KEY_OF_USER, MAX_FILE);
    std::fs::write(functions.path(), "planted").unwrap();
    assert_eq!(functions.clone().read().find(&[1; KEY]), None);
    functions.keep(&entries(&[(1, b"one")]));
    assert_eq!(functions.read().find(&[1; KEY]), Some(b"one".to_vec()));
}

#[test]
fn entries_that_are_cut_off_end_the_list() {
    let whole = entries(&[(1, b"one"), (2, b"two")]);
    let lengths = (0..=whole.len()).map(|end| Entries(&whole[..end]).count());
    let first = KEY + 4 + 3;
    let expected = (0..=whole.len()).map(|end| end / first);
    assert!(lengths.eq(expected));
}

#[test]
fn one_component_adds_a_bounded_number_of_bytes() {
    let known = Functions::passed("/no/such/file".into(), [0; 32]).read();
    assert!(known.insert(&[1; KEY], vec![0; MAX_NEW - 100]));
    assert!(!known.insert(&[2; KEY], vec![0; 100]));
    assert!(known.insert(&[3; KEY], vec![0; 10]));
    assert_eq!(Entries(&known.added()).count(), 2);
}

#[test]
fn a_store_that_is_full_is_emptied_and_one_that_holds_nothing_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let functions = Functions::new(dir.path(), &KEY_OF_USER, 4 << 20);
    functions.keep(&entries(&[(1, &[1; 1 << 20])]));
    functions.keep(&entries(&[(2, &[2; 2 << 20])]));
    let known = functions.clone().read();
    let there = [1, 2].map(|key| known.find(&[key; KEY]).is_some());
    drop(known);
    assert_eq!(there, [false, true]);
    assert!(functions.clear().unwrap().is_some());
    assert_eq!(functions.clear().unwrap(), None);
    let none = Functions::new(dir.path(), &KEY_OF_USER, 10);
    none.keep(&entries(&[(1, b"one")]));
    assert!(!none.path().exists());
}

#[test]
fn a_link_in_the_place_of_the_store_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let functions = Functions::new(dir.path(), &KEY_OF_USER, MAX_FILE);
    let elsewhere = dir.path().join("elsewhere");
    std::fs::write(&elsewhere, "mine").unwrap();
    std::os::unix::fs::symlink(&elsewhere, functions.path()).unwrap();
    functions.keep(&entries(&[(1, b"one")]));
    assert_eq!(std::fs::read(&elsewhere).unwrap(), b"mine");
    assert_eq!(functions.read().find(&[1; KEY]), Some(b"one".to_vec()));
}

#[test]
fn a_store_with_any_damage_fails_no_compilation_and_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let functions = Functions::new(dir.path(), &KEY_OF_USER, MAX_FILE);
    let all: Vec<(u8, Vec<u8>)> = (0..200).map(|key| (key, vec![key; 1000])).collect();
    let all: Vec<(u8, &[u8])> = all.iter().map(|(key, code)| (*key, &code[..])).collect();
    functions.keep(&entries(&all));
    let whole = std::fs::read(functions.path()).unwrap();
    let mut random: u64 = 1;
    let mut next = |below: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % below
    };
    for round in 0..120 {
        let mut damaged = whole.clone();
        // Most of the file is code, and redb's own pages are few: the damage is in its first pages every other time.
        let place = if round % 2 == 0 { 8192 } else { damaged.len() };
        for _ in 0..=next(40) {
            let at = next(place);
            damaged[at] = u8::try_from(next(256)).unwrap();
        }
        if round % 5 == 0 {
            damaged.truncate(next(whole.len()));
        }
        std::fs::write(functions.path(), &damaged).unwrap();
        let known = functions.clone().read();
        for (key, code) in &all {
            let found = known.find(&[*key; KEY]);
            assert!(found.is_none_or(|found| found == *code), "round {round}");
        }
        drop(known);
        // A compiler is a process of its own: its locks end with it, also where redb panicked.
        std::fs::remove_file(functions.path()).unwrap();
        std::fs::write(functions.path(), &damaged).unwrap();
        // What cannot be written is gone, and the next compilation keeps its functions.
        let found = (0..2).find_map(|_| {
            functions.keep(&entries(&[(201, b"new")]));
            functions.clone().read().find(&[201; KEY])
        });
        assert_eq!(found, Some(b"new".to_vec()), "round {round}");
    }
}

#[test]
fn a_fifo_or_a_directory_in_the_place_of_the_store_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let functions = Functions::new(dir.path(), &KEY_OF_USER, MAX_FILE);
    let made = std::process::Command::new("mkfifo")
        .arg(functions.path())
        .status()
        .unwrap();
    assert!(made.success());
    assert_eq!(functions.clone().read().find(&[1; KEY]), None);
    functions.keep(&entries(&[(1, b"one")]));
    assert_eq!(
        functions.clone().read().find(&[1; KEY]),
        Some(b"one".to_vec())
    );
    std::fs::remove_file(functions.path()).unwrap();
    std::fs::create_dir(functions.path()).unwrap();
    assert_eq!(functions.clone().read().find(&[1; KEY]), None);
    functions.keep(&entries(&[(1, b"one")]));
}
