//! The three values of a condition. `allow` needs true; `ask` and `deny` apply where it is true or unknown.

/// What is known of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    /// The server may take the value for one on which the condition holds; the text says why the host cannot tell.
    Unknown(&'static str),
}

impl Truth {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }

    /// Whether all hold. One that does not is enough for `False`.
    pub(super) fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::True;
        for truth in truths {
            match truth {
                Self::False => return Self::False,
                Self::Unknown(_) if all == Self::True => all = truth,
                Self::Unknown(_) | Self::True => {}
            }
        }
        all
    }

    /// Whether one holds.
    pub(super) fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut any = Self::False;
        for truth in truths {
            match truth {
                Self::True => return Self::True,
                Self::Unknown(_) if any == Self::False => any = truth,
                Self::Unknown(_) | Self::False => {}
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, True, Unknown};

    #[test]
    fn the_three_values_combine_as_in_kleenes_logic() {
        let unknown = Unknown("why");
        for (a, b, all, any) in [
            (True, True, True, True),
            (True, unknown, unknown, True),
            (True, False, False, True),
            (unknown, unknown, unknown, unknown),
            (unknown, False, False, unknown),
            (False, False, False, False),
        ] {
            for pair in [[a, b], [b, a]] {
                assert_eq!(Truth::all(pair), all, "{pair:?}");
                assert_eq!(Truth::any(pair), any, "{pair:?}");
            }
        }
    }
}
