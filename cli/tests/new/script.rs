//! New scripts: names are those of the JSON, and the files are those of an editor and a test.

use super::*;

#[test]
fn a_script_calls_the_tool_by_its_own_name() {
    let dir = scratch("script");
    let ran = new(
        &dir,
        &[&["count-things", "--lang", "script"], &THINGS[..]].concat(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let script = fs::read_to_string(dir.join("count-things/count-things.ts")).unwrap();
    let expected = "import { listThings } from \"mcp-server:things/tools\";\n\n\
                    const answer = await listThings({});\n\
                    export default `${answer.things.length} things`;\n";
    assert_eq!(script, expected);
    let types = fs::read_to_string(dir.join("count-things/types/things.d.ts")).unwrap();
    assert!(
        types.contains("export function createThing(args: {"),
        "{types}"
    );
    // A file of tools is no server that a run could start.
    let next = "try `(cd count-things && npm install && npm test)`";
    assert!(ran.stderr.contains(next), "{}", ran.stderr);
}

#[test]
fn what_the_tool_needs_is_the_input_of_the_script() {
    let dir = scratch("script-input");
    let tools = ["--tools", "getThing"];
    let ran = new(
        &dir,
        &[&["one", "--lang", "script"], &THINGS[..], &tools].concat(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let script = fs::read_to_string(dir.join("one/one.ts")).unwrap();
    let expected = "import { input } from \"mcp-host\";\n\
                    import { getThing } from \"mcp-server:things/tools\";\n\n\
                    const answer = await getThing({ ownerName: input.ownerName, id: input.id });\n\
                    export default answer;\n";
    assert_eq!(script, expected);
    let readme = fs::read_to_string(dir.join("one/README.md")).unwrap();
    let run = "$ mcp-host run one/one.ts --input '{\"ownerName\":\"...\",\"id\":\"...\"}'\n";
    assert!(readme.contains(run), "{readme}");
    let update = "$ mcp-codegen types things --tools getThing --from tools.json --out one/types\n";
    assert!(readme.contains(update), "{readme}");
    let types = fs::read_to_string(dir.join("one/types/things.d.ts")).unwrap();
    assert!(!types.contains("createThing"), "{types}");
}

#[test]
fn a_tool_whose_name_is_no_identifier_is_imported_by_its_name() {
    let dir = scratch("script-name");
    let tools = r#"[{"name": "list-boxes", "inputSchema": {"type": "object", "required": ["the box"],
        "properties": {"the box": {"type": "string"}}}}]"#;
    fs::write(dir.join("tools.json"), tools).unwrap();
    let ran = new(
        &dir,
        &[&["boxes", "--lang", "script"], &THINGS[..]].concat(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let script = fs::read_to_string(dir.join("boxes/boxes.ts")).unwrap();
    assert!(
        script.contains("import { \"list-boxes\" as tool } from"),
        "{script}"
    );
    assert!(
        script.contains("await tool({ \"the box\": input[\"the box\"] });"),
        "{script}"
    );
}

#[test]
fn a_script_without_a_server_declares_what_the_host_has() {
    let dir = scratch("script-plain");
    let ran = new(&dir, &["greet", "--lang", "script"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("try `mcp-host run greet/greet.ts`"),
        "{}",
        ran.stderr
    );
    assert!(dir.join("greet/types/mcp-host.d.ts").exists());
}

#[test]
fn what_a_script_cannot_have_is_refused() {
    let dir = scratch("script-async");
    let ran = new(&dir, &["greet", "--lang", "script", "--async"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("calls of a script overlap as they are"),
        "{}",
        ran.stderr
    );
}
