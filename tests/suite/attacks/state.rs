//! State files and directories that others prepared.
