//! Standard streams that are closed, full or a terminal.
