//! The tools for agents that only read, for a command line: the same lists and the same texts as over MCP. Runs
//! nothing.

use crate::answer::Answer;
use crate::describe::More;
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

/// What a search found.
pub struct Hits {
    /// One page of tools.
    pub hits: Vec<Hit>,
    /// The lines beside them: what is left out, which names are near, what is wrong.
    pub notes: Vec<String>,
    /// All of it, as an agent gets it.
    pub text: String,
}

/// One tool that was found.
pub struct Hit {
    /// The name of the server in the configuration.
    pub server: String,
    /// The name of the tool, as its server declares it.
    pub name: String,
    /// How a script calls it, up to the parenthesis.
    pub callable: String,
    /// The line that an agent gets.
    pub signature: String,
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
    /// From now on, no other servers are started for their lists.
    pub fn want_only(&self, servers: Vec<String>) {
        self.servers.want_only(servers);
    }

    /// Starts the servers whose tools were never listed, and waits for each until it is up or down.
    pub async fn list_unknown(&self) {
        self.servers.start_unknown();
        self.servers.settled().await;
    }

    /// What `search_tools` answers.
    pub async fn search(&self, question: &Question<'_>) -> Hits {
        let asked = search::Asked {
            text: question.text.to_owned(),
            server: question.server.map(str::to_owned),
            limit: question.limit,
            offset: question.offset,
        };
        let found = search::found(self, asked).await;
        let text = found.text();
        let hits = found.hits.into_iter().map(|hit| Hit {
            callable: mcp_search::callable(&hit.server, &hit.name),
            server: hit.server,
            name: hit.name,
            signature: hit.signature,
        });
        Hits {
            hits: hits.collect(),
            notes: found.notes,
            text,
        }
    }

    /// What `describe_tools` answers, with the command of a shell where more can be had.
    pub async fn describe(&self, names: &[String]) -> Reply {
        describe::describe(self, 0, names, More::Shell).await.into()
    }
}
