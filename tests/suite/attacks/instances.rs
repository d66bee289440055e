//! Instances are charged for what they take.
