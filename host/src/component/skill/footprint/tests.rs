//! Components, and what their instances cost.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn of(wat: &str) -> Result<Footprint, LoadError> {
    Ok(Footprint::of(&wat::parse_str(wat).unwrap())?.unwrap())
}

/// Bytes that this component takes more than an empty one.
fn bytes(wat: &str) -> u64 {
    of(wat).unwrap().bytes - of("(component)").unwrap().bytes
}

const GLOBALS: &str = "(core module $m (global i64 (i64.const 0)) (global i64 (i64.const 0)))";

#[test]
fn a_module_counts_as_often_as_it_is_instantiated() {
    let one = bytes(&format!(
        "(component {GLOBALS} (core instance (instantiate $m)))"
    ));
    assert_eq!(one, 1_024 + 2 * 16);
    let twice = bytes(&format!(
        "(component {GLOBALS} (core instance (instantiate $m)) (core instance (instantiate $m)))"
    ));
    assert_eq!(twice, 2 * one);
    assert_eq!(bytes(&format!("(component {GLOBALS})")), 0);
}

#[test]
fn an_inner_component_counts_as_often_as_it_is_instantiated() {
    let one = bytes(&format!(
        "(component (component $c {GLOBALS} (core instance (instantiate $m))) (instance (instantiate $c)))"
    ));
    // The inner one takes its share of two levels, each of which doubles.
    let four = bytes(&format!(
        "(component
            (component $d
                (component $c {GLOBALS} (core instance (instantiate $m)))
                (instance (instantiate $c)) (instance (instantiate $c)))
            (instance (instantiate $d)) (instance (instantiate $d)))"
    ));
    assert_eq!(four, 4 * one + 2 * 1_024);
}

#[test]
fn a_module_is_found_wherever_it_comes_from() {
    let once = bytes(&format!(
        "(component {GLOBALS} (core instance (instantiate $m)))"
    ));
    let nested = once + 1_024;
    for (component, takes) in [
        // Given to an inner component.
        (
            format!(
                "(component {GLOBALS}
                    (component $c (import \"m\" (core module $n)) (core instance (instantiate $n)))
                    (instance (instantiate $c (with \"m\" (core module $m)))))"
            ),
            nested,
        ),
        // Of a component around it.
        (
            format!(
                "(component $o {GLOBALS}
                    (component $c (alias outer $o $m (core module $n)) (core instance (instantiate $n)))
                    (instance (instantiate $c)))"
            ),
            nested,
        ),
        // Exported by an instance, by way of an instance of exports.
        (
            format!(
                "(component
                    (component $c {GLOBALS} (export \"x\" (core module $m)))
                    (instance $i (instantiate $c))
                    (alias export $i \"x\" (core module $n))
                    (instance $bag (export \"y\" (core module $n)))
                    (alias export $bag \"y\" (core module $k))
                    (core instance (instantiate $k)))"
            ),
            nested,
        ),
        // In a component that is given as an argument.
        (
            format!(
                "(component
                    (component $give {GLOBALS} (core instance (instantiate $m)))
                    (component $take (import \"c\" (component $c)) (instance (instantiate $c)))
                    (instance (instantiate $take (with \"c\" (component $give)))))"
            ),
            nested + 1_024,
        ),
        // Given in an instance.
        (
            format!(
                "(component {GLOBALS}
                    (instance $bag (export \"y\" (core module $m)))
                    (component $c
                        (import \"i\" (instance $i (export \"y\" (core module))))
                        (alias export $i \"y\" (core module $n))
                        (core instance (instantiate $n)))
                    (instance (instantiate $c (with \"i\" (instance $bag)))))"
            ),
            nested,
        ),
    ] {
        assert_eq!(bytes(&component), takes, "{component}");
    }
}

#[test]
fn tables_memories_imports_and_kept_elements_count() {
    let module = |fields: &str| {
        bytes(&format!(
            "(component (core module $m {fields}) (core instance (instantiate $m)))"
        )) - 1_024
    };
    assert_eq!(module("(memory 1)"), 256);
    assert_eq!(module("(table 10 funcref)"), 128);
    assert_eq!(module("(memory 1) (data (i32.const 0) \"a\")"), 256 + 16);
    // Two items that are kept, and a reference to the one function.
    assert_eq!(module("(func $f) (elem func $f $f)"), 2 * 16 + 32);
}

#[test]
fn time_grows_with_what_is_instantiated() {
    let instances = |count: usize| {
        let instances = "(core instance (instantiate $m))".repeat(count);
        of(&format!("(component {GLOBALS} {instances})"))
            .unwrap()
            .nanos
    };
    assert!(instances(100) > 99 * 3_000);
    assert!(instances(200) > instances(100) + 99 * 3_000);
}

#[test]
fn instances_that_double_without_end_are_rejected() {
    let mut component =
        "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..30 {
        let inner = level - 1;
        component = format!(
            "(component $c{level} {component} (instance (instantiate $c{inner})) (instance (instantiate $c{inner})))"
        );
    }
    let error = of(&component).unwrap_err();
    assert!(matches!(error, LoadError::TooManyParts { .. }), "{error}");
}

#[test]
fn names_and_imports_of_every_instance_are_counted() {
    // One name of 50,000 bytes is nothing, and 1,000 instances that import it are.
    let name = "n".repeat(50_000);
    let many = "(core instance (instantiate $m (with \"\" (instance $g))))".repeat(1000);
    let imports = "(import \"\" \"f\" (func))".repeat(300);
    let component = |instances: &str| {
        format!(
            "(component
                (core module $g (func (export \"f\")) (func (export \"{name}\")))
                (core instance $g (instantiate $g))
                (core module $m {imports})
                {instances})"
        )
    };
    assert!(of(&component("")).is_ok());
    let error = of(&component(&many)).unwrap_err();
    assert!(matches!(error, LoadError::TooManyParts { .. }), "{error}");
}

#[test]
fn bytes_that_are_no_component_are_left_to_the_compiler() {
    let whole =
        wat::parse_str("(component (core module $m) (core instance (instantiate $m)))").unwrap();
    assert_eq!(Footprint::of(&whole[..whole.len() - 1]).unwrap(), None);
    // An instance of a module that does not exist.
    let broken = [whole.as_slice(), &[2, 4, 1, 0, 7, 0]].concat();
    assert_eq!(Footprint::of(&broken).unwrap(), None);
}

#[test]
fn a_footprint_survives_its_form_as_bytes() {
    let footprint = Footprint {
        bytes: 1 << 40,
        nanos: 7,
        instances: 3,
        streams: true,
        calls_inside: false,
    };
    assert_eq!(Footprint::from_bytes(footprint.to_bytes()), footprint);
    let footprint = Footprint {
        streams: false,
        calls_inside: true,
        ..footprint
    };
    assert_eq!(Footprint::from_bytes(footprint.to_bytes()), footprint);
}
