//! A skill. What `run` returns is all that the caller sees of its work.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{ {{~#if asynchronous}}AsyncSkill, Error{{else}}Error, Skill{{/if}}, log{{#unless sample}}, state{{/unless~}} };
use serde::Deserialize;

{{#each servers}}
mcp_guest_sdk::import_server!("wit/deps/mcp-server-{{this}}");
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
        let answer = {{snake sample.server}}::{{snake sample.function}}(
{{~#if sample.params}}{{#if sample.by_reference}}&{{/if}}{{snake sample.server}}::{{pascal sample.params}}::
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
/// The work apart from the calls, so that a test needs neither a server nor wasm.
fn say(count: usize) -> String {
    format!("{count} {{words sample.count}}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_count_is_said_in_words() {
        assert_eq!(super::say(2), "2 {{words sample.count}}");
    }
}
{{else}}
#[cfg(test)]
mod tests {
    use super::Input;

    #[test]
    fn what_the_skill_does_not_take_is_refused() {
        use mcp_guest_sdk::schemars::schema_for;
        let schema = schema_for!(Input);
        assert_eq!(schema.as_value()["additionalProperties"], false);
    }
}
{{/if}}
{{else}}
/// The work apart from the calls, so that a test needs neither a server nor wasm.
fn say(name: &str, runs: u32) -> String {
    let name = if name.is_empty() { "world" } else { name };
    format!("hello {name}, this is run {runs}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_name_and_the_number_of_the_run_are_said() {
        assert_eq!(super::say("Ada", 2), "hello Ada, this is run 2");
        assert_eq!(super::say("", 1), "hello world, this is run 1");
    }
}
{{/if}}
