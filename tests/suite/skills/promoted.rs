//! A run that finished becomes a skill.

use super::*;

/// A host on which the script ran and was kept, and the id of the run.
fn ran() -> (Host, String) {
    let host = host();
    host.settings("[runs]\nkeep = \"all\"\n");
    let ran = run(&host, "triage.ts");
    assert_eq!(ran.stdout, "seen: a\n", "{}", ran.stderr);
    let runs = json_of(&host, &["runs", "list"]);
    let id = runs[0]["run"].as_str().unwrap().to_owned();
    // What was kept is what is saved, whatever the file is now.
    host.file("triage.ts", "export default 'other'");
    (host, id)
}

#[test]
fn the_exact_source_of_a_run_is_saved_after_it_was_shown() {
    let (host, id) = ran();
    let save = ["skill", "save", &id, "--name", "triage"];
    // In a pipe there is no one to ask.
    let asked = host.run(&save);
    asked.fails_with(
        2,
        &[
            &format!("from run {id}, a script"),
            "   2 | import { wait } from \"mcp:fake\";",
            "it may call\n  fake/wait  reads",
            "stdin is no terminal: skill `triage` is not saved",
            "pass `--yes`",
        ],
    );
    assert_eq!(json_of(&host, &["skill", "list"]), json!([]));
    let saved = json_of(&host, &[&save[..], &["--yes"]].concat());
    assert_eq!(saved["version"], 1);
    let shown = json_of(&host, &["skill", "show", "triage"]);
    assert_eq!(shown["origin"], json!({ "run": id }));
    assert_eq!(run(&host, "triage").stdout, "seen: a\n");
    let document = std::path::Path::new(saved["directory"].as_str().unwrap()).join("SKILL.md");
    let document = std::fs::read_to_string(document).unwrap();
    for line in [
        "name: triage",
        "  mcp-host.entry: \"scripts/triage.ts\"",
        "  mcp-host.imports: \"fake/wait\"",
        "  mcp-host.version: \"1\"",
    ] {
        assert!(document.lines().any(|found| found == line), "{document}");
    }
}

#[test]
fn a_skill_that_only_reads_is_tested_on_its_servers() {
    let (host, id) = ran();
    let save = ["skill", "save", &id, "--name", "triage", "--yes"];
    assert_eq!(host.run(&save).code, Some(0));
    let test = ["skill", "test", "triage", "--live"];
    let tested = host.run(&test);
    assert_eq!(
        (tested.code, tested.stdout.as_str()),
        (
            Some(0),
            "assets/examples/1.jsonl  finished with the same result\n"
        ),
        "{}",
        tested.stderr
    );
    assert_eq!(calls(&host), 2);
    host.settings("[policy]\nask = [\"fake/*\"]\n");
    host.run(&test)
        .fails_with(2, &["did not run: the policy asks about its calls"]);
    host.settings("");
    let mut writes = tool();
    writes["annotations"] = json!({});
    define(&host, &writes);
    host.run(&test)
        .fails_with(5, &["skill `triage@1` did not run"]);
    let again = ["skill", "retest", "triage", "--yes"];
    assert_eq!(host.run(&again).code, Some(0));
    host.run(&test).fails_with(
        2,
        &["`triage@2` did not run: fake/wait may change something"],
    );
    assert_eq!(calls(&host), 2);
}

#[test]
fn the_recorded_run_is_repeated_without_a_server() {
    let (host, id) = ran();
    let save = ["skill", "save", &id, "--name", "triage", "--yes"];
    assert_eq!(host.run(&save).code, Some(0));
    std::fs::remove_file(host.dir.path().join("mcp.json")).unwrap();
    let tested = host.run(&["skill", "test", "triage"]);
    assert_eq!(
        (tested.code, tested.stdout.as_str()),
        (Some(0), "assets/examples/1.jsonl  the same\n"),
        "{}",
        tested.stderr
    );
    assert_eq!(calls(&host), 1);
    // Another version with the same example, which does something else.
    host.file("triage.ts", SCRIPT.replace("seen: ", "other: "));
    let dir = host.dir.path().join("copy/scripts");
    std::fs::create_dir_all(dir.parent().unwrap().join("assets/examples")).unwrap();
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::rename(host.dir.path().join("triage.ts"), dir.join("triage.ts")).unwrap();
    std::fs::copy(
        stored(&host, "1/triage/assets/examples/1.jsonl"),
        host.dir.path().join("copy/assets/examples/1.jsonl"),
    )
    .unwrap();
    let config = super::host();
    let config = config.dir.path().join("mcp.json");
    let add = ["skill", "add", "copy", "--name", "triage", "--config"];
    let added = host.run(&[&add[..], &[config.to_str().unwrap()]].concat());
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    let tested = host.run(&["skill", "test", "triage@2"]);
    assert_eq!(tested.code, Some(1), "{}", tested.stdout);
    assert!(tested.stdout.contains("other: a"), "{}", tested.stdout);
    // Nor is there anything to repeat where no run was kept.
    let save = [&save[..], &["--no-example"]].concat();
    assert_eq!(host.run(&save).code, Some(0));
    host.run(&["skill", "test", "triage"])
        .fails_with(2, &["skill `triage` has no recorded run to repeat"]);
}

#[test]
fn decisions_are_shown_and_hold_for_that_run_alone() {
    let host = host();
    host.settings("[policy]\nask = [\"fake/*\"]\n");
    let paused = run(&host, "triage.ts");
    assert_eq!(paused.code, Some(7), "{}", paused.stderr);
    let (_, rest) = paused.stderr.split_once("mcp-host approve ").unwrap();
    let id = &rest[..10];
    let save = ["skill", "save", id, "--name", "triage"];
    host.run(&save)
        .fails_with(2, &["did not finish: it is paused"]);
    assert_eq!(host.run(&["approve", id, "--once"]).code, Some(0));
    let ran = host.run(&[&["run", "triage.ts", "--resume", id][..]].concat());
    assert_eq!(ran.stdout, "seen: a\n", "{}", ran.stderr);
    host.run(&save).fails_with(
        2,
        &["decided in that run, and not for later ones\n  allowed fake/wait, by "],
    );
    assert_eq!(host.run(&[&save[..], &["--yes"]].concat()).code, Some(0));
    // The policy asks again.
    assert_eq!(run(&host, "triage").code, Some(7));
    assert_eq!(calls(&host), 1);
}

#[test]
fn what_did_not_finish_or_is_not_whole_is_not_saved() {
    let host = host();
    host.settings("[runs]\nkeep = \"all\"\n");
    host.run(&["skill", "save", "r_00000000", "--name", "triage"])
        .fails_with(2, &["no run `r_00000000` is kept", "keep = \"all\""]);
    host.run(&["skill", "save", "../runs", "--name", "triage"])
        .fails_with(2, &["`../runs` is not the id of a run"]);
    host.file("fails.ts", "// Fails.\nthrow new Error(\"no\")");
    assert_eq!(host.run(&["run", "fails.ts"]).code, Some(1));
    let runs = json_of(&host, &["runs", "list"]);
    let id = runs[0]["run"].as_str().unwrap();
    host.run(&["skill", "save", id, "--name", "fails", "--yes"])
        .fails_with(2, &["did not finish: it is failed"]);
    // The kept script was changed.
    assert_eq!(run(&host, "triage.ts").code, Some(0));
    let runs = json_of(&host, &["runs", "list"]);
    let id = runs
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["standing"] == "finished");
    let id = id.unwrap()["run"].as_str().unwrap();
    let source = host
        .dir
        .path()
        .join("state/mcp-host/runs")
        .join(id)
        .join("source");
    std::fs::write(source, SCRIPT.replace("seen", "other")).unwrap();
    host.run(&["skill", "save", id, "--name", "triage", "--yes"])
        .fails_with(1, &["as it is now: its BLAKE3 was"]);
    assert_eq!(json_of(&host, &["skill", "list"]), json!([]));
}

#[test]
fn a_recording_with_a_secret_of_a_server_is_not_kept() {
    let host = host();
    host.settings("[runs]\nkeep = \"all\"\n");
    let config = std::fs::read_to_string(host.dir.path().join("mcp.json")).unwrap();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    config["mcpServers"]["fake"]["env"]["GITHUB_TOKEN"] = token.into();
    host.file("mcp.json", config.to_string());
    let input = json!({ "name": token }).to_string();
    let ran = host.run(&["run", "triage.ts", "--input", &input]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let runs = json_of(&host, &["runs", "list"]);
    let id = runs[0]["run"].as_str().unwrap();
    let saved = host.run(&["skill", "save", id, "--name", "triage", "--yes"]);
    assert!(
        saved
            .stderr
            .contains("a secret of one of its servers is in it"),
        "{}",
        saved.stderr
    );
    let mut waiting = vec![host.dir.path().join("data")];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
        } else {
            let text = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(token), "{}", path.display());
        }
    }
}
