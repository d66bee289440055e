//! `timeout` of other clients, which count it in different units.

use super::*;

/// What the entry of a server becomes: its time for a call and the key that sets it, and what is said of `timeout`.
fn read(entry: &str) -> (Duration, &'static str, Vec<String>) {
    let text = format!("{{\"mcpServers\": {{\"s\": {{\"command\": \"c\", {entry}}}}}}}");
    let (config, notices) = Config::read(&text, Path::new("mcp.json")).unwrap();
    let server = config.server("s").unwrap();
    let said = notices.into_iter().filter(|notice| !notice.quiet);
    let said = said.map(|notice| format!("{}: {}", notice.key.unwrap_or_default(), notice.message));
    (
        server.tool_timeout,
        server.timeout_keys.tool,
        said.chain(server.doubtful_timeout()).collect(),
    )
}

#[test]
fn timeout_in_seconds_or_milliseconds_is_read_and_the_reading_is_said() {
    let units = "some clients count it in seconds, and some in milliseconds; `tool_timeout_sec` beside it is in seconds \
                 and counts instead";
    for (entry, seconds) in [
        ("\"timeout\": 2", 2.0),
        ("\"timeout\": 2000", 2.0),
        ("\"timeout\": 1500", 1.5),
        ("\"timeout\": 1500, \"alwaysAllow\": []", 1500.0),
        ("\"timeout\": 5000, \"autoApprove\": []", 5.0),
    ] {
        let (time, key, said) = read(entry);
        assert_eq!(time, Duration::from_secs_f64(seconds), "{entry}");
        assert_eq!(key, "timeout");
        let expected = format!("read as {seconds} s for each call: {units}");
        assert_eq!(said, [expected]);
    }
}

#[test]
fn own_key_counts_and_leaves_nothing_to_say() {
    for entry in [
        "\"timeout\": 2000, \"tool_timeout_sec\": 7",
        "\"tool_timeout_sec\": 7",
    ] {
        let (time, key, said) = read(entry);
        assert_eq!((time, key), (Duration::from_secs(7), "tool_timeout_sec"));
        assert_eq!(said, [""; 0]);
    }
}

#[test]
fn timeout_that_is_no_time_costs_itself_alone() {
    let own = "`tool_timeout_sec` is the time in seconds";
    for (entry, why) in [
        ("\"timeout\": 0", "`0` is not a number of seconds above 0"),
        ("\"timeout\": -1", "`-1` is not a number of seconds above 0"),
        ("\"timeout\": \"30s\"", "found a string, expected a number"),
    ] {
        let (time, key, said) = read(entry);
        assert_eq!((time, key), (Duration::from_secs(60), "tool_timeout_sec"));
        assert_eq!(said, [format!("timeout: ignored: {why}; {own}")]);
    }
}
