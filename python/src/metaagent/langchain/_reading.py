from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from metaagent._usage import Usage

_Fields = Mapping[str, Any]
_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant"}
# Names that LangGraph and LangChain give when nobody else did.
_DEFAULT_NAMES = re.compile(r"^(LangGraph|Runnable\w*|CompiledStateGraph|CompiledGraph|Pregel|chain)$")
_CLASS_NAMES = re.compile(r"^(Runnable\w+|ChannelWrite|_write)(<.*>)?$")
_REPORTED_METADATA = ("langgraph_node", "langgraph_step", "langgraph_checkpoint_ns", "ls_temperature")


@dataclass(frozen=True)
class Facts:
    """What LangChain tells when a run starts."""

    run_id: str
    name: str
    tags: Sequence[str]
    metadata: _Fields


def is_plumbing(facts: Facts) -> bool:
    """Whether a run is machinery of the framework.

    Those that LangChain itself hides from its traces, and wrappers that have no name but that of their class.
    """
    return "langsmith:hidden" in facts.tags or _CLASS_NAMES.match(facts.name) is not None


def agent_name_of(facts: Facts) -> str | None:
    """The name that somebody gave to the graph or chain."""
    given = facts.metadata.get("lc_agent_name")
    if isinstance(given, str) and given:
        return given
    return None if _DEFAULT_NAMES.match(facts.name) else facts.name


def session_of(metadata: _Fields) -> str | None:
    """The conversation: LangGraph's thread, else what metadata call a session or conversation."""
    for key in ("thread_id", "session_id", "conversation_id"):
        value = metadata.get(key)
        if isinstance(value, (str, int)) and value != "":
            return str(value)[:290]
    return None


def is_resumption(inputs: object) -> bool:
    """`Command(resume=…)`, or no input at all: how LangGraph is told to go on with a thread."""
    if inputs is None:
        return True
    if type(inputs).__name__ == "Command":
        return getattr(inputs, "resume", None) is not None
    return isinstance(inputs, Mapping) and set(inputs) == {"input"} and is_resumption(inputs["input"])


def step_attributes(facts: Facts) -> dict[str, str | int | float | bool]:
    """What is kept of LangChain's metadata and tags."""
    attributes: dict[str, str | int | float | bool] = {"langchain.run_id": facts.run_id}
    for key in _REPORTED_METADATA:
        value = facts.metadata.get(key)
        if isinstance(value, (str, int, float)):
            attributes[key] = value
    if facts.tags:
        attributes["langchain.tags"] = ",".join(facts.tags)
    return attributes


@dataclass(frozen=True)
class Ending:
    """How a run ended, as its error says; `waiting` and `handed-over` are control flow, not failures."""

    kind: Literal["failure", "cancelled", "waiting", "handed-over"]
    error: BaseException | None = None
    reason: str | None = None
    interrupts: object = None


def ending_of(error: BaseException) -> Ending:
    """Reads an error of LangChain or LangGraph. Names are compared, so that LangGraph need not be installed."""
    names = [kind.__name__ for kind in type(error).__mro__]
    if "GraphInterrupt" in names or "NodeInterrupt" in names:
        return Ending("waiting", reason="interrupt", interrupts=error.args[0] if error.args else None)
    if "GraphDrained" in names:
        return Ending("waiting", reason="drained")
    if "GraphBubbleUp" in names:
        return Ending("handed-over")
    if "GraphRecursionError" in names:
        return Ending("failure", error, reason="max_steps")
    if not isinstance(error, Exception):
        return Ending("cancelled", error, reason="aborted")
    return Ending("failure", error)


@dataclass(frozen=True)
class LlmOutcome:
    """What the callbacks say about one model call."""

    usage: Usage | None
    model: str | None
    finish_reason: str | None
    output: object


def outcome_of(result: object) -> LlmOutcome:
    """Reads LangChain's `LLMResult`.

    Tokens come from the message's `usage_metadata` (cached tokens included in the input, reasoning in the output,
    whatever the provider), else from the older `llm_output["token_usage"]`.
    """
    generations = [item for batch in getattr(result, "generations", []) for item in batch]
    messages = [getattr(generation, "message", None) for generation in generations]
    meta = _fields(getattr(messages[0], "response_metadata", None)) if messages else {}
    older = _fields(getattr(result, "llm_output", None))
    info = _fields(getattr(generations[0], "generation_info", None)) if generations else {}
    return LlmOutcome(
        usage=_usage_of([_fields(getattr(message, "usage_metadata", None)) for message in messages])
        or _older_usage(_fields(older.get("token_usage"))),
        model=_first_text(meta.get("model_name"), meta.get("model"), older.get("model_name"), older.get("model")),
        finish_reason=_first_text(meta.get("finish_reason"), meta.get("stop_reason"), info.get("finish_reason")),
        output=[
            plain(message) if message is not None else getattr(generation, "text", None)
            for generation, message in zip(generations, messages, strict=True)
        ],
    )


def _usage_of(metadata: Sequence[_Fields]) -> Usage | None:
    known = [usage for usage in metadata if isinstance(usage.get("input_tokens"), int)]
    if not known:
        return None

    def total(*path: str) -> int | None:
        counts = [_at(usage, path) for usage in known]
        whole = [count for count in counts if isinstance(count, int)]
        return sum(whole) if whole else None

    return {
        "input_tokens": total("input_tokens"),
        "output_tokens": total("output_tokens"),
        "cache_read_tokens": total("input_token_details", "cache_read"),
        "cache_write_tokens": total("input_token_details", "cache_creation"),
        "reasoning_tokens": total("output_token_details", "reasoning"),
    }


def _older_usage(usage: _Fields) -> Usage | None:
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    if not any(isinstance(count, int) for count in counts):
        return None
    return {"input_tokens": counts[0], "output_tokens": counts[1]}


def plain(value: object, depth: int = 3) -> object:
    """A copy in which LangChain's messages are role, content and tool calls instead of a class."""
    if isinstance(value, (list, tuple)):
        return [plain(item, depth - 1) for item in value] if depth > 0 else list(value)
    kind = getattr(value, "type", None)
    if isinstance(kind, str) and hasattr(value, "content") and not isinstance(value, Mapping):
        message: dict[str, object] = {"role": _ROLES.get(kind, kind), "content": getattr(value, "content", None)}
        for name in ("tool_calls", "tool_call_id"):
            extra = getattr(value, name, None)
            if extra:
                message[name] = extra
        return message
    if depth > 0 and isinstance(value, Mapping):
        return {str(key): plain(item, depth - 1) for key, item in value.items()}
    return value


def _fields(value: object) -> _Fields:
    return value if isinstance(value, Mapping) else {}


def _at(fields: _Fields, path: Sequence[str]) -> object:
    value: object = fields
    for key in path:
        value = _fields(value).get(key)
    return value


def _first_text(*values: object) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)
