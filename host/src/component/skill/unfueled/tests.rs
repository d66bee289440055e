//! Components that may make the host work without fuel, and those that cannot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::is_possible;

fn judge(fields: &str) -> bool {
    is_possible(&wat::parse_str(format!("(component {fields})")).unwrap())
}

const MEMORY: &str = r#"
    (core module $libc (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $libc (instantiate $libc))"#;

#[test]
fn a_component_that_calls_only_the_host_uses_fuel_for_all_it_does() {
    assert!(!judge(""));
    assert!(!judge(&format!(
        r#"{MEMORY}
        (import "log" (func $log (param "text" string)))
        (import "a:b/c" (instance $c (export "d" (func))))
        (alias export $c "d" (func $d))
        (core func (canon lower (func $log) (memory (core memory $libc "memory"))))
        (core func (canon lower (func $d)))"#
    )));
}

#[test]
fn an_inner_component_that_only_names_functions_changes_nothing() {
    assert!(!judge(
        r#"(core module $m (func (export "f")))
        (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))
        (component $names (import "f" (func $f)) (export "g" (func $f)))
        (instance $named (instantiate $names (with "f" (func $f))))
        (export "a:b/c" (instance $named))"#
    ));
}

#[test]
fn a_function_that_a_component_lifts_and_lowers_is_a_call_between_components() {
    let lifted = r#"(core module $m (func (export "f")))
        (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f")))"#;
    assert!(!judge(lifted));
    assert!(judge(&format!(
        "{lifted} (core func (canon lower (func $f)))"
    )));
    // Under another name, and by way of an instance.
    assert!(judge(&format!(
        r#"{lifted} (export $g "g" (func $f)) (core func (canon lower (func $g)))"#
    )));
    assert!(judge(&format!(
        r#"{lifted} (instance $i (export "g" (func $f))) (alias export $i "g" (func $g))
        (core func (canon lower (func $g)))"#
    )));
}

#[test]
fn an_inner_component_with_code_may_be_called() {
    assert!(judge("(component (core module (func)))"));
    assert!(judge(
        "(component (component (core module $m) (core instance (instantiate $m))))"
    ));
    assert!(judge(
        r#"(component (import "f" (func $f)) (core func (canon lower (func $f))))"#
    ));
    assert!(judge(r#"(import "c" (component $c))"#));
    assert!(judge(r#"(import "m" (core module $m))"#));
}

#[test]
fn streams_and_futures_are_copied_without_fuel() {
    assert!(judge(
        "(type $s (stream u8)) (core func (canon stream.new $s))"
    ));
    assert!(judge(
        "(type $f (future u8)) (core func (canon future.new $f))"
    ));
    assert!(!judge("(core func (canon waitable-set.new))"));
}

#[test]
fn exceptions_are_thrown_without_fuel() {
    assert!(judge("(core module (tag $t) (func (throw $t)))"));
    assert!(!judge("(core module (func unreachable))"));
}

#[test]
fn what_cannot_be_read_may_do_anything() {
    assert!(is_possible(b"\0asm\x0d\0\x01\0\xff"));
}
