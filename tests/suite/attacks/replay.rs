//! A recording lifts no limit.
