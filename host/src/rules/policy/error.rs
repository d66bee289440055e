//! Why a grant cannot be parsed.

/// A grant that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not `SERVER/TOOL`.
    #[error("`{0}` is not SERVER/TOOL; write `github/get_issue`, or `github/*` for all its tools")]
    Tool(String),
    /// Not `HOST::GUEST[:rw]`.
    #[error(
        "`{0}` is not HOST::GUEST[:rw]; write `./data::/data` to read, `./data::/data:rw` to write too"
    )]
    Dir(String),
    /// The host itself uses the guest path.
    #[error("`/mcp-tools` is where the catalog is; choose another guest path than `{0}`")]
    Reserved(String),
}
