//! Instances are charged for their cost, and end with the deadline.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use mcp_tests::Measured;
use serde_json::Value;

use super::{Host, MIB, attack};

/// The memory of a process that loads an engine and runs next to nothing, in bytes.
pub(super) fn idle() -> u64 {
    static IDLE: OnceLock<u64> = OnceLock::new();
    *IDLE.get_or_init(|| {
        let ran = strict(&component("", 1), "1s");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.peak
    })
}

/// A component that instantiates a module with these fields so many times, and exports `f`, which does nothing.
fn component(fields: &str, instances: usize) -> Vec<u8> {
    let mut made = String::new();
    for _ in 0..instances {
        made.push_str("(core instance (instantiate $m))");
    }
    wat::parse_str(format!(
        "(component
            (core module $m {fields})
            {made}
            (core module $f (func (export \"f\")))
            (core instance $f (instantiate $f))
            (func (export \"f\") (canon lift (core func $f \"f\"))))"
    ))
    .unwrap()
}

/// Runs `f` with the strict profile, when it has been compiled.
fn strict(component: &[u8], timeout: &str) -> Measured {
    run(component, &["--profile", "strict", "--timeout", timeout])
}

fn run(component: &[u8], limits: &[&str]) -> Measured {
    let host = Host::new();
    let skill = host.file("a.wasm", component);
    let skill = skill.to_str().unwrap();
    let mut args = vec!["run", skill, "--format", "json", "--invoke", "f()"];
    args.extend(limits);
    attack(&host, &args, Duration::from_secs(60));
    attack(&host, &args, Duration::from_secs(60))
}

/// The report, of a run that stayed within 128 MiB and a tenth of the strict profile.
fn within(ran: &Measured) -> Value {
    assert!(!ran.killed, "it was killed after {:?}", ran.wall);
    let most = 128 * MIB + 128 * MIB / 10 + idle();
    assert!(ran.peak < most, "{} of {most} bytes", ran.peak);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The bound of the deadline tests: 50 ms, and the delay of a busy machine.
fn in_time(report: &Value, deadline: f64) {
    let took = report["time"]["run_ms"].as_f64().unwrap();
    assert!(took < deadline + 50.0 + 100.0, "{took} ms");
}

fn globals(count: usize) -> String {
    "(global i64 (i64.const 0))".repeat(count)
}

#[test]
fn globals_are_memory_of_the_run() {
    // 100 times 90,000 globals of 16 bytes are 144 MB.
    let ran = strict(&component(&globals(90_000), 99), "1s");
    let report = within(&ran);
    assert_eq!(report["outcome"], "out-of-memory", "{report}");
    assert_eq!(report["quota"], "memory", "{report}");
    in_time(&report, 0.0);
}

#[test]
fn globals_that_fit_are_in_the_peak() {
    let ran = strict(&component(&globals(10_000), 50), "10s");
    let report = within(&ran);
    assert_eq!(report["outcome"], "finished", "{report}");
    let peak = report["peak_memory"].as_u64().unwrap();
    assert!(peak > 50 * 10_000 * 16, "{peak}");
    assert!(peak < 50 * 10_000 * 17, "{peak}");
}

#[test]
fn globals_and_linear_memory_have_one_limit() {
    let fields = format!("(memory 100) {}", globals(90_000));
    let ran = run(
        &component(&fields, 15),
        &[
            "--profile",
            "strict",
            "--memory",
            "100MiB",
            "--timeout",
            "10s",
        ],
    );
    let report = within(&ran);
    assert_eq!(report["outcome"], "out-of-memory", "{report}");
    let ran = run(
        &component(&fields, 15),
        &[
            "--profile",
            "strict",
            "--memory",
            "120MiB",
            "--timeout",
            "10s",
        ],
    );
    assert_eq!(within(&ran)["outcome"], "finished");
}

#[test]
fn a_million_globals_of_one_module_are_memory_of_the_run() {
    let ran = strict(&component(&globals(1_000_000), 1), "10s");
    let report = within(&ran);
    assert_eq!(report["outcome"], "finished", "{report}");
    let peak = report["peak_memory"].as_u64().unwrap();
    assert!(peak > 16_000_000, "{peak}");
    // Nine of them exceed the memory of the run; none is created.
    let ran = strict(&component(&globals(1_000_000), 9), "1s");
    let report = within(&ran);
    assert_eq!(report["outcome"], "out-of-memory", "{report}");
    in_time(&report, 0.0);
}

#[test]
fn two_million_globals_are_refused_before_they_are_compiled() {
    let fields = globals(700_000);
    let component = wat::parse_str(format!(
        "(component (core module {fields}) (core module {fields}))"
    ))
    .unwrap();
    let ran = strict(&component, "1s");
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stdout.contains("holds more than"), "{}", ran.stdout);
    assert!(ran.peak < 64 * MIB + idle(), "{}", ran.peak);
}

#[test]
fn instantiating_ends_with_the_deadline() {
    // 1,000 instances of 20,000 globals: 20 million things to initialise.
    let ran = run(
        &component(&globals(20_000), 999),
        &["--profile", "permissive", "--timeout", "100ms"],
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["outcome"], "timed-out", "{report}");
    in_time(&report, 100.0);
}

#[test]
fn overlapping_data_is_copied_no_longer_than_the_deadline() {
    // Offsets that are known only at run time keep the compiler from making one image of them.
    let megabyte = "a".repeat(1 << 20);
    let mut fields = String::from("(memory 17) (global $at i32 (i32.const 0))");
    for _ in 0..16 {
        write!(fields, "(data (global.get $at) \"{megabyte}\")").unwrap();
    }
    let ran = run(
        &component(&fields, 99),
        &[
            "--profile",
            "permissive",
            "--memory",
            "512MiB",
            "--timeout",
            "100ms",
        ],
    );
    assert!(!ran.killed);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    in_time(&report, 100.0);
}

#[test]
fn kept_elements_are_memory_of_the_run() {
    // 16 bytes for each of 99 times 100,000 elements.
    let elements = "$f ".repeat(100_000);
    let ran = strict(
        &component(&format!("(func $f) (elem func {elements})"), 99),
        "10s",
    );
    let report = within(&ran);
    assert_eq!(report["outcome"], "out-of-memory", "{report}");
}

#[test]
fn imports_that_every_instance_copies_are_bounded() {
    let mut imports = String::new();
    for _ in 0..20_000 {
        imports.push_str("(import \"g\" \"f\" (func))");
    }
    let instances = "(core instance (instantiate $m (with \"g\" (instance $g))))".repeat(90);
    let component = wat::parse_str(format!(
        "(component
            (core module $g (func (export \"f\")))
            (core instance $g (instantiate $g))
            (core module $m {imports})
            {instances}
            (func (export \"f\") (canon lift (core func $g \"f\"))))"
    ))
    .unwrap();
    let ran = strict(&component, "1s");
    assert!(!ran.killed);
    assert_eq!(ran.code, Some(5), "{} {}", ran.stdout, ran.stderr);
    assert!(ran.peak < 128 * MIB + idle(), "{}", ran.peak);
}

#[test]
fn components_that_instantiate_components_are_counted_each_time() {
    let mut component =
        "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..25 {
        let inner = level - 1;
        component = format!(
            "(component $c{level} {component} (instance (instantiate $c{inner})) (instance (instantiate $c{inner})))"
        );
    }
    let ran = strict(&wat::parse_str(component).unwrap(), "1s");
    assert_eq!(ran.code, Some(5), "{} {}", ran.stdout, ran.stderr);
    assert!(ran.cpu < Duration::from_secs(2), "{:?}", ran.cpu);
    assert!(ran.peak < 64 * MIB + idle(), "{}", ran.peak);
}

#[test]
fn a_dependency_is_charged_for_its_instances_too() {
    let host = Host::new();
    let part = wat::parse_str(format!(
        "(component
            (core module $m {})
            {}
            (core module $f (func (export \"f\")))
            (core instance $f (instantiate $f))
            (func $g (canon lift (core func $f \"f\")))
            (instance $api (export \"g\" (func $g)))
            (export \"a:b/api\" (instance $api)))",
        globals(90_000),
        "(core instance (instantiate $m))".repeat(99)
    ))
    .unwrap();
    let main = wat::parse_str(
        "(component
            (import \"a:b/api\" (instance $api (export \"g\" (func))))
            (core func $g (canon lower (func $api \"g\")))
            (core module $m (import \"\" \"g\" (func $g)) (func (export \"f\") (call $g)))
            (core instance $i (instantiate $m (with \"\" (instance (export \"g\" (func $g))))))
            (func (export \"f\") (canon lift (core func $i \"f\"))))",
    )
    .unwrap();
    let (part, main) = (host.file("part.wasm", part), host.file("main.wasm", main));
    let args = [
        "run",
        main.to_str().unwrap(),
        "--with",
        part.to_str().unwrap(),
        "--profile",
        "strict",
        "--format",
        "json",
        "--invoke",
        "f()",
    ];
    attack(&host, &args, Duration::from_secs(60));
    let ran = attack(&host, &args, Duration::from_secs(60));
    let report = within(&ran);
    assert_ne!(report["outcome"], "finished", "{report}");
}
