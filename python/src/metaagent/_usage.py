from __future__ import annotations

from typing import TypedDict


class Usage(TypedDict, total=False):
    """Tokens of one model call; a missing or None count is unknown.

    Input tokens include the cached ones, output tokens the reasoning ones (OpenTelemetry).
    """

    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None


_WIRE_NAMES = {
    "input_tokens": "inputTokens",
    "output_tokens": "outputTokens",
    "cache_read_tokens": "cacheReadTokens",
    "cache_write_tokens": "cacheWriteTokens",
    "reasoning_tokens": "reasoningTokens",
}


def usage_on_the_wire(usage: Usage) -> dict[str, int]:
    """The counts under the names of the HTTP API; unknown ones are left out."""
    counts: dict[str, int] = {}
    for name, wire_name in _WIRE_NAMES.items():
        count = usage.get(name)
        if isinstance(count, int):
            counts[wire_name] = count
    return counts
