//! `URL` and the text of a query, by the parser of the crate `url` (WHATWG).

use rquickjs::{Array, Ctx, Exception, Result};
use url::{Url, form_urlencoded, quirks};

use crate::own;

/// The normalised text of a URL, or none where it is none.
pub(crate) fn parse(text: String, base: Option<String>) -> Option<String> {
    let base = match base.map(|base| Url::parse(&base)) {
        Some(Ok(base)) => Some(base),
        Some(Err(_)) => return None,
        None => None,
    };
    Url::options()
        .base_url(base.as_ref())
        .parse(&text)
        .ok()
        .map(String::from)
}

/// One part of a URL, as its property has it.
pub(crate) fn get(ctx: Ctx<'_>, href: String, part: String) -> Result<String> {
    let url = stored(&ctx, &href)?;
    Ok(match part.as_str() {
        "origin" => quirks::origin(&url),
        "protocol" => quirks::protocol(&url).to_owned(),
        "username" => quirks::username(&url).to_owned(),
        "password" => quirks::password(&url).to_owned(),
        "host" => quirks::host(&url).to_owned(),
        "hostname" => quirks::hostname(&url).to_owned(),
        "port" => quirks::port(&url).to_owned(),
        "pathname" => quirks::pathname(&url).to_owned(),
        "search" => quirks::search(&url).to_owned(),
        "hash" => quirks::hash(&url).to_owned(),
        _ => return Err(rquickjs::Error::Unknown),
    })
}

/// The URL with one part changed. A value that does not fit changes nothing, as the standard says.
pub(crate) fn set(ctx: Ctx<'_>, href: String, part: String, value: String) -> Result<String> {
    let mut url = stored(&ctx, &href)?;
    match part.as_str() {
        "protocol" => drop(quirks::set_protocol(&mut url, &value)),
        "username" => drop(quirks::set_username(&mut url, &value)),
        "password" => drop(quirks::set_password(&mut url, &value)),
        "host" => drop(quirks::set_host(&mut url, &value)),
        "hostname" => drop(quirks::set_hostname(&mut url, &value)),
        "port" => drop(quirks::set_port(&mut url, &value)),
        "pathname" => quirks::set_pathname(&mut url, &value),
        "search" => quirks::set_search(&mut url, &value),
        "hash" => quirks::set_hash(&mut url, &value),
        _ => return Err(rquickjs::Error::Unknown),
    }
    Ok(url.into())
}

/// The pairs of a query.
pub(crate) fn query_parse(ctx: Ctx<'_>, text: String) -> Result<Array<'_>> {
    let pairs = form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| own::array(&ctx, [name.as_ref(), value.as_ref()]));
    own::array(&ctx, pairs.collect::<Result<Vec<_>>>()?)
}

/// The text of pairs.
pub(crate) fn query_write(pairs: Vec<Vec<String>>) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    for pair in &pairs {
        if let [name, value] = pair.as_slice() {
            text.append_pair(name, value);
        }
    }
    text.finish()
}

fn stored(ctx: &Ctx<'_>, href: &str) -> Result<Url> {
    Url::parse(href).map_err(|error| Exception::throw_type(ctx, &error.to_string()))
}
