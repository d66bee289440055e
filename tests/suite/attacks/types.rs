//! Types are bounded as graphs and as trees.

use std::time::Duration;

use mcp_tests::Measured;

use super::instances::idle;
use super::{Host, MIB, attack};

/// A component that exports `functions` functions of a list of a tuple with 2 to the power of `depth` leaves.
fn doubling(depth: usize, functions: usize) -> Vec<u8> {
    let mut types = "(type $t0 (tuple u8 u8))".to_owned();
    for level in 1..depth {
        let inner = level - 1;
        types.push_str(&format!("(type $t{level} (tuple $t{inner} $t{inner}))"));
    }
    exporting(&types, depth - 1, functions)
}

/// Functions that take a list of `$t{last}` of these types.
fn exporting(types: &str, last: usize, functions: usize) -> Vec<u8> {
    let exports: String = (0..functions)
        .map(|n| {
            format!(
                "(func (export \"f{n}\") (param \"a\" $l)
                    (canon lift (core func $i \"f\") (memory (core memory $i \"memory\")) (realloc (core func $i \"r\"))))"
            )
        })
        .collect();
    wat::parse_str(format!(
        "(component {types}
            (type $l (list $t{last}))
            (core module $m
                (memory (export \"memory\") 1)
                (func (export \"f\") (param i32 i32))
                (func (export \"r\") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
            (core instance $i (instantiate $m))
            {exports})"
    ))
    .unwrap()
}

/// Everything that the program does with the types of a component.
fn each(component: &[u8], mut seen: impl FnMut(&str, &Measured)) {
    let host = Host::new();
    let skill = host.file("a.wasm", component);
    let skill = skill.to_str().unwrap();
    for args in [
        vec!["inspect", skill],
        vec!["inspect", skill, "--format", "json"],
        vec!["describe", skill],
        vec!["run", skill, "--invoke", "f0([])"],
    ] {
        let ran = attack(&host, &args, Duration::from_secs(60));
        assert!(!ran.killed, "{args:?} was killed after {:?}", ran.wall);
        assert!(ran.peak < 128 * MIB + idle(), "{args:?}: {}", ran.peak);
        seen(args[0], &ran);
    }
}

#[test]
fn a_type_that_doubles_is_refused_with_its_function_and_the_limit() {
    each(&doubling(17, 1), |command, ran| {
        assert_eq!(ran.code, Some(5), "{command}: {}", ran.stderr);
        assert!(
            ran.stderr
                .contains("the type of function `f0` has more than 20000 parts"),
            "{command}: {}",
            ran.stderr
        );
        assert!(ran.written < 5_000, "{command}: {}", ran.written);
        assert!(ran.cpu < Duration::from_secs(2), "{command}: {:?}", ran.cpu);
    });
}

/// Wasmtime translates a type again at each use, so the compiler must not see these.
#[test]
fn types_are_checked_before_they_are_compiled() {
    let cases: String = (0..1_000).map(|n| format!(" \"c{n}\"")).collect();
    let functions: String = (0..1_000)
        .map(|n| format!("(export \"f{n}\" (func (param \"a\" $e)))"))
        .collect();
    let component = wat::parse_str(format!(
        "(component (import \"a:b/c\" (instance
            (type $t (enum{cases}))
            (export \"e\" (type $e (eq $t)))
            {functions})))"
    ))
    .unwrap();
    let host = Host::new();
    let skill = host.file("a.wasm", &component);
    let ran = attack(
        &host,
        &["compile", skill.to_str().unwrap()],
        Duration::from_secs(60),
    );
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("has more than 20000 parts")
            || ran.stderr.contains("have types of more than"),
        "{}",
        ran.stderr
    );
    assert!(ran.cpu < Duration::from_secs(3), "{:?}", ran.cpu);
}

#[test]
fn types_of_all_functions_together_are_bounded() {
    each(&doubling(12, 20), |command, ran| {
        assert_eq!(ran.code, Some(5), "{command}: {}", ran.stderr);
        assert!(
            ran.stderr
                .contains("the exports of the component have types of more than 50000 parts"),
            "{command}: {}",
            ran.stderr
        );
        assert!(ran.cpu < Duration::from_secs(2), "{command}: {:?}", ran.cpu);
    });
}

#[test]
fn the_largest_types_that_are_taken_cost_little() {
    // 2 to the power of 13 are 16,000 parts: below the limit of one function; three of them are below that of all.
    each(&doubling(13, 3), |command, ran| {
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.stderr);
        assert!(ran.written < 64 * MIB, "{command}: {}", ran.written);
        assert!(ran.cpu < Duration::from_secs(8), "{command}: {:?}", ran.cpu);
    });
}

/// Types that are declared in an interface, as those with names have to be. The last of them is `$t{last}`.
fn interface(types: &[String]) -> String {
    let declared: String = types
        .iter()
        .enumerate()
        .map(|(n, ty)| format!("(type $u{n} {ty}) (export \"t{n}\" (type $t{n} (eq $u{n})))"))
        .collect();
    let last = types.len() - 1;
    format!(
        "(import \"a:b/types\" (instance $types {declared})) (alias export $types \"t{last}\" (type $t{last}))"
    )
}

#[test]
fn records_that_double_by_their_names_are_the_same() {
    let mut types = vec!["(record (field \"a\" u8))".to_owned()];
    for inner in 0..15 {
        types.push(format!(
            "(record (field \"a\" $t{inner}) (field \"b\" $t{inner}))"
        ));
    }
    each(&exporting(&interface(&types), 15, 1), |command, ran| {
        assert_eq!(ran.code, Some(5), "{command}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("more than 20000 parts"),
            "{command}: {}",
            ran.stderr
        );
        assert!(ran.cpu < Duration::from_secs(2), "{command}: {:?}", ran.cpu);
    });
}

#[test]
fn long_labels_count_by_their_length() {
    let cases: String = (0..12)
        .map(|n| format!(" \"{}{n}\"", "c".repeat(60_000)))
        .collect();
    let types = interface(&[format!("(enum {cases})")]);
    each(&exporting(&types, 0, 1), |command, ran| {
        assert_eq!(ran.code, Some(5), "{command}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("more than 20000 parts"),
            "{command}: {}",
            ran.stderr
        );
        assert!(ran.written < 5_000, "{command}: {}", ran.written);
    });
}

#[test]
fn types_as_deep_as_they_may_be_are_taken_or_refused() {
    for depth in [60, 90, 98] {
        let mut types = "(type $t0 (list u8))".to_owned();
        for level in 1..depth {
            let inner = level - 1;
            types.push_str(&format!("(type $t{level} (option $t{inner}))"));
        }
        each(&exporting(&types, depth - 1, 1), |command, ran| {
            assert!(ran.code.is_some(), "{command} at {depth}: {}", ran.stderr);
            assert!(ran.written < 2 * MIB, "{command}: {}", ran.written);
        });
    }
}

#[test]
fn imports_of_types_that_double_are_refused_too() {
    let mut types = "(type $t0 (tuple u8 u8))".to_owned();
    for level in 1..17 {
        let inner = level - 1;
        types.push_str(&format!("(type $t{level} (tuple $t{inner} $t{inner}))"));
    }
    let component = wat::parse_str(format!(
        "(component {types}
            (type $l (list $t16))
            (import \"mcp-server:a/tools\" (instance (export \"g\" (func (param \"p\" $l)))))
            (core module $m (func (export \"f\")))
            (core instance $i (instantiate $m))
            (func (export \"f0\") (canon lift (core func $i \"f\"))))"
    ))
    .unwrap();
    each(&component, |command, ran| {
        assert_eq!(ran.code, Some(5), "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains("`g`"), "{command}: {}", ran.stderr);
    });
}

#[test]
fn instances_of_instances_that_double_are_refused() {
    let mut types = "(type $i0 (instance (export \"f\" (func))))".to_owned();
    for level in 1..25 {
        let inner = level - 1;
        types.push_str(&format!(
            "(type $i{level} (instance
                (alias outer 1 $i{inner} (type $t))
                (export \"a\" (instance (type $t))) (export \"b\" (instance (type $t)))))"
        ));
    }
    let component = wat::parse_str(format!(
        "(component {types}
            (import \"a:b/c\" (instance (type $i24)))
            (core module $m (func (export \"f\")))
            (core instance $i (instantiate $m))
            (func (export \"f0\") (canon lift (core func $i \"f\"))))"
    ))
    .unwrap();
    each(&component, |command, ran| {
        assert_eq!(ran.code, Some(5), "{command}: {}", ran.stderr);
        assert!(ran.cpu < Duration::from_secs(3), "{command}: {:?}", ran.cpu);
    });
}

#[test]
fn a_mebibyte_of_small_types_is_refused_before_it_is_compiled() {
    let types = "(type (tuple u8 u8))".repeat(300_000);
    let component = wat::parse_str(format!("(component {types})")).unwrap();
    each(&component, |command, ran| {
        assert_eq!(ran.code, Some(5), "{command}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("holds more than"),
            "{command}: {}",
            ran.stderr
        );
    });
}

#[test]
fn what_is_deep_inside_counts_more_because_texts_about_it_are_indented() {
    // Tuples of 500 leaves, 90 levels down.
    let wide = " u8".repeat(500);
    let mut types = format!("(type $t0 (tuple{wide}))");
    for level in 1..90 {
        let inner = level - 1;
        types.push_str(&format!("(type $t{level} (option $t{inner}))"));
    }
    each(&exporting(&types, 89, 40), |command, ran| {
        assert_eq!(ran.code, Some(5), "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains("parts"), "{command}: {}", ran.stderr);
    });
    each(&exporting(&types, 89, 2), |command, ran| {
        assert!(ran.written < 64 * MIB, "{command}: {}", ran.written);
    });
}
