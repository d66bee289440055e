"""What the component exports, and what it does.{{#if asynchronous}} Calls that are awaited together overlap: `asyncio.gather`.{{/if}}"""

import json
from typing import Any

from mcp import InvalidInput, {{#if sample}}call, {{/if}}skill
from wit_world import WitWorld as World
{{#if sample}}
from wit_world.imports import mcp_server_{{snake sample.server}}_tools as tools
from wit_world.imports import types
{{else}}
from wit_world.imports import state, types
{{/if}}

{{#if sample}}
INPUT: dict[str, Any] = {
    "type": "object",
    "properties": { {{~#each sample.inputs}}{{#unless @first}}, {{/unless}}"{{camel this}}": {"type": "string"}{{/each~}} },
    "required": [{{#each sample.inputs}}{{#unless @first}}, {{/unless}}"{{camel this}}"{{/each}}],
}


@skill
{{#if asynchronous}}async {{/if}}def work(values: dict[str, Any]) -> str:
    for name in INPUT["required"]:
        if not isinstance(values.get(name), str):
            raise InvalidInput(f"`{name}` must be a text")
{{#if sample.params}}
    # In the order of the record: {{#each sample.fields}}{{#unless @first}}, {{/unless}}{{snake label}}{{/each}}.
    params = tools.{{pascal sample.params}}(
{{~#each sample.fields}}{{#unless @first}}, {{/unless}}
{{~#if (eq given "nothing")}}None{{/if}}
{{~#if (eq given "input")}}values["{{camel label}}"]{{/if}}
{{~#if (eq given "one")}}1{{/if}}
{{~#if (eq given "one-point-zero")}}1.0{{/if}}
{{~#if (eq given "false")}}False{{/if}}
{{~/each}})
    answer = {{#if asynchronous}}await {{/if}}call(tools.{{snake sample.function}}, params)
{{else}}
    answer = {{#if asynchronous}}await {{/if}}call(tools.{{snake sample.function}})
{{/if}}
{{#if sample.count}}
    return f"{len(answer.{{snake sample.count}})} {{words sample.count}}"
{{else if sample.text}}
    return answer.{{snake sample.text}}
{{else if sample.is_blocks}}
    return "\n".join(block.value for block in answer.content if isinstance(block, types.ContentBlock_Text))
{{else}}
    return "nothing" if answer is None else "done"
{{/if}}
{{else}}
INPUT: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"} } }


@skill
{{#if asynchronous}}async {{/if}}def work(values: dict[str, Any]) -> str:
    name = values.get("name", "world")
    if not isinstance(name, str):
        raise InvalidInput("`name` must be a text")
    runs = int(state.get("runs") or b"0") + 1
    state.set("runs", str(runs).encode(), None)
    return f"hello {name}, this is run {runs}"
{{/if}}


class WitWorld(World):
    def describe(self) -> types.Description:
        text = "Says in one or two sentences what the skill does and when to use it."
        return types.Description("{{name}}", text, json.dumps(INPUT), json.dumps({"type": "string"}))

    {{#if asynchronous}}async {{/if}}def run(self, input: str) -> str:
        return {{#if asynchronous}}await {{/if}}work(input)
