//! Expands the `${...}` of an entry, at the moment a connection is opened.
//! Runs no shell: the result is one argument however many spaces it has.

use std::cell::RefCell;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

use super::{ConfigError, OAuth, ServerConfig, Transport};
use crate::named_file;
use expression::{MAX_FILE, Values};

mod env_file;
mod expression;
mod moved;

/// Variables of the host that a server gets without being named in its `env`.
pub(crate) const INHERITED: [&str; 8] = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TMPDIR",
];

/// The largest `caFile`, in bytes. All authorities that a system trusts are a quarter of a MiB.
const MAX_CERTIFICATES: u64 = 4 << 20;

/// What a connection is made to.
pub(crate) enum Target {
    /// A process.
    Process(Launch),
    /// An address.
    Http(Endpoint),
}

/// The process to start, with every variable expanded.
pub(crate) struct Launch {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, SecretString)>,
    /// Variables that it does not get, in spite of everything else.
    pub(crate) unset: Vec<String>,
    pub(crate) cwd: Option<PathBuf>,
    /// As the configuration has them: what an error may show.
    pub(crate) written: Written,
    /// What each `${...}` stands for, under the name that is in it.
    pub(crate) expanded: Vec<(String, SecretString)>,
}

/// Command and directory with every `${...}` as it stands in the configuration.
#[derive(Clone, Default)]
pub(crate) struct Written {
    pub(crate) command: String,
    pub(crate) cwd: PathBuf,
}

/// The address to call, with every variable expanded.
pub(crate) struct Endpoint {
    /// May hold a secret in its query: shown only as the configuration writes it.
    pub(crate) url: SecretString,
    pub(crate) headers: Vec<(String, SecretString)>,
    pub(crate) ca_file: Option<CaFile>,
    /// How to log in.
    pub(crate) oauth: OAuth,
    /// What each `${...}` stands for, under the name that is in it.
    pub(crate) expanded: Vec<(String, SecretString)>,
}

/// The certificates of authorities that a server over TLS may be signed by.
#[derive(Clone)]
pub(crate) struct CaFile {
    pub(crate) path: PathBuf,
    pub(crate) pem: String,
}

impl ServerConfig {
    /// Expands every `${...}` of the entry, and reads the files that it names.
    pub(crate) fn target(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Target, ConfigError> {
        let values = self.values(&variable);
        match &self.transport {
            Transport::Stdio {
                command,
                args,
                env,
                cwd,
            } => {
                let process = self.process(&values, command, args, env, cwd.as_deref())?;
                let expanded = values.into_expanded();
                Ok(Target::Process(Launch {
                    expanded,
                    ..process
                }))
            }
            Transport::Http { url, headers } => Ok(Target::Http(Endpoint {
                url: self.expand(&values, "url", url)?.into(),
                headers: self.expand_pairs(&values, "headers", headers)?,
                ca_file: self.read_ca_file(&values)?,
                oauth: self.expand_oauth(&values)?,
                expanded: values.into_expanded(),
            })),
        }
    }

    /// The file of the program that a process is started from, where the entry names one by its path, and the
    /// directory that the path is relative to. Variables that are not set count as empty. `None`: it is looked for on
    /// PATH, or the entry cannot be read.
    #[must_use]
    pub fn program(&self) -> Option<(PathBuf, PathBuf)> {
        let set = |name: &str| Some(std::env::var(name).unwrap_or_default());
        let Target::Process(launch) = self.target(set).ok()? else {
            return None;
        };
        let here = launch.cwd.or_else(|| std::env::current_dir().ok())?;
        let is_path = launch.command.contains('/');
        is_path.then(|| (here.join(launch.command), here))
    }

    /// What to start, without the values that were put in.
    fn process(
        &self,
        values: &Values<'_>,
        command: &str,
        args: &[String],
        env: &[(String, SecretString)],
        cwd: Option<&str>,
    ) -> Result<Launch, ConfigError> {
        let written = Written {
            command: command.to_owned(),
            cwd: cwd.map(|cwd| values.shown(cwd)).unwrap_or_default(),
        };
        let start = match cwd {
            Some(cwd) => Some(values.resolve(&self.expand(values, "cwd", cwd)?)),
            None => self.directory.clone(),
        };
        let named: Vec<(String, &str)> = (0..)
            .map(|at: usize| format!("args[{at}]"))
            .zip(args.iter().map(String::as_str))
            .collect();
        moved::warn_of_words(&self.name, &named);
        if let (None, Some(start)) = (cwd, &start) {
            moved::warn_of_paths(&self.name, &named, start);
        }
        let args = named
            .iter()
            .map(|(key, arg)| self.expand_path(values, key, arg))
            .collect::<Result<_, _>>()?;
        let mut command = self.expand_path(values, "command", command)?;
        // Whether the OS looks for a relative path before or after it changes the directory differs.
        if let Some(start) = &start
            && command.contains('/')
        {
            command = start.join(command).to_string_lossy().into_owned();
        }
        let inherited = self.inherited.iter().filter_map(|name| {
            let value = (values.variable)(name)?;
            Some((name.clone(), value.into()))
        });
        // The last of two of one name counts.
        let mut pairs: Vec<(String, SecretString)> = inherited.collect();
        pairs.extend(self.read_env_file(values)?);
        pairs.extend(self.expand_pairs(values, "env", env)?);
        Ok(Launch {
            command,
            args,
            env: pairs,
            unset: self.unset.clone(),
            cwd: start,
            written,
            expanded: Vec::new(),
        })
    }

    fn expand_oauth(&self, values: &Values<'_>) -> Result<OAuth, ConfigError> {
        let text = |key: &str, text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| self.expand(values, &format!("oauth.{key}"), text))
                .transpose()
        };
        let secret = |key: &str, secret: &Option<SecretString>| {
            let secret = secret.as_ref().map(|secret| secret.expose_secret());
            secret
                .map(|secret| self.expand(values, &format!("oauth.{key}"), secret))
                .transpose()
                .map(|secret| secret.map(SecretString::from))
        };
        let oauth = &self.oauth;
        Ok(OAuth {
            client_id: text("clientId", &oauth.client_id)?,
            client_secret: secret("clientSecret", &oauth.client_secret)?,
            private_key: secret("privateKey", &oauth.private_key)?,
            authorization_server: text("authorizationServer", &oauth.authorization_server)?,
            redirect_uri: text("redirectUri", &oauth.redirect_uri)?,
            resource: text("resource", &oauth.resource)?,
            ..oauth.clone()
        })
    }

    fn read_ca_file(&self, values: &Values<'_>) -> Result<Option<CaFile>, ConfigError> {
        let Some(path) = &self.ca_file else {
            return Ok(None);
        };
        let (path, pem) = self.read(values, "caFile", path, MAX_CERTIFICATES)?;
        Ok(Some(CaFile { path, pem }))
    }

    fn read_env_file(
        &self,
        values: &Values<'_>,
    ) -> Result<Vec<(String, SecretString)>, ConfigError> {
        let Some(path) = &self.env_file else {
            return Ok(Vec::new());
        };
        let (path, text) = self.read(values, "envFile", path, MAX_FILE)?;
        let server = self.name.clone();
        env_file::parse(&text).map_err(|line| ConfigError::EnvFile { server, path, line })
    }

    /// The file that a key names, as the configuration has it, and its text.
    fn read(
        &self,
        values: &Values<'_>,
        key: &str,
        path: &str,
        most: u64,
    ) -> Result<(PathBuf, String), ConfigError> {
        let written = values.shown(path);
        let path = values.resolve(&self.expand(values, key, path)?);
        match named_file::read_text(&path, most) {
            Ok(text) => Ok((written, text)),
            Err(source) => Err(ConfigError::ValueFile {
                server: self.name.clone(),
                key: key.to_owned(),
                path: written,
                source,
            }),
        }
    }

    fn values<'a>(&'a self, variable: &'a dyn Fn(&str) -> Option<String>) -> Values<'a> {
        Values {
            variable,
            directory: self.directory.as_deref(),
            expanded: RefCell::default(),
        }
    }

    fn expand(&self, values: &Values<'_>, key: &str, text: &str) -> Result<String, ConfigError> {
        if self.literal {
            return Ok(text.to_owned());
        }
        if key != "url" {
            moved::warn_of_expression(&self.name, key, text);
        }
        values
            .expand(text)
            .map_err(|problem| problem.at(&self.name, key))
    }

    /// The same, where `~/` at the beginning is the home directory, as a shell has it.
    fn expand_path(
        &self,
        values: &Values<'_>,
        key: &str,
        text: &str,
    ) -> Result<String, ConfigError> {
        match values.in_home(text) {
            Some((home, rest)) if !self.literal => Ok(home + &self.expand(values, key, rest)?),
            _ => self.expand(values, key, text),
        }
    }

    fn expand_pairs(
        &self,
        values: &Values<'_>,
        key: &str,
        pairs: &[(String, SecretString)],
    ) -> Result<Vec<(String, SecretString)>, ConfigError> {
        pairs
            .iter()
            .map(|(name, value)| {
                let key = format!("{key}.{name}");
                let value = self.expand(values, &key, value.expose_secret())?;
                Ok((name.clone(), value.into()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
