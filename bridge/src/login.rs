//! Logging in to servers over HTTP: OAuth as the client, of MCP 2026-07-28, 2025-11-25 and, without metadata,
//! 2025-03-26.
//!
//! Owns discovery, registration, tokens, and where they are kept. Gives a token to the server and the authorization
//! server that it was got for, and to no other. Opens no browser, and prints nothing.
//! docs/decisions/0032-oauth-is-spoken-by-the-bridge.md says why this is not rmcp's.

mod assertion;
mod callback;
mod client;
mod device;
mod discover;
mod document;
mod error;
mod flow;
mod keyring;
mod listen;
mod place;
mod probe;
mod random;
mod reach;
mod record;
mod renewal;
mod scopes;
mod seal;
mod session;
mod standing;
mod store;
mod target;
mod token;

pub use device::DeviceCode;
pub use error::LoginError;
pub use flow::{Authorize, LoggedIn, Login, LoginRequest};
pub use keyring::Keyring;
pub use listen::Redirect;
pub use renewal::finish_renewals;
pub(crate) use session::Session;
pub use standing::{LoginState, login_kept, login_state, logout};
pub use store::keep_logins_in;
