//! Names and backtraces are data of an attacker.
