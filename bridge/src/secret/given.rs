//! The secrets that the configuration gives to a server, and the name that replaces each.

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use secrecy::ExposeSecret as _;

use super::needles::{By, SHORTEST};
use super::view::without_percent;
use crate::config::{Endpoint, INHERITED, Launch};
use crate::credential::{is_sensitive, looks_like_a_key};

/// One value.
pub(super) struct Given {
    /// What stands in the place of the value.
    pub(super) name: String,
    pub(super) value: String,
    /// It is a secret by its name or by its looks; a path or a mode is not.
    pub(super) sensitive: bool,
    /// A word of it that other values share, such as `Bearer`: only the whole is hidden.
    common: bool,
}

impl Given {
    fn new(name: String, value: &str, sensitive: bool) -> Self {
        Self {
            sensitive: sensitive || looks_like_a_key(value),
            name,
            value: value.to_owned(),
            common: false,
        }
    }

    /// A value of a login: a secret in whole and in every part.
    pub(super) fn learned(name: &str, value: &str) -> Self {
        Self::new(name.to_owned(), value, true)
    }

    /// Whether it is a secret for certain. A header or a part of an address may also choose what a server offers, and
    /// then its words stand in the definitions of tools.
    pub(super) fn is_certain(&self) -> bool {
        let may_be_public = self.name.starts_with('[')
            && !matches!(
                self.name.as_str(),
                "[user]" | "[path]" | "[args]" | "[code]"
            )
            && !is_sensitive(&self.name);
        self.sensitive && (!may_be_public || looks_like_a_key(&self.value))
    }

    /// Whether a part of it is as secret as all of it. Parts of paths and plain words occur in texts that
    /// have nothing to do with the value.
    pub(super) fn by(&self) -> By {
        let value = self.value.as_str();
        let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/~ @+:?=&%#".contains(&byte);
        let is_path = (value.starts_with(['/', '.', '~']) || value.contains("://"))
            && value.bytes().all(may_be);
        let is_word = value.len() <= 16 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
        match self.common || (!self.sensitive && (is_path || is_word)) {
            true => By::Whole,
            false => By::Runs,
        }
    }
}

/// The values of `env` and `envFile`, those that variables and files stand for, and what looks like a secret in
/// `args`.
pub(super) fn to_process(launch: &Launch) -> Vec<Given> {
    let env = launch.env.iter().flat_map(|(name, value)| {
        let value = value.expose_secret();
        let shown = format!("${{{name}}}");
        let whole = Given::new(shown.clone(), value, is_sensitive(name));
        std::iter::once(whole).chain(keys_in(&shown, value))
    });
    let mut given: Vec<Given> = env.collect();
    given.extend(expanded(&launch.expanded));
    for (at, arg) in launch.args.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| launch.args.get(before));
        given.extend(in_argument(before.map(String::as_str), arg));
    }
    given
}

/// The values of `headers`, of the query and the user in `url`, and those that variables and files stand for.
pub(super) fn to_endpoint(endpoint: &Endpoint) -> Vec<Given> {
    let headers = endpoint
        .headers
        .iter()
        .flat_map(|(name, value)| in_header(&format!("[{name}]"), value.expose_secret()));
    let mut given: Vec<Given> = headers.collect();
    given.extend(in_url(endpoint.url.expose_secret(), |_| true));
    let oauth = &endpoint.oauth;
    for secret in [&oauth.client_secret, &oauth.private_key]
        .into_iter()
        .flatten()
    {
        given.push(Given::new(
            "[oauth]".to_owned(),
            secret.expose_secret(),
            true,
        ));
    }
    given.extend(expanded(&endpoint.expanded));
    given
}

fn expanded(values: &[(String, secrecy::SecretString)]) -> impl Iterator<Item = Given> {
    values.iter().filter_map(|(name, value)| {
        // Every process of the user has these.
        let is_common = INHERITED.contains(&name.as_str());
        let sensitive = name.starts_with("file:") || is_sensitive(name);
        let shown = format!("${{{name}}}");
        (!is_common).then(|| Given::new(shown, value.expose_secret(), sensitive))
    })
}

/// `Bearer TOKEN`, `Basic BASE64`, or anything.
fn in_header(name: &str, value: &str) -> Vec<Given> {
    let value = value.trim();
    let Some((scheme, credentials)) = value.split_once(' ') else {
        return vec![Given::new(name.to_owned(), value, true)];
    };
    let mut whole = Given::new(name.to_owned(), value, true);
    // A run that starts within `Bearer ` would be found in `a Bearer token is missing`.
    whole.common = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut given = vec![whole, Given::new(name.to_owned(), credentials.trim(), true)];
    // A server may repeat the last word alone.
    let last = value.rsplit(' ').next().unwrap_or_default();
    given.push(Given::new(name.to_owned(), last, true));
    if scheme.eq_ignore_ascii_case("basic")
        && let Some(decoded) = decoded(credentials.trim())
    {
        if let Some((_, password)) = decoded.split_once(':') {
            given.push(Given::new(name.to_owned(), password, true));
        }
        given.push(Given::new(name.to_owned(), &decoded, true));
    }
    given
}

fn decoded(text: &str) -> Option<String> {
    const EITHER: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let text = text.replace('-', "+").replace('_', "/");
    String::from_utf8(EITHER.decode(text).ok()?).ok()
}

/// User, query, fragment, and what looks like a key in the path.
fn in_url(url: &str, is_secret: impl Fn(&str) -> bool) -> Vec<Given> {
    let mut given = Vec::new();
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut add = |name: &str, value: &str| {
        given.push(Given::new(name.to_owned(), value, true));
        // The server sees what the address stands for.
        if let Some(value) = without_percent(value) {
            given.push(Given::new(name.to_owned(), &value, true));
        }
    };
    if let Some((user, _)) = authority.rsplit_once('@') {
        let (name, password) = user.split_once(':').unwrap_or(("", user));
        add("[user]", password);
        add("[user]", user);
        // Without a password the name is the key.
        if password.is_empty() {
            add("[user]", name);
        }
    }
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or(("", pair)));
    let secret = pairs
        .filter(|(name, _)| is_secret(name))
        .map(|(_, value)| value);
    secret.for_each(|value| add("[query]", value));
    if is_secret("") {
        add("[query]", query);
        add("[fragment]", fragment);
    }
    for part in path.split('/').filter(|part| looks_like_a_key(part)) {
        add("[path]", part);
    }
    given
}

/// `--api-key=VALUE`, `--token VALUE`, `Authorization: Bearer VALUE`, `postgres://user:VALUE@host`.
fn in_argument(before: Option<&str>, arg: &str) -> Vec<Given> {
    const NAME: &str = "[args]";
    let mut given = keys_in(NAME, arg);
    if let Some((name, value)) = arg.split_once('=')
        && is_sensitive(name)
    {
        given.push(Given::new(NAME.to_owned(), value, true));
    }
    if let Some((name, value)) = arg.split_once(": ")
        && is_sensitive(name)
    {
        given.extend(in_header(NAME, value));
    }
    let is_flag = |text: &str| text.starts_with('-') && !text.contains('=');
    if before.is_some_and(|before| is_flag(before) && is_sensitive(before)) && !is_flag(arg) {
        given.push(Given::new(NAME.to_owned(), arg, true));
    }
    given
}

/// What looks like a key in a longer text, and what addresses in it hold.
fn keys_in(name: &str, text: &str) -> Vec<Given> {
    let apart = |letter: char| !letter.is_ascii_alphanumeric() && !"-_+~.".contains(letter);
    let keys = text
        .split(apart)
        .filter(|part| part.len() < text.len() && looks_like_a_key(part));
    let mut given: Vec<Given> = keys
        .map(|key| Given::new(name.to_owned(), key, true))
        .collect();
    if text.contains("://") {
        given.extend(in_url(text, is_sensitive).into_iter().map(|one| Given {
            name: name.to_owned(),
            ..one
        }));
    }
    given.retain(|one| one.value.len() >= SHORTEST);
    given
}
