//! Whatever a user or a config names is opened without blocking and read to a bound.
