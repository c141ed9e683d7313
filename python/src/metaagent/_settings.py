from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class LoggerStats:
    """What became of the rows so far: `queued + sent + rejected + dropped` is everything that was reported."""

    queued: int
    sent: int
    rejected: int
    """Refused by the server for good: a schema fault, a bad key."""
    dropped: int
    """Never sent: the queue was full, or the logger was closed while the server was away."""
    last_error: str | None
    """The last complaint of server or network; None when the last request succeeded."""


@dataclass(frozen=True)
class Settings:
    """How a logger reaches MetaAgent and how much it may hold. Options first, then the environment, then defaults."""

    url: str
    api_key: str
    agent: str
    environment: str
    release: str | None
    disabled: bool
    batch_rows: int
    flush_interval_ms: int
    queue_rows: int
    queue_bytes: int
    field_characters: int
    request_timeout_ms: int
    on_loss: Callable[[LoggerStats], None] | None
    transport: httpx.BaseTransport | None


def text_setting(given: str | None, name: str, fallback: str) -> str:
    """The option if it was given, else the environment variable if it says something, else the default."""
    return given if given is not None else (os.environ.get(name) or fallback)


def is_disabled(given: bool | None) -> bool:
    """Whether every call does nothing: the option, else `METAAGENT_DISABLED` as 1, true or yes."""
    if given is not None:
        return given
    return os.environ.get("METAAGENT_DISABLED", "").lower() in ("1", "true", "yes")
