//! Saved skills as MCP offers them (SEP-2640): an entry for each with the digest of every file, and the files as
//! resources. Recorded runs are none of them. Runs no skill, and starts no server.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcp_bridge::with_causes;
use mcp_skills::front_matter::read;
use mcp_skills::{Files, Loaded, Name, SkillPath, StoreError};
use rmcp::model::{
    CacheScope, ErrorData, GetSkillResult, ListResourcesResult, ListSkillsResult,
    PaginatedRequestParams, ReadResourceResult, Resource, ResourceContents, Skill,
    SkillFrontmatter, SkillResource, SkillResources,
};
use serde_json::Value;

use crate::door::Door;
use crate::skills::SavedSkills;
use crate::unwritten::Share;

/// Skills of one page: each of their files is read.
const PAGE: usize = 20;

/// Resources of one page.
const MOST_RESOURCES: usize = 200;

/// Bytes of all files of a skill (SEP-2640, "Limits"). A larger one is not offered.
const MOST_BYTES: usize = 16 << 20;

/// How long a client may keep an answer, in milliseconds: the user saves skills meanwhile.
const LASTS: u64 = 10_000;

/// How long a file waits for others to be written.
const MOMENT: Duration = Duration::from_secs(2);

/// `skills/list`.
pub(crate) async fn skills(
    door: &Door,
    session: u64,
    page: Option<PaginatedRequestParams>,
) -> Result<ListSkillsResult, ErrorData> {
    let after = cursor(page)?;
    let skills = Arc::clone(&door.skills);
    let (entries, next) = work(door, session, move || listed(&skills, after.as_ref())).await?;
    let mut result = ListSkillsResult::with_all_items(entries)
        .with_ttl_ms(LASTS)
        .with_cache_scope(CacheScope::Private);
    result.next_cursor = next;
    Ok(result)
}

/// `skills/get`.
pub(crate) async fn skill(
    door: &Door,
    session: u64,
    uri: &str,
) -> Result<GetSkillResult, ErrorData> {
    let unknown = || ErrorData::invalid_params("no skill is served at this URI", None);
    let (name, path) = parsed(uri).ok_or_else(unknown)?;
    if path != SkillPath::skill_md() {
        return Err(unknown());
    }
    let skills = Arc::clone(&door.skills);
    let load = move || skills.version(&name).map(|loaded| entry(&loaded?));
    let entry = work(door, session, load)
        .await?
        .map_err(|error| failed(&error))?;
    Ok(GetSkillResult::new(entry.ok_or_else(unknown)?)
        .with_ttl_ms(LASTS)
        .with_cache_scope(CacheScope::Private))
}

/// `resources/list`: the `SKILL.md` of each skill. Its entry names the other files.
pub(crate) async fn resources(
    door: &Door,
    session: u64,
    page: Option<PaginatedRequestParams>,
) -> Result<ListResourcesResult, ErrorData> {
    let after = cursor(page)?;
    let skills = Arc::clone(&door.skills);
    let list = work(door, session, move || skills.list()).await?;
    let rest = list
        .into_iter()
        .filter(|skill| after.as_ref().is_none_or(|after| skill.name > *after));
    let mut rest: Vec<_> = rest.take(MOST_RESOURCES + 1).collect();
    let next = (rest.len() > MOST_RESOURCES).then(|| {
        rest.truncate(MOST_RESOURCES);
        rest[MOST_RESOURCES - 1].name.to_string()
    });
    let resources = rest.into_iter().map(|skill| {
        let uri = uri(&skill.name, &SkillPath::skill_md());
        Resource::new(uri, skill.name.as_str())
            .with_description(skill.description)
            .with_mime_type("text/markdown")
    });
    let mut result = ListResourcesResult::with_all_items(resources.collect())
        .with_ttl_ms(LASTS)
        .with_cache_scope(CacheScope::Private);
    result.next_cursor = next;
    Ok(result)
}

/// `resources/read`.
pub(crate) async fn file(
    door: &Door,
    session: u64,
    uri: &str,
    share: &Share,
) -> Result<ReadResourceResult, ErrorData> {
    let unknown = || ErrorData::resource_not_found("no file of a skill has this URI", None);
    let (name, path) = parsed(uri).ok_or_else(unknown)?;
    let skills = Arc::clone(&door.skills);
    let wanted = path.clone();
    let load = move || {
        skills
            .version(&name)
            .map(|loaded| offered(loaded?)?.remove(&wanted))
    };
    let bytes = work(door, session, load)
        .await?
        .map_err(|error| failed(&error))?;
    let bytes = bytes.ok_or_else(unknown)?;
    // Base64 is a third longer.
    if !door
        .unwritten
        .take(bytes.len() / 3 * 4, share, MOMENT)
        .await
    {
        let what = "busy: the client has not read the answers before this one; ask again in 5 s";
        return Err(ErrorData::internal_error(what, None));
    }
    let contents = match String::from_utf8(bytes) {
        Ok(text) => ResourceContents::text(text, uri),
        Err(error) => ResourceContents::blob(STANDARD.encode(error.as_bytes()), uri),
    };
    let contents = contents.with_mime_type(mime_type(&path));
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(LASTS)
        .with_cache_scope(CacheScope::Private))
}

/// One page of entries, and where the next one begins.
fn listed(skills: &SavedSkills, after: Option<&Name>) -> (Vec<Skill>, Option<String>) {
    let names = skills.list().into_iter().map(|skill| skill.name);
    let mut names: Vec<Name> = names
        .filter(|name| after.is_none_or(|after| name > after))
        .take(PAGE + 1)
        .collect();
    let next = (names.len() > PAGE).then(|| {
        names.truncate(PAGE);
        names[PAGE - 1].to_string()
    });
    let entries = names.iter().filter_map(|name| match skills.version(name) {
        Ok(loaded) => entry(&loaded?),
        Err(error) => {
            tracing::warn!("a saved skill is not offered: {}", with_causes(&error));
            None
        }
    });
    (entries.collect(), next)
}

/// The entry of a skill. `None`: it is too large.
fn entry(loaded: &Loaded) -> Option<Skill> {
    let name = &loaded.record.name;
    let files = loaded.files.iter().filter(|(path, _)| !path.is_example());
    if files.clone().map(|(_, bytes)| bytes.len()).sum::<usize>() > MOST_BYTES {
        return None;
    }
    let text = std::str::from_utf8(loaded.files.get(&SkillPath::skill_md())?).ok()?;
    let front = read(text).ok()?.front;
    let mut fields = SkillFrontmatter::new(front.name.as_str(), front.description);
    for (key, value) in [
        ("license", front.license),
        ("compatibility", front.compatibility),
    ] {
        if let Some(value) = value {
            fields = fields.with_field(key, value);
        }
    }
    if !front.metadata.is_empty() {
        let metadata = front.metadata.into_iter();
        let metadata = metadata.map(|(key, value)| (key, Value::String(value)));
        fields = fields.with_field("metadata", Value::Object(metadata.collect()));
    }
    let files = files.map(|(path, bytes)| SkillResource::from_bytes(uri(name, path), bytes));
    let files = SkillResources::Files(files.collect());
    Some(Skill::new(uri(name, &SkillPath::skill_md()), fields, files))
}

/// The files that are offered. `None`: they are too large.
fn offered(loaded: Loaded) -> Option<Files> {
    let mut files = loaded.files;
    files.retain(|path, _| !path.is_example());
    let bytes: usize = files.values().map(Vec::len).sum();
    (bytes <= MOST_BYTES).then_some(files)
}

fn uri(name: &Name, path: &SkillPath) -> String {
    format!("skill://{name}/{path}")
}

/// The skill and the file of a URI.
fn parsed(uri: &str) -> Option<(Name, SkillPath)> {
    let (name, path) = uri.strip_prefix("skill://")?.split_once('/')?;
    Some((name.parse().ok()?, path.parse().ok()?))
}

/// Behind which skill a page begins.
fn cursor(page: Option<PaginatedRequestParams>) -> Result<Option<Name>, ErrorData> {
    let cursor = page.and_then(|page| page.cursor);
    let name = cursor.map(|cursor| cursor.parse::<Name>());
    name.transpose()
        .map_err(|_| ErrorData::invalid_params("the cursor is none of this server", None))
}

fn mime_type(path: &SkillPath) -> &'static str {
    match path.as_str().rsplit_once('.').map(|(_, end)| end) {
        Some("md") => "text/markdown",
        Some("ts") => "text/typescript",
        Some("txt") => "text/plain",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

fn failed(error: &StoreError) -> ErrorData {
    ErrorData::internal_error(with_causes(error), None)
}

/// Reads on a thread of its own, as many at once as scripts are read.
async fn work<T: Send + 'static>(
    door: &Door,
    session: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ErrorData> {
    let worked = door.workers.run(door.part(session), work).await;
    worked.map_err(|error| ErrorData::internal_error(error, None))
}
