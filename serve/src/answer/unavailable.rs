//! Why a server cannot be used now, for an agent.

use super::Code;
use crate::servers::{NeedsLogin, Unavailable};

/// The code, and what the user does about it.
pub(crate) fn unavailable(name: &str, why: &Unavailable) -> (Code, String) {
    let name = mcp_codegen::names::shown(name);
    match why {
        Unavailable::NeedsLogin(needs) => {
            let NeedsLogin {
                address,
                file,
                command,
            } = needs;
            let what = match command {
                Some(command) => format!(
                    "server `{name}` at `{address}` wants a login. The user logs in with: {command}\nThen run this again."
                ),
                None => format!(
                    "server `{name}` at `{address}` refused its credentials: the user puts a token into `headers` of \
                     `{name}` in `{file}`"
                ),
            };
            (Code::LoginRequired, what)
        }
        Unavailable::Down(why) => (Code::ServerUnavailable, why.clone()),
        Unavailable::Unknown => (
            Code::ServerUnavailable,
            format!("server `{name}` is no longer in the configuration"),
        ),
    }
}
