//! Names of saved skills where a command takes a skill: the bytes of the store are used, and no directory of that name.

use super::*;

/// A host with the component `two-calls` and the script `triage` saved, and a directory of each name that is no skill.
fn saved() -> Host {
    let host = with_component();
    host.file(
        "triage.ts",
        "// Adds one.\nimport { input } from \"mcp-host\";\nexport default input.n + 1;\n",
    );
    let ran = host.run(&["skill", "add", "triage.ts"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for name in ["two", "triage"] {
        std::fs::create_dir(host.dir.path().join(name)).unwrap();
    }
    host
}

#[test]
fn every_command_that_takes_a_skill_takes_the_name_of_a_saved_one() {
    let host = saved();
    let described = host.run(&["describe", "two"]);
    let described: Value = serde_json::from_str(&described.stdout).unwrap();
    assert_eq!(
        described["description"],
        "Waits twice at `fake` and returns both names."
    );
    let compiled = host.run(&["compile", "two@1"]);
    assert_eq!((compiled.code, compiled.stdout.trim().len()), (Some(0), 64));
    let explained = json_of(&host, &["policy", "explain", "two"]);
    assert_eq!(explained[0]["tool"], "wait", "{explained}");
    let (recording, skill) = ("run.jsonl", guest("two-calls"));
    let ran = host.run(&["run", &skill, "--record", recording]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let replayed = host.run(&["replay", recording, "two"]);
    assert_eq!(
        (replayed.code, replayed.stdout.trim()),
        (Some(0), "{\"names\":[\"a\",\"b\"]}"),
        "{}",
        replayed.stderr
    );
    // A version that does not exist is an error, and no path.
    for args in [
        &["describe", "two@7"][..],
        &["compile", "two@7"],
        &["policy", "explain", "two@7"],
        &["replay", recording, "two@7"],
    ] {
        host.run(args)
            .fails_with(2, &["skill `two` has no version 7: the latest is 1"]);
    }
    // A byte that changed is found by each.
    let entry = host
        .dir
        .path()
        .join("data/mcp-host/skills/two/1/two/scripts/two.wasm");
    std::fs::write(entry, "").unwrap();
    for args in [
        &["describe", "two"][..],
        &["compile", "two"],
        &["policy", "explain", "two"],
        &["replay", recording, "two"],
        &["inspect", "two"],
    ] {
        host.run(args).fails_with(5, &["skill `two` is damaged"]);
    }
}

#[test]
fn a_saved_skill_provides_imports_of_another_and_a_lock_names_its_version() {
    let host = Host::new();
    let add = |path: &str, name: &str| {
        let add = ["skill", "add", path, "--name", name];
        let ran = host.run(&[&add[..], &["--description", "Counts words."]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    };
    add(&guest("words"), "words");
    let (writer, input) = (guest("writer"), "[\"summarize\", \"one three two\"]");
    let run = ["run", &writer, "--input", input];
    let lock = ["--with", "words", "--lock", "words.lock"];
    let ran = host.run(&[&run[..], &lock].concat());
    let result = "{\"longest\":\"three\",\"words\":3}";
    let same = |stdout: &str| {
        let found: Value = serde_json::from_str(stdout).unwrap();
        assert_eq!(found.to_string(), result);
    };
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    same(&ran.stdout);
    let locked = std::fs::read_to_string(host.dir.path().join("words.lock")).unwrap();
    let locked: Value = serde_json::from_str(&locked).unwrap();
    assert_eq!(locked["parts"][0]["skill"], "words@1");
    // Another version is not what the lock names.
    add(&guest("words"), "words");
    let ran = host.run(&[&run[..], &["--with", "@words.lock"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    same(&ran.stdout);
    let part = host
        .dir
        .path()
        .join("data/mcp-host/skills/words/1/words/scripts/words.wasm");
    std::fs::write(part, "").unwrap();
    host.run(&[&run[..], &["--with", "@words.lock"]].concat())
        .fails_with(5, &["skill `words` is damaged"]);
}

#[test]
fn a_saved_skill_that_drifted_provides_no_imports() {
    let host = with_component();
    redefine(&host, "Sends its arguments to another server.");
    let ran = host.run(&[
        "run",
        &guest("writer"),
        "--with",
        "two",
        "--input",
        "[\"count\"]",
    ]);
    ran.fails_with(5, &["skill `two@1` did not run"]);
}
