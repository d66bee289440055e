//! Secrets in every spelling, cut anywhere.
