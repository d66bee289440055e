"""What a skill in Python needs beside its bindings: tool errors as exceptions, and `run` over values.

Copied into a skill by `mcp-codegen new`. It calls nothing by itself.
"""

import functools
import inspect
import json
from contextlib import contextmanager
from typing import Any, Awaitable, Callable, Iterator

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
    """Calls a tool; one that is `async` is awaited: `await call(tool)`. What the bindings raise becomes a `ToolError`."""
    with _tool_errors():
        answer = tool(*parameters)
    return _awaited(answer) if inspect.isawaitable(answer) else answer


async def _awaited(answer: Awaitable[Any]) -> Any:
    with _tool_errors():
        return await answer


@contextmanager
def _tool_errors() -> Iterator[None]:
    try:
        yield
    except Err as error:
        raise ToolError(error.value) from None


def skill(work: Callable[[Any], Any]) -> Callable[[str], Any]:
    """The `run` of a function from the input's value to the result's, `async` or not. What it raises becomes a `skill-error`."""

    @functools.wraps(work)
    def run(text: str) -> str:
        with _skill_errors():
            return _json(work(json.loads(text)))

    @functools.wraps(work)
    async def run_async(text: str) -> str:
        with _skill_errors():
            try:
                return _json(await work(json.loads(text)))
            finally:
                await _others()

    return run_async if inspect.iscoroutinefunction(work) else run


async def _others() -> None:
    """Waits for calls that no task awaits, as after an error in `asyncio.gather`: a run that leaves one behind traps."""
    # Here, because a skill that awaits nothing would carry a megabyte of it.
    import asyncio

    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def _skill_errors() -> Iterator[None]:
    try:
        yield
    except ToolError as error:
        raise Err(types.SkillError_Tool(error.error)) from None
    except InvalidInput as error:
        raise Err(types.SkillError_InvalidInput(str(error))) from None
    except Exception as error:
        raise Err(types.SkillError_Failed(f"{type(error).__name__}: {error}{_place(error)}")) from None


def _place(error: BaseException) -> str:
    """The last line of the skill's own files that the error came through."""
    own = __file__.removesuffix("mcp.py")
    place = ""
    frame = error.__traceback__
    while frame is not None:
        file = frame.tb_frame.f_code.co_filename
        if file.startswith(own) and file != __file__:
            place = f" ({file.removeprefix(own)}:{frame.tb_lineno})"
        frame = frame.tb_next
    return place


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(error: types.ToolError) -> str:
    """What the tool itself said, where it ran and failed; else the host's reason."""
    if isinstance(error, types.ToolError_Failed):
        texts = [block.value for block in error.value.content if isinstance(block, types.ContentBlock_Text)]
        return "\n".join(texts) or "the tool failed and did not say why"
    return str(error.value)
