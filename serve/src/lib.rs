//! The door for agents: an MCP server that offers three tools, whatever stands behind it. An agent searches the tools
//! of all configured servers, reads the declarations of those that it wants, and runs a script that calls them.
//!
//! The surface is the same for every client and every configuration, byte for byte: clients keep it, and models learn
//! it. What is connected stands in the instructions and in the answers.

mod answer;
mod attached;
mod audit;
mod authorized;
mod describe;
mod direct;
mod door;
mod elicit;
mod handler;
mod house;
mod http;
mod indexed;
mod kept;
mod learned;
mod ledgers;
mod list;
mod listed_last;
mod offered;
mod page;
mod presence;
mod principal;
mod progress;
mod question;
mod queue;
mod results;
mod rules;
mod runs;
mod search;
mod searched;
mod servers;
mod shelf;
mod skills;
mod surface;
mod tasks;
mod traced;
mod transport;
mod twin;
mod unaccepted;
mod unwritten;
mod users;
mod workers;

pub use audit::{Asked, Audit};
pub use authorized::{Authorization, AuthorizationError};
pub use direct::{Direct, DirectError};
pub use door::{Door, OnAnswer, OnRun, OpenError, Options};
pub use handler::Agent;
pub use http::{Access, HttpOptions, ListenError, Listening};
pub use learned::{LearnedType, learned_types};
pub use listed_last::listed_last;
pub use page::{Always, AlwaysChange, AuditFilter, AuditLog, Logged, OnLink, PageOptions};
pub use principal::Principal;
pub use rules::{ReadRules, Rules};
pub use transport::{ServeError, direct_stdio, stdio};
pub use twin::{Hit, Hits, Question, Reply};
