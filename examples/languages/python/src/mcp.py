"""What a skill in Python needs beside its bindings: tool errors as exceptions, and `run` over values.

Copied into a skill by `mcp-codegen new`. It calls nothing by itself.
"""

import functools
import json
from typing import Any, Callable

from componentize_py_types import Err
from wit_world.imports import types


class ToolError(Exception):
    """A tool call without a result. `kind` is the case of `tool-error`, and `error` the whole variant."""

    def __init__(self, error: types.ToolError):
        super().__init__(_text(error))
        self.kind = type(error).__name__.removeprefix("ToolError_")
        self.error = error


class InvalidInput(Exception):
    """The input is not what the skill takes: raise it from the function under `skill`."""


def call(tool: Callable[..., Any], *parameters: Any) -> Any:
    """Calls a tool. What the bindings raise becomes a `ToolError`."""
    try:
        return tool(*parameters)
    except Err as error:
        raise ToolError(error.value) from None


def skill(work: Callable[[Any], Any]) -> Callable[[str], str]:
    """The `run` of a function from the input's value to the result's. What it raises becomes a `skill-error`."""

    @functools.wraps(work)
    def run(text: str) -> str:
        try:
            return json.dumps(work(json.loads(text)), ensure_ascii=False)
        except ToolError as error:
            raise Err(types.SkillError_Tool(error.error)) from None
        except InvalidInput as error:
            raise Err(types.SkillError_InvalidInput(str(error))) from None
        except Exception as error:
            raise Err(types.SkillError_Failed(f"{type(error).__name__}: {error}")) from None

    return run


def _text(error: types.ToolError) -> str:
    """What the tool itself said, where it ran and failed; else the host's reason."""
    if isinstance(error, types.ToolError_Failed):
        texts = [block.value for block in error.value.content if isinstance(block, types.ContentBlock_Text)]
        return "\n".join(texts) or "the tool failed and did not say why"
    return str(error.value)
