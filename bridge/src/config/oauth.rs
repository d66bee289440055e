//! What an entry says about logging in to its server. Expands nothing, and asks no authorization server.

use std::path::Path;

use secrecy::SecretString;

/// `oauth` of an entry, or what stands for it where the entry has none.
#[derive(Debug, Clone)]
pub(crate) struct OAuth {
    /// `oauth: false` keeps every token back from the server.
    pub(crate) enabled: bool,
    /// `clientId`: registered before, or the address of a client metadata document.
    pub(crate) client_id: Option<String>,
    /// `clientSecret`.
    pub(crate) client_secret: Option<SecretString>,
    /// `privateKey`: PEM of PKCS #8, which signs assertions in place of a secret.
    pub(crate) private_key: Option<SecretString>,
    /// `scopes`.
    pub(crate) scopes: Vec<String>,
    /// `authorizationServer`: the issuer.
    pub(crate) authorization_server: Option<String>,
    /// `redirectPort`: where the browser comes back to.
    pub(crate) redirect_port: Option<u16>,
    /// `redirectUri`: the same, whole, on this machine.
    pub(crate) redirect_uri: Option<String>,
    /// `resource`, where it is not the address of the server.
    pub(crate) resource: Option<String>,
    /// `grant`.
    pub(crate) grant: Grant,
}

/// How a token is got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Grant {
    /// A person logs in.
    #[default]
    AuthorizationCode,
    /// The client itself is the user.
    ClientCredentials,
}

impl Default for OAuth {
    fn default() -> Self {
        Self {
            enabled: true,
            client_id: None,
            client_secret: None,
            private_key: None,
            scopes: Vec::new(),
            authorization_server: None,
            redirect_port: None,
            redirect_uri: None,
            resource: None,
            grant: Grant::default(),
        }
    }
}

/// The command with which a person logs in to this server.
pub(super) fn login_command(server: &str, origin: Option<&Path>) -> String {
    let mut command = format!("mcp-host login {}", quoted(server));
    if let Some(origin) = origin {
        command.push_str(" --config ");
        command.push_str(&quoted(&origin.display().to_string()));
    }
    command
}

/// The word as a shell reads it back. A control character never reaches a terminal this way.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:@+,".contains(letter);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_owned();
    }
    let word = crate::text::sanitize(word.as_bytes());
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_can_be_pasted_whatever_the_server_is_called() {
        let place = Path::new("/home/ann/my files/mcp.json");
        assert_eq!(login_command("linear", None), "mcp-host login linear");
        assert_eq!(
            login_command("a'b; rm -r ~", Some(place)),
            r"mcp-host login 'a'\''b; rm -r ~' --config '/home/ann/my files/mcp.json'"
        );
    }
}
