//! A decision of a user, as a collector gets it.

use super::*;

#[test]
fn a_decision_of_a_user_is_an_event_and_is_counted() {
    let collector = Collector::start();
    let dir = workplace();
    let settings = dir.path().join("config/mcp-host");
    std::fs::create_dir_all(&settings).unwrap();
    let rules = "[policy]\nask = [\"scripted/echo\"]\n";
    std::fs::write(settings.join("mcp-host.toml"), rules).unwrap();
    let script = "import { echo } from \"mcp:scripted\"; export default await echo({ n: 1 });";
    std::fs::write(dir.path().join("script.ts"), script).unwrap();
    let host = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_mcp-host"))
            .args(args)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .env("XDG_STATE_HOME", dir.path().join("state"))
            .env("XDG_CONFIG_HOME", dir.path().join("config"))
            .env("XDG_CACHE_HOME", root().join("target/test-cache/otlp"))
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address)
            .output()
            .unwrap()
    };
    let paused = stderr(&host(&["run", "script.ts"]));
    let (_, rest) = paused.split_once("mcp-host approve ").unwrap();
    let id = &rest[..10];
    let because = ["approve", id, "--deny", "--because", CANARY];
    assert_eq!(host(&because).status.code(), Some(0));
    let events = collector.events();
    let decision = events
        .iter()
        .find(|event| event.name == "mcp_host.decision");
    let decision = &decision.unwrap().attributes;
    for (key, value) in [
        ("mcp_host.run.id", id),
        ("mcp_host.decision", "denied"),
        ("mcp_host.decision.channel", "command-line"),
        ("gen_ai.tool.name", "echo"),
    ] {
        assert_eq!(decision[key], value, "{decision:?}");
    }
    let points = collector.points();
    let counted = points.iter().filter(|point| {
        let channel = point.attributes.get("mcp_host.decision.channel");
        channel.is_some_and(|channel| channel == "command-line")
    });
    assert_eq!(
        counted.map(|point| point.count).sum::<u64>(),
        1,
        "{points:?}"
    );
    // The words of the user stay here.
    for (_, body) in &collector.requests() {
        assert!(!String::from_utf8_lossy(body).contains(CANARY));
    }
}
