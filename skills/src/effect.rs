//! What a tool does to the world, as its server says. A hint: nothing verifies it, and no permission follows from it.

use mcp_codegen::Annotations;

/// The effect that the annotations of a tool name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `readOnlyHint` is true.
    Reads,
    /// `readOnlyHint` is false.
    Changes,
    /// The same, and `destructiveHint` is true.
    Destroys,
    /// The server says nothing, so it may change something.
    Unsaid,
}

impl Effect {
    /// What these annotations say.
    #[must_use]
    pub fn of(annotations: &Annotations) -> Self {
        match (annotations.read_only_hint, annotations.destructive_hint) {
            (Some(true), _) => Self::Reads,
            (_, Some(true)) => Self::Destroys,
            (Some(false), _) => Self::Changes,
            (None, _) => Self::Unsaid,
        }
    }

    /// A few words for a table.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Reads => "reads only",
            Self::Changes => "may change something",
            Self::Destroys => "may change or delete something",
            Self::Unsaid => "not said: may change something",
        }
    }

    /// One word for a long table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Changes => "changes",
            Self::Destroys => "deletes",
            Self::Unsaid => "?",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_said_to_read_only_where_its_server_says_so() {
        let of = |read_only_hint, destructive_hint| {
            Effect::of(&Annotations {
                read_only_hint,
                destructive_hint,
                ..Annotations::default()
            })
        };
        assert_eq!(of(Some(true), None), Effect::Reads);
        assert_eq!(of(Some(true), Some(true)), Effect::Reads);
        assert_eq!(of(Some(false), Some(false)), Effect::Changes);
        assert_eq!(of(Some(false), Some(true)), Effect::Destroys);
        assert_eq!(of(None, Some(true)), Effect::Destroys);
        assert_eq!(of(None, Some(false)), Effect::Unsaid);
        assert_eq!(of(None, None), Effect::Unsaid);
    }
}
