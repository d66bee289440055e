//! Keeps a plan in one directory through the server `filesystem`: writes, edits, lists and reads it.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{Error, Skill, ToolError};
use serde::Deserialize;
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("wit/deps/mcp-server-filesystem");
use filesystem::{
    ContentItem, CreateDirectoryParams, DirectoryTreeParams, Edit, EditFileParams,
    ListDirectoryWithSizesParams, ReadMediaFileParams, ReadTextFileParams, SortBy, WriteFileParams,
};

const PLAN: &str = "# Plan\n\n- [ ] buy café ☕\n- [ ] sleep\n";

struct Filesystem;

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// A directory that the server may use, with `pixel.png` and `data.bin` in it.
    dir: String,
    /// A file that it may not use.
    forbidden: String,
}

impl Skill for Filesystem {
    const DESCRIPTION: &str =
        "Writes a plan into a directory, edits it, and says what is in the directory.";
    type Input = Input;
    type Output = Value;

    fn run(Input { dir, forbidden }: Input) -> Result<Value, Error> {
        let plan = format!("{dir}/notes/plan.md");
        filesystem::create_directory(&CreateDirectoryParams::new(format!("{dir}/notes/old")))?;
        filesystem::write_file(&WriteFileParams::new(&plan, PLAN))?;

        let mut edit = EditFileParams::new(
            &plan,
            vec![
                Edit::new("- [ ] buy café ☕", "- [x] buy café ☕"),
                Edit::new("- [ ] sleep\n", "- [ ] sleep\n- [ ] repeat\n"),
            ],
        );
        edit.dry_run = Some(true);
        let preview = filesystem::edit_file(&edit)?.content;
        let untouched = read(&plan, None, None)? == PLAN;
        edit.dry_run = None;
        filesystem::edit_file(&edit)?;

        Ok(json!({
            "preview": changed_lines(&preview),
            "untouchedByPreview": untouched,
            "plan": read(&plan, None, None)?,
            "head": read(&plan, Some(1.0), None)?,
            "tail": read(&plan, None, Some(2.0))?,
            "bySize": sizes(&dir, Some(SortBy::Size))?,
            "byName": sizes(&dir, None)?,
            "tree": tree(&dir)?,
            "media": [media(&format!("{dir}/pixel.png"))?, media(&format!("{dir}/data.bin"))?],
            "forbidden": refused(&forbidden)?,
        }))
    }
}

mcp_guest_sdk::export_skill!(Filesystem);

fn read(path: &str, head: Option<f64>, tail: Option<f64>) -> Result<String, ToolError> {
    let params = ReadTextFileParams {
        head,
        tail,
        ..ReadTextFileParams::new(path)
    };
    Ok(filesystem::read_text_file(&params)?.content)
}

/// The lines of a diff that say what changes.
fn changed_lines(diff: &str) -> Vec<&str> {
    diff.lines()
        .filter(|line| line.starts_with("-- [") || line.starts_with("+- ["))
        .collect()
}

/// Names and sizes of the files, in the order of the answer.
fn sizes(dir: &str, sort_by: Option<SortBy>) -> Result<Vec<String>, ToolError> {
    let params = ListDirectoryWithSizesParams {
        sort_by,
        ..ListDirectoryWithSizesParams::new(dir)
    };
    let listing = filesystem::list_directory_with_sizes(&params)?.content;
    Ok(listing
        .lines()
        .filter_map(|line| line.strip_prefix("[FILE] "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect())
}

/// Everything but the old notes. The server gives its tree as JSON in a string.
fn tree(dir: &str) -> Result<Value, Error> {
    let params = DirectoryTreeParams {
        exclude_patterns: Some(vec!["old".to_owned(), "*.bin".to_owned()]),
        ..DirectoryTreeParams::new(dir)
    };
    let mut tree: Vec<Value> = serde_json::from_str(&filesystem::directory_tree(&params)?.content)?;
    // The server lists a directory in the order of the file system.
    tree.sort_by_key(|entry| entry["name"].to_string());
    Ok(tree.into())
}

fn media(path: &str) -> Result<Vec<Value>, ToolError> {
    let read = filesystem::read_media_file(&ReadMediaFileParams::new(path))?;
    Ok(read
        .content
        .into_iter()
        .map(|item| match item {
            ContentItem::Image(image) => {
                json!({ "mimeType": image.mime_type, "image": image.data })
            }
            ContentItem::Resource(item) => {
                json!({ "mimeType": item.resource.mime_type, "blob": item.resource.blob })
            }
        })
        .collect())
}

/// What the server says about a file that is none of its business.
fn refused(path: &str) -> Result<String, Error> {
    match filesystem::read_text_file(&ReadTextFileParams::new(path)) {
        Err(ToolError::Failed(answer)) => Ok(answer.text()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Error::msg(format!("the server gave away `{path}`"))),
    }
}
