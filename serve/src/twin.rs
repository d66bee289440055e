//! The tools for agents that only read, for a command line: the same lists and the same texts as over MCP. Runs nothing.

use crate::answer::Answer;
use crate::door::Door;
use crate::{describe, search};

/// A search, as an agent asks it.
pub struct Question<'q> {
    /// What is looked for; empty: everything.
    pub text: &'q str,
    /// Only this server.
    pub server: Option<&'q str>,
    /// Hits of this page; at most 50 are given.
    pub limit: usize,
    /// Hits before this page.
    pub offset: usize,
}

/// An answer, as an agent gets it.
pub struct Reply {
    /// The text.
    pub text: String,
    /// Whether nothing was found that could be described.
    pub is_error: bool,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self {
            text: answer.text,
            is_error: answer.is_error,
        }
    }
}

impl Door {
    /// Starts the servers whose tools were never listed, and waits for each until it is up or down.
    pub async fn list_unknown(&self) {
        self.servers.start_unknown();
        self.servers.settled().await;
    }

    /// What `search_tools` answers.
    pub async fn search(&self, question: &Question<'_>) -> Reply {
        let asked = search::Asked {
            text: question.text.to_owned(),
            server: question.server.map(str::to_owned),
            limit: question.limit,
            offset: question.offset,
        };
        search::search(self, asked).await.into()
    }

    /// What `describe_tools` answers.
    pub async fn describe(&self, names: &[String]) -> Reply {
        describe::describe(self, names).await.into()
    }
}
