//! Bytes that are not components, or that are huge.

use std::time::{Duration, Instant};

use mcp_host::LoadError;

use super::components::{component, deep_type, functions, zeroes};
use super::load;

#[test]
fn a_component_past_the_size_limit_is_refused_unread() {
    let bytes = zeroes((64 << 20) + 1);
    let start = Instant::now();
    let error = load(&bytes).unwrap_err();
    assert!(matches!(error, LoadError::TooLarge { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn fifty_megabytes_of_nothing_are_refused_quickly() {
    let bytes = zeroes(50_000_000);
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
    let many = functions(100_000);
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
    let bytes = deep_type(5_000);
    // On a small stack, as threads of a runtime have.
    let loaded = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || load(&bytes))
        .unwrap()
        .join()
        .unwrap();
    assert!(matches!(loaded, Err(LoadError::Invalid(_))), "{loaded:?}");
}
