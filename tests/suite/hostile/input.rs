//! Components that are no components, or that are huge.

use std::time::{Duration, Instant};

use mcp_host::LoadError;

use super::{component, load};

#[test]
fn a_component_past_the_size_limit_is_refused_unread() {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize((64 << 20) + 1, 0);
    let start = Instant::now();
    let error = load(&bytes).unwrap_err();
    assert!(matches!(error, LoadError::TooLarge { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn fifty_megabytes_of_nothing_are_refused_quickly() {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize(50_000_000, 0);
    let start = Instant::now();
    assert!(load(&bytes).is_err());
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_hundred_thousand_functions_are_refused_before_they_are_compiled() {
    let many = component(&format!(
        "(component
            (core module $m (func (export \"f\")) {})
            (core instance $i (instantiate $m))
            (func (export \"f\") (canon lift (core func $i \"f\"))))",
        "(func)".repeat(100_000)
    ));
    let start = Instant::now();
    let error = load(&many).unwrap_err();
    assert!(
        matches!(error, LoadError::TooManyFunctions { .. }),
        "{error}"
    );
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn every_truncation_of_a_component_is_a_typed_error_or_a_smaller_component() {
    let bytes = component(
        "(component
            (core module $m (func (export \"f\")))
            (core instance $i (instantiate $m))
            (func (export \"f\") (canon lift (core func $i \"f\"))))",
    );
    load(&bytes).unwrap();
    // Without its last sections, which only hold names, it is whole.
    let errors = (0..bytes.len())
        .filter(|length| load(&bytes[..*length]).is_err())
        .count();
    assert!(errors > bytes.len() - 10, "{errors} of {}", bytes.len());
}

#[test]
fn a_type_that_is_nested_thousands_deep_is_refused_and_not_followed() {
    let mut wat = String::from("(component (type $t0 u8)");
    for depth in 1..=5_000 {
        wat.push_str(&format!("(type $t{depth} (list $t{}))", depth - 1));
    }
    wat.push_str(
        "(core module $m (memory (export \"memory\") 1)
           (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0))
           (func (export \"f\") (param i32 i32)))
         (core instance $i (instantiate $m))
         (func (export \"f\") (param \"a\" $t5000)
           (canon lift (core func $i \"f\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))",
    );
    let bytes = component(&wat);
    // On a small stack, as threads of a runtime have.
    let loaded = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || load(&bytes))
        .unwrap()
        .join()
        .unwrap();
    assert!(matches!(loaded, Err(LoadError::Invalid(_))), "{loaded:?}");
}
