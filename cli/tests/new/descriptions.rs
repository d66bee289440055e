//! What a server says of its tools changes nothing in a first skill.

use super::*;

#[test]
fn a_first_skill_is_the_same_with_all_descriptions_removed() {
    let dir = scratch("described");
    let mut tools: serde_json::Value = serde_json::from_str(TOOLS).unwrap();
    let hostile = "*/ --> \"\"\" ''' {{name}} {{{name}}} ${x} `x` #} \u{0}\u{1b}[31m\r \u{2028}x\u{2029} ??/\n\\\n\\";
    for tool in tools["tools"].as_array_mut().unwrap() {
        tool["description"] = hostile.into();
        tool["title"] = hostile.into();
        tool["annotations"] = serde_json::json!({"title": hostile});
        for property in tool["inputSchema"]["properties"]
            .as_object_mut()
            .into_iter()
            .flatten()
        {
            property.1["description"] = hostile.into();
            property.1["title"] = hostile.into();
        }
    }
    let tools = tools.to_string();
    for language in ["rust", "js", "ts", "python", "c", "script"] {
        let made = |tools: &str| {
            // The generated README names the file.
            fs::write(dir.join("tools.json"), tools).unwrap();
            let args = ["some", "--lang", language, "--server", "things", "--force"];
            let ran = new(&dir, &[&args[..], &["--from", "tools.json"]].concat());
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            let mut files = Vec::new();
            read(&dir.join("some"), &mut files);
            fs::remove_dir_all(dir.join("some")).unwrap();
            files.retain(|(path, _)| {
                !path.ends_with("mcp-server-things/tools.wit")
                    && !path.ends_with("types/things.d.ts")
            });
            files
        };
        assert!(made(TOOLS) == made(&tools), "{language}");
    }
}

fn read(dir: &Path, files: &mut Vec<(PathBuf, String)>) {
    let mut entries: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(&path, files);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            files.push((path, text));
        }
    }
}
