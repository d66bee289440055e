//! Why a server cannot be used now, for an agent.

use super::Code;
use crate::servers::Unavailable;

/// The code, and what the user does about it.
pub(crate) fn unavailable(name: &str, why: &Unavailable) -> (Code, String) {
    let name = mcp_codegen::names::shown(name);
    match why {
        Unavailable::NeedsLogin { address, file } => (
            Code::LoginRequired,
            format!(
                "server `{name}` at `{address}` refused its credentials: the user puts a token into `headers` of `{name}` \
                 in `{file}`"
            ),
        ),
        Unavailable::Down(why) => (Code::ServerUnavailable, why.clone()),
        Unavailable::Unknown => (
            Code::ServerUnavailable,
            format!("server `{name}` is no longer in the configuration"),
        ),
    }
}
