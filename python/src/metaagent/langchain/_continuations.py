from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Protocol

_THREADS_MAX = 10_000


@dataclass(frozen=True)
class WaitingExecution:
    """An execution that waits for a person or an event and will be continued."""

    execution_id: str
    started_at: datetime
    """The duration of the whole counts from here."""


class Continuations(Protocol):
    """Remembers which execution of a thread waits, so that its resumption continues it instead of starting another.

    Keys are opaque. The default lives in the process; give one on your own database if runs resume elsewhere.
    """

    def load(self, key: str) -> WaitingExecution | None:
        """The execution that waits under this key."""
        ...

    def save(self, key: str, waiting: WaitingExecution) -> None:
        """Remembers it."""
        ...

    def forget(self, key: str) -> None:
        """Nothing waits under this key any more."""
        ...


class MemoryContinuations:
    """Continuations in memory: the last 10,000 waiting threads."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, WaitingExecution] = OrderedDict()
        self._lock = Lock()

    def load(self, key: str) -> WaitingExecution | None:
        """The execution that waits under this key."""
        with self._lock:
            return self._waiting.get(key)

    def save(self, key: str, waiting: WaitingExecution) -> None:
        """Remembers it; of too many the oldest is forgotten."""
        with self._lock:
            self._waiting[key] = waiting
            self._waiting.move_to_end(key)
            if len(self._waiting) > _THREADS_MAX:
                self._waiting.popitem(last=False)

    def forget(self, key: str) -> None:
        """Nothing waits under this key any more."""
        with self._lock:
            self._waiting.pop(key, None)
