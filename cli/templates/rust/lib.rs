//! A skill. What `run` returns is all that the caller sees of its work.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{ {{~#if asynchronous}}AsyncSkill, Error{{else}}Error, Skill{{/if}}, log{{#unless sample}}, state{{/unless~}} };
use serde::Deserialize;

{{#each servers}}
mcp_guest_sdk::import_server!("wit/deps/mcp-server-{{this}}"{{#if (renamed this)}} as {{module this}}{{/if}});
{{/each}}
{{#if servers}}

{{/if}}
struct {{pascal name}};

impl {{#if asynchronous}}AsyncSkill{{else}}Skill{{/if}} for {{pascal name}} {
    const DESCRIPTION: &str =
        "Says in one or two sentences what the skill does and when to use it.";
    type Input = Input;
    type Output = String;

    {{#if asynchronous}}async {{/if}}fn run({{#if sample}}{{#if sample.inputs}}input{{else}}_input{{/if}}{{else}}input{{/if}}: Input) -> Result<String, Error> {
{{#if sample}}
        log::info!("calling `{{sample.function}}`");
        let answer = {{module sample.server}}::{{snake sample.function}}(
{{~#if sample.params}}{{#if sample.by_reference}}&{{/if}}{{module sample.server}}::{{pascal sample.params}}::
{{~#if sample.needed}}new({{#each sample.needed}}{{#unless @first}}, {{/unless}}
{{~#if (eq given "input")}}input.{{snake label}}{{/if}}
{{~#if (eq given "one")}}1{{/if}}
{{~#if (eq given "one-point-zero")}}1.0{{/if}}
{{~#if (eq given "false")}}false{{/if}}
{{~/each}}){{else}}default(){{/if}}{{/if~}}
){{#if asynchronous}}.await{{/if}}?;
{{#if sample.count}}
        Ok(say(answer.{{snake sample.count}}.len()))
{{else if sample.text}}
        Ok(answer.{{snake sample.text}})
{{else if sample.is_blocks}}
        Ok(answer.text())
{{else}}
        Ok(format!("{answer:?}"))
{{/if}}
{{else}}
        let runs = state::update("runs", |runs: Option<u32>| runs.unwrap_or(0) + 1)?;
        log::info!(runs, "counted this run");
        Ok(say(&input.name, runs))
{{/if}}
    }
}

mcp_guest_sdk::export_{{#if asynchronous}}async_{{/if}}skill!({{pascal name}});

/// What the skill takes: its JSON Schema is part of the skill's description.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {{#if empty_input}}{}{{else}}{
{{#if sample}}
{{#each sample.needed}}
{{#if (eq given "input")}}
    /// Passed to the tool.
    {{snake label}}: String,
{{/if}}
{{/each}}
{{else}}
    /// Whom to greet.
    #[serde(default)]
    name: String,
{{/if}}
}{{/if}}

{{#if sample}}
{{#if sample.count}}
fn say(count: usize) -> String {
    format!("{count} {{words sample.count}}")
}

{{/if}}
/// They need neither a server nor wasm: `Host` plays what the skill calls.
#[cfg(test)]
mod tests {
    use mcp_guest_sdk::testing::{Host, failed};
    use serde_json::json;

    use super::{{pascal name}};
    use super::{{module sample.server}}::doubles;

    #[test]
    fn the_words_of_the_tool_reach_the_caller() {
        let tool = doubles::{{snake sample.function}}(|{{#if sample.params}}_{{/if}}| Err(failed("out of order")));
        let input = json!({ {{~#each sample.inputs}}{{#unless @first}},{{/unless}} "{{camel this}}": "x"{{#if @last}} {{/if}}{{/each~}} });
        let ran = Host::new().tool(tool).run{{#if asynchronous}}_async{{/if}}::<{{pascal name}}>(input);
        assert_eq!(ran.unwrap_err().to_string(), "tool failed: out of order");
    }
{{#if sample.count}}

    #[test]
    fn a_count_is_written_in_words() {
        assert_eq!(super::say(2), "2 {{words sample.count}}");
    }
{{/if}}
}
{{else}}
fn say(name: &str, runs: u32) -> String {
    let name = if name.is_empty() { "world" } else { name };
    format!("hello {name}, this is run {runs}")
}

/// They need neither a server nor wasm: `Host` plays what the skill calls.
#[cfg(test)]
mod tests {
    use mcp_guest_sdk::testing::Host;
    use serde_json::json;

    use super::{{pascal name}};

    #[test]
    fn the_runs_are_counted() {
        let host = Host::new();
        let ran = |input| host.run{{#if asynchronous}}_async{{/if}}::<{{pascal name}}>(input).unwrap();
        assert_eq!(ran(json!({ "name": "Ada" })), "hello Ada, this is run 1");
        assert_eq!(ran(json!({})), "hello world, this is run 2");
    }
}
{{/if}}
