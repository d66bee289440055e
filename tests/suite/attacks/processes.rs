//! Nothing of a server survives.
