//! A replay fails at the first difference and names it; an incomplete recording is rejected.

use mcp_host::{Determinism, RecordingError, replay};
use mcp_tests::{Fake, Setup, guest};
use serde_json::json;

use super::{Recorded, linked_to, recorded, replay_component};

async fn two_calls() -> Recorded {
    recorded(Setup::default().server(Fake::standard()), "two-calls", "{}").await
}

async fn difference(run: &Recorded) -> String {
    match run.replay("two-calls").await {
        Ok(report) => panic!("no difference: {report:?}"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_argument_is_named_with_its_call_and_field() {
    let run = two_calls().await;
    run.edit(|lines| {
        let call = lines.iter_mut().find(|line| line["n"] == 2).unwrap();
        call["arguments"]["name"] = json!("B");
    });
    assert_eq!(
        difference(&run).await,
        r#"call 2 (tool fake/wait) differs from the recording: `arguments.name` was "B", now "b""#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_function_is_a_difference() {
    let run = two_calls().await;
    run.edit(|lines| {
        let call = lines.iter_mut().find(|line| line["n"] == 1).unwrap();
        call["call"] = json!("read-file");
    });
    assert_eq!(
        difference(&run).await,
        r#"call 1 (tool fake/wait) differs from the recording: `call` was "read-file", now "tool""#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_too_many_and_a_call_too_few_are_differences() {
    let run = two_calls().await;
    run.edit(|lines| lines.retain(|line| line["n"] != 2));
    assert_eq!(
        difference(&run).await,
        "call 2 (tool fake/wait) is not in the recording, which ends after call 1"
    );

    let run = two_calls().await;
    run.edit(|lines| {
        let mut call = lines.iter().find(|line| line["n"] == 2).unwrap().clone();
        call["n"] = json!(3);
        call["began"] = json!(3);
        call["ended"] = json!(3);
        lines.insert(lines.len() - 1, call);
    });
    assert_eq!(
        difference(&run).await,
        r#"call 3 (tool fake/wait) of the recording was not made; the run ended before it: finished"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_result_is_named_with_its_field() {
    let run = two_calls().await;
    run.edit(|lines| {
        let call = lines.iter_mut().find(|line| line["n"] == 2).unwrap();
        call["answer"]["result"]["structured"]["name"] = json!("c");
    });
    assert_eq!(
        difference(&run).await,
        r#"the result differs from the recording: `result.names[1]` was "b", now "c""#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_of_fuel_is_a_difference_of_the_same_component_only() {
    let run = two_calls().await;
    run.edit(|lines| lines.last_mut().unwrap()["fuel"] = json!(1));
    assert_eq!(
        difference(&run).await,
        format!(
            "the fuel differs from the recording: `fuel` was 1, now {}",
            run.report.fuel
        )
    );
    // A custom section makes another component of the same code.
    let mut rebuilt = std::fs::read(guest("two-calls")).unwrap();
    rebuilt.extend([0, 2, 1, b'x']);
    let report = replay_component(run.open().unwrap(), &rebuilt).await;
    assert_eq!(report.unwrap().result, run.report.result);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_under_another_limit_has_another_outcome() {
    let run = two_calls().await;
    let recording = run.open().unwrap();
    let linked = linked_to(&recording, &std::fs::read(guest("two-calls")).unwrap());
    let mut limits = recording.limits().clone();
    limits.fuel = 1_000;
    let again = replay(&linked, &recording.into(), &limits, Determinism::default()).await;
    let error = again.err().unwrap();
    assert_eq!(
        error.to_string(),
        "the replay was stopped by a limit: `fuel` is 1_000, and was 20_000_000_000 in the recorded run"
    );
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        source.starts_with("call 1 (tool fake/wait) of the recording was not made"),
        "{source}"
    );
    assert!(source.contains("out-of-fuel"), "{source}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_was_not_recorded_is_refused_before_the_run() {
    let run = two_calls().await;
    let bytes = std::fs::read(guest("typed-sync")).unwrap();
    let skill =
        mcp_host::Skill::load(mcp_tests::engine(), &bytes, Some(mcp_tests::cache())).unwrap();
    let error = run.open().unwrap().catalog(&skill).err().unwrap();
    assert!(
        error.to_string().contains("tool `echo` of server `fake`"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_was_cut_off_anywhere_is_refused() {
    let run = two_calls().await;
    let whole = std::fs::read(run.path()).unwrap();
    for len in 0..whole.len() - 1 {
        std::fs::write(run.path(), &whole[..len]).unwrap();
        let error = run
            .open()
            .err()
            .unwrap_or_else(|| panic!("{len} bytes were accepted"));
        let clear = matches!(
            error,
            RecordingError::CutOff { .. } | RecordingError::Line { .. }
        );
        assert!(clear, "{len} bytes: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_was_changed_anywhere_before_its_end_is_refused() {
    let run = two_calls().await;
    let whole = std::fs::read(run.path()).unwrap();
    let end = whole[..whole.len() - 1]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .unwrap();
    for at in 0..end {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(run.path(), &changed).unwrap();
        assert!(run.open().is_err(), "byte {at} may change");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_format_and_other_files_are_refused_as_what_they_are() {
    let run = two_calls().await;
    run.edit(|lines| lines[0]["mcp-host-recording"] = json!(2));
    assert_eq!(
        run.open().err().unwrap().to_string(),
        "the recording has format 2; this host reads format 1"
    );
    std::fs::write(run.path(), "{}\n").unwrap();
    assert_eq!(
        run.open().err().unwrap().to_string(),
        "line 1 of the recording: not a recording: it has no `mcp-host-recording`; \
         make one with `mcp-host run SKILL --record FILE`"
    );
}
