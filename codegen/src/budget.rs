//! What the tools of one catalog may use together: work, memory and text. Owns the limits for all tools of a server;
//! the walk over a schema owns those of the schema. Knows no schema.
//!
//! A tool that exceeds the budget is omitted, and the others are not affected. A small share is reserved for each
//! remaining tool, so that a hundred large tools leave room for a small one after them. The omitted tools depend only
//! on the tools and their order.

mod cost;
mod size;

use std::borrow::Cow;

use self::cost::Cost;
use self::size::size;
use crate::lower::{BYTES_OF_WORK, Beside, labelled};
use crate::shape::Function;
use crate::tool::{Refusal, Tool};

/// The limits for all tools of a catalog. 10,000 plain tools with five properties each take an eighth of the work and
/// three quarters of memory and text. The largest real catalog known takes a hundredth.
const ALL: Cost = Cost {
    work: 4_000_000,
    memory: 20 << 20,
    text: 12 << 20,
};

/// The share reserved for each remaining tool. A plain tool uses less.
const EACH: Cost = Cost {
    work: 200,
    memory: 2 << 10,
    text: 1 << 10,
};

/// What is left for the tools of one catalog.
///
/// ```
/// use mcp_codegen::{Budget, Catalog};
///
/// let catalog = Catalog::parse(r#"[{"name": "ping"}]"#)?;
/// let mut budget = Budget::of(catalog.tools.len());
/// let function = budget.function("ping", &catalog.tools[0])?;
/// assert_eq!(function.tool, "ping");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Budget {
    left: Cost,
    /// Reserved for each of the remaining tools.
    each: Cost,
    to_come: usize,
    /// How many tools were omitted, and the names of the first ones.
    fallen: usize,
    first: Vec<String>,
    /// The types that the documentation stands beside.
    beside: Beside,
}

/// The most omitted tools that are named if room is short.
const MOST_NAMED: usize = 20;

const MORE_MEMORY: &str = "the types of its schemas take more memory";

/// Why a tool has no function.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// No call of the tool could be valid, or the tools of its server are too large together.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Generating the function takes more memory than the caller allows.
    #[error("it takes more memory than there is")]
    TooLarge,
}

impl Budget {
    /// The budget of a catalog with this many tools. The caller asks for all of them, one by one.
    #[must_use]
    pub fn of(tools: usize) -> Self {
        Self {
            left: ALL,
            // Half of the budget goes to tools in their order, however many tools there are.
            each: EACH.min(ALL.over(tools.saturating_mul(2).max(1))),
            to_come: tools,
            fallen: 0,
            first: Vec::new(),
            beside: Beside::Wit,
        }
    }

    /// The same for documentation beside the types of TypeScript.
    pub(crate) fn of_declarations(tools: usize) -> Self {
        Self {
            beside: Beside::TypeScript,
            ..Self::of(tools)
        }
    }

    /// The budget of some tools of a catalog that must all fit: a tool that does not fit is an error, and nothing is
    /// reserved for later tools. Tools that fitted within [`Budget::of`] also fit within this, in any order.
    #[must_use]
    pub fn all_or_nothing() -> Self {
        Self::of(0)
    }

    /// Like [`function`](crate::function), within what is left.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if no call of the tool could be valid, or if the tool takes more than is left for it.
    pub fn function<'t>(&mut self, label: &str, tool: &'t Tool) -> Result<Function<'t>, Refusal> {
        self.labelled(Cow::Owned(label.to_owned()), tool)
    }

    /// The same for a label that is borrowed or owned.
    pub(crate) fn labelled<'t>(
        &mut self,
        label: Cow<'t, str>,
        tool: &'t Tool,
    ) -> Result<Function<'t>, Refusal> {
        match self.within(label, tool, usize::MAX) {
            Ok(function) => Ok(function),
            Err(NotMade::Refused(refusal)) => Err(refusal),
            // There was no other bound.
            Err(NotMade::TooLarge) => Err(self.refusal(tool, MORE_MEMORY)),
        }
    }

    /// The same, in at most this many bytes of memory.
    pub(crate) fn within<'t>(
        &mut self,
        label: Cow<'t, str>,
        tool: &'t Tool,
        memory: usize,
    ) -> Result<Function<'t>, NotMade> {
        let to_come = self.to_come.saturating_sub(1);
        let most = self.left.less(self.each.times(to_come));
        let here = most.work.min(memory / BYTES_OF_WORK);
        let (function, work) = labelled(label, tool, here, self.beside);
        if work > here && here < most.work {
            return Err(NotMade::TooLarge);
        }
        self.to_come = to_come;
        // Failed work has been done nevertheless. The last step may have exceeded the tool's share, and that excess
        // must not reduce the shares of later tools.
        self.left.work = self.left.work.saturating_sub(work.min(most.work));
        let refused = |budget: &mut Self, what| NotMade::Refused(budget.refusal(tool, what));
        if work > most.work {
            return Err(refused(self, "the types of its schemas take more work"));
        }
        let function = function.map_err(NotMade::Refused)?;
        let cost = size(&function, tool);
        // The text exists twice while it is written.
        if cost.memory.saturating_add(cost.text.saturating_mul(2)) > memory {
            return Err(NotMade::TooLarge);
        }
        if cost.memory > most.memory {
            return Err(refused(self, MORE_MEMORY));
        }
        if cost.text > most.text {
            return Err(refused(self, "the types of its schemas take more text"));
        }
        self.left = self.left.less(Cost { work: 0, ..cost });
        Ok(function)
    }

    /// The work done for the tools so far, in units: a plain tool takes about fifty.
    pub(crate) fn work(&self) -> usize {
        ALL.work - self.left.work.min(ALL.work)
    }

    /// How many tools were omitted because they did not fit, and the names of the first of them.
    pub(crate) fn fallen_out(&self) -> (usize, &[String]) {
        (self.fallen, &self.first)
    }

    fn refusal(&mut self, tool: &Tool, what: &str) -> Refusal {
        self.fallen += 1;
        if self.first.len() < MOST_NAMED {
            self.first.push(tool.name.clone());
        }
        Refusal {
            tool: tool.name.clone(),
            reason: format!("{what} than the other tools of its server leave"),
        }
    }
}

#[cfg(test)]
mod tests;
