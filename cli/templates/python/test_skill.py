"""Needs no server and no wasm: the bindings in `build/bindings` stand in for the host's, and their functions are played."""

{{#if asynchronous}}
import asyncio
{{/if}}
import json
{{#if asynchronous}}
import sys
{{/if}}
import unittest
from types import SimpleNamespace
from unittest import mock

{{#if asynchronous}}
# The event loop of a component is the host's. Here Python's own runs.
for part in ("", ".streams", ".futures"):
    sys.modules["componentize_py_async_support" + part] = mock.MagicMock()

{{/if}}
import skill
from componentize_py_types import Err
from wit_world.imports import types


class SkillTest(unittest.TestCase):
{{#if sample}}
    def setUp(self) -> None:
        self.input = json.dumps({name: "x" for name in skill.INPUT["required"]})

    def test_the_answer_becomes_the_result(self) -> None:
{{#if sample.count}}
        answer = SimpleNamespace({{snake sample.count}}=[1, 2])
        expected = "2 {{words sample.count}}"
{{else if sample.text}}
        answer = SimpleNamespace({{snake sample.text}}="yes")
        expected = "yes"
{{else if sample.is_blocks}}
        answer = SimpleNamespace(content=[types.ContentBlock_Text("yes")])
        expected = "yes"
{{else}}
        answer = SimpleNamespace()
        expected = "done"
{{/if}}
        with mock.patch("skill.tools.{{snake sample.function}}", return_value=answer):
            self.assertEqual(json.loads({{#if asynchronous}}asyncio.run({{/if}}skill.WitWorld().run(self.input){{#if asynchronous}}){{/if}}), expected)

    def test_an_error_of_the_tool_ends_the_run_with_its_case(self) -> None:
        denied = Err(types.ToolError_Denied("no grant"))
        with mock.patch("skill.tools.{{snake sample.function}}", side_effect=denied):
            with self.assertRaises(Err) as raised:
                {{#if asynchronous}}asyncio.run({{/if}}skill.WitWorld().run(self.input){{#if asynchronous}}){{/if}}
        self.assertEqual(raised.exception.value, types.SkillError_Tool(types.ToolError_Denied("no grant")))
{{else}}
    def test_the_runs_are_counted(self) -> None:
        store: dict[str, bytes] = {}
        host = SimpleNamespace(get=store.get, set=lambda key, value, ttl: store.update({key: value}))
        with mock.patch("skill.state", host):
            world = skill.WitWorld()
            self.assertEqual(json.loads({{#if asynchronous}}asyncio.run({{/if}}world.run("{}"){{#if asynchronous}}){{/if}}), "hello world, this is run 1")
            self.assertEqual(json.loads({{#if asynchronous}}asyncio.run({{/if}}world.run('{"name": "Ada"}'){{#if asynchronous}}){{/if}}), "hello Ada, this is run 2")

    def test_what_is_no_text_is_refused(self) -> None:
        with self.assertRaises(Err) as raised:
            {{#if asynchronous}}asyncio.run({{/if}}skill.WitWorld().run('{"name": 1}'){{#if asynchronous}}){{/if}}
        self.assertEqual(raised.exception.value, types.SkillError_InvalidInput("`name` must be a text"))
{{/if}}


if __name__ == "__main__":
    unittest.main()
