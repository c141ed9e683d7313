from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from enum import Enum
from typing import Any

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_DEPTH_MAX = 32
_LARGEST_EXACT = 2**53


def snapshot(value: object, field_characters: int) -> Json:
    """A copy of any value as JSON, taken now, so that the agent may go on changing its own.

    Never raises: what JSON cannot say becomes a text that says so (`[circular]`, `[function]`), long texts are cut
    with a mark.
    """
    try:
        return _copy(value, frozenset(), field_characters)
    except Exception:
        return "[unreadable]"


def cut(text: str, characters_max: int) -> str:
    """The text without lone surrogates, cut with a mark beyond `characters_max`."""
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    if len(whole) <= characters_max:
        return whole
    return f"{whole[:characters_max]}… [{len(whole) - characters_max} characters cut]"


def instant(at: datetime | None = None) -> str:
    """A time as ISO 8601 in UTC with milliseconds; None is now. A time without a zone is taken as local."""
    moment = datetime.now(timezone.utc) if at is None else at.astimezone(timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _copy(value: object, ancestors: frozenset[int], characters_max: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _copy(value.value, ancestors, characters_max)
    if isinstance(value, str):
        return cut(value, characters_max)
    if isinstance(value, int):
        return int(value) if abs(value) < _LARGEST_EXACT else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"[{len(value)} bytes]"
    if isinstance(value, BaseException):
        return {"name": type(value).__name__, "message": cut(str(value), characters_max)}
    if id(value) in ancestors:
        return "[circular]"
    if len(ancestors) >= _DEPTH_MAX:
        return "[too deep]"
    return _copy_whole(value, ancestors | {id(value)}, characters_max)


def _copy_whole(value: object, ancestors: frozenset[int], characters_max: int) -> Json:
    if isinstance(value, Mapping):
        return {cut(str(key), 300): _copy(item, ancestors, characters_max) for key, item in value.items()}
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return _copy(dump(), ancestors, characters_max)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return _copy(fields, ancestors, characters_max)
    if isinstance(value, (list, tuple, set, frozenset)):
        items: Iterable[Any] = value
        return [_copy(item, ancestors, characters_max) for item in items]
    if callable(value):
        return f"[function {getattr(value, '__name__', '')}]".replace(" ]", "]")
    return cut(f"[{type(value).__name__}] {value}", characters_max)
