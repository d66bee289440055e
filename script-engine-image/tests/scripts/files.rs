//! Files of a tool beside its answer, as a script has them.

use super::harness::run;

#[test]
fn files_beside_an_answer_are_a_property_that_no_copy_has() {
    for (source, value) in [
        (
            "const got = await shot({ a: 1 }); export default [got.attachments[1].handle, got.attachments.length]",
            r#"["blob:1",2]"#,
        ),
        (
            "export default [await shot({ a: 1 }), Object.keys(await shot({ a: 1 })), { ...(await shot({ a: 1 })) }]",
            r#"[{"a":1},["a"],{"a":1}]"#,
        ),
        (
            "export default await shot({ attachments: 'its own' })",
            r#"{"attachments":"its own"}"#,
        ),
        (
            "const got = await shot({}); got.attachments = got.attachments[0]; export default got.attachments",
            r#"{"type":"image","handle":"blob:0"}"#,
        ),
    ] {
        let ran = run(&format!("import {{ shot }} from 'mcp:test'; {source}"));
        assert_eq!(ran.value(), value, "{source}");
    }
}
