//! A replay reports the same use of tools as the run.

use serde_json::Value;

use crate::attacks::harness::listed;
use crate::cli::Host;

/// The tools of a report, without what a replay cannot know: times.
fn tools(report: &str) -> Value {
    let mut report: Value = serde_json::from_str(report).unwrap();
    let tools = report["tools"].take();
    let mut tools = tools.as_object().unwrap().clone();
    for tool in tools.values_mut() {
        let tool = tool.as_object_mut().unwrap();
        for key in ["latency", "cache_hits", "cache_misses", "shared"] {
            tool.remove(key);
        }
    }
    tools.into()
}

#[test]
fn a_replay_counts_an_answer_that_is_too_large_as_the_run_did() {
    let host = Host::new();
    listed(&host, r#"{"head":"","unit":"","count":0,"tail":""}"#);
    let skill = mcp_tests::guest("greedy");
    let skill = skill.to_str().unwrap();
    // Each answer is over the limit.
    let input = r#"{"ask":["{\"content\":[{\"type\":\"text\",\"text\":\"","x",60000,"\"}]}",3]}"#;
    let limit = ["--max-transfer", "32KiB", "--format", "json"];
    let run = [
        "run", skill, "--allow", "fake/*", "--input", input, "--record", "r.jsonl",
    ];
    let live = host.run(&[&run[..], &limit].concat());
    let again = host.run(&[&["replay", "r.jsonl", skill][..], &limit].concat());
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let (live, again) = (tools(&live.stdout), tools(&again.stdout));
    assert_eq!(live, again);
    assert_eq!(live["fake/compose"]["calls"], 3, "{live}");
    assert_eq!(live["fake/compose"]["errors"], 3, "{live}");
    assert_eq!(live["fake/compose"]["bytes_out"], 0, "{live}");
}
