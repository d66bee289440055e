//! Why a skill returns no result: the error that `run` returns, and everything that `?` converts to it.

use std::any::Any;
use std::fmt::{self, Display};

use super::ToolError;

/// Why a skill gave no result.
///
/// `?` makes one of any [`std::error::Error`]: a [`ToolError`] becomes [`Tool`](Self::Tool) and stays whole, everything
/// else becomes [`Failed`](Self::Failed) with its text and the texts of its causes.
///
/// ```
/// use mcp_guest_sdk::{Error, ToolError};
///
/// fn days(text: &str) -> Result<u32, Error> {
///     let days = text.parse()?;
///     if days > 366 {
///         return Err(Error::msg(format!("`{days}` days are more than a year")));
///     }
///     Ok(days)
/// }
/// assert_eq!(days("400").unwrap_err().to_string(), "`400` days are more than a year");
/// assert_eq!(days("ten").unwrap_err(), Error::Failed("invalid digit found in string".to_owned()));
///
/// fn call() -> Result<(), Error> {
///     Err(ToolError::TimedOut("no answer in 30 s".to_owned()))?
/// }
/// assert!(matches!(call(), Err(Error::Tool(ToolError::TimedOut(_)))));
/// ```
///
/// It is not a `std::error::Error` itself: that is what lets `?` take all of those.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// The skill does not accept the input. Input that does not deserialize becomes this by itself; a skill returns it
    /// for input that it rejects for other reasons.
    InvalidInput(String),
    /// A tool call failed, and the skill could not continue without it.
    Tool(ToolError),
    /// Anything else, as text for the caller.
    Failed(String),
}

impl Error {
    /// An error with the skill's own text, for its caller.
    pub fn msg(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// The input deserialized, and still is not what the skill takes.
    ///
    /// ```
    /// use mcp_guest_sdk::Error;
    ///
    /// let error = Error::invalid_input("`from` is later than `to`");
    /// assert_eq!(error.to_string(), "invalid input: `from` is later than `to`");
    /// ```
    pub fn invalid_input(message: impl Display) -> Self {
        Self::InvalidInput(message.to_string())
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidInput(text) => write!(f, "invalid input: {text}"),
            Self::Tool(error) => error.fmt(f),
            Self::Failed(text) => f.write_str(text),
        }
    }
}

impl<E: std::error::Error + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        // Specialisation by hand: the host classifies a run by its `ToolError`, so that error must not become text.
        let mut error = Some(error);
        if let Some(tool) = (&mut error as &mut dyn Any)
            .downcast_mut::<Option<ToolError>>()
            .and_then(Option::take)
        {
            return Self::Tool(tool);
        }
        Self::Failed(
            error
                .as_ref()
                .map_or_else(String::new, |error| with_causes(error)),
        )
    }
}

/// Says what the skill was doing when something failed.
///
/// ```
/// use mcp_guest_sdk::{Context, Error};
///
/// fn year(text: &str) -> Result<u16, Error> {
///     text.parse().context(format!("failed to read `{text}` as a year"))
/// }
/// assert_eq!(year("MMXX").unwrap_err().to_string(), "failed to read `MMXX` as a year: invalid digit found in string");
///
/// fn first(tags: &[&'static str]) -> Result<&'static str, Error> {
///     tags.first().copied().context("the repository has no tags")
/// }
/// assert_eq!(first(&[]).unwrap_err().to_string(), "the repository has no tags");
/// ```
///
/// The result is always [`Error::Failed`]. A `ToolError` with a context is a message for the caller like any other, and
/// the host no longer reports it as the failure of a tool; a plain `?` keeps it one.
pub trait Context<T> {
    /// Puts `context` before the text of the error.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] where `self` is an error or `None`.
    fn context(self, context: impl Display) -> Result<T, Error>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn context(self, context: impl Display) -> Result<T, Error> {
        self.map_err(|error| Error::Failed(format!("{context}: {}", error.into())))
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, context: impl Display) -> Result<T, Error> {
        self.ok_or_else(|| Error::Failed(context.to_string()))
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bad page number")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn causes_are_kept_in_the_text() {
        let error = Error::from(Outer("x".parse::<u8>().unwrap_err()));
        assert_eq!(
            error,
            Error::Failed("bad page number: invalid digit found in string".to_owned())
        );
    }

    #[test]
    fn a_tool_error_stays_whole() {
        let tool = ToolError::Denied("no grant".to_owned());
        assert_eq!(Error::from(tool.clone()), Error::Tool(tool));
    }

    #[test]
    fn context_makes_a_message_of_a_tool_error() {
        let result: Result<(), _> = Err(ToolError::Denied("no grant".to_owned()));
        assert_eq!(
            result.context("failed to list tags").unwrap_err(),
            Error::Failed("failed to list tags: denied: no grant".to_owned())
        );
    }
}
