from __future__ import annotations

import atexit
import gzip
import json
import os
import random
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import httpx

from ._settings import LoggerStats, Settings

RowList = Literal["executions", "actions", "events"]

_BACKOFF_FIRST_MS = 250
_BACKOFF_MAX_MS = 30_000
_RETRY_AFTER_MAX_S = 300
# A server stops reading at 5,000 rows of a kind and 16 MiB; a request stays well under both.
_REQUEST_BYTES_MAX = 2 * 1_048_576
_COMPRESS_FROM_BYTES = 2_048
_LOSS_NOTICE_EVERY_S = 60.0
# An agent that ends must not hang on a server that does.
_EXIT_WAIT_S = 2.0


@dataclass(frozen=True)
class _Row:
    list: RowList
    text: str

    @property
    def address(self) -> str:
        """Judgments have an address of their own."""
        return "/api/v1/qa/events" if self.list == "events" else "/api/v1/telemetry"


@dataclass(frozen=True)
class _Outcome:
    kind: Literal["stored", "refused", "later"]
    rejected: int = 0
    why: str | None = None
    wait_s: float | None = None


class Sender:
    """A bounded queue that a thread empties in batches, one request at a time.

    Rows wait while the server is away, up to the limits; beyond them new rows are dropped and counted. Nothing here
    raises into the agent.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reset()
        _senders.add(self)

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._queue: deque[_Row] = deque()
        self._queued_bytes = 0
        self._in_flight = 0
        self._sent = 0
        self._rejected = 0
        self._dropped = 0
        self._last_error: str | None = None
        self._failures = 0
        self._wait_s: float | None = None
        self._thread: threading.Thread | None = None
        self._client: httpx.Client | None = None
        self._closed = False
        self._ending = False
        self._noticed_at_s = float("-inf")

    def after_fork(self) -> None:
        """In a child process: the parent's thread, connection and rows are the parent's."""
        self._reset()

    @property
    def stats(self) -> LoggerStats:
        """What became of the rows so far."""
        with self._changed:
            queued = len(self._queue) + self._in_flight
            return LoggerStats(queued, self._sent, self._rejected, self._dropped, self._last_error)

    def push(self, row_list: RowList, text: str) -> None:
        """Queues a row, or drops and counts it."""
        settings = self._settings
        with self._changed:
            full = len(self._queue) + self._in_flight >= settings.queue_rows
            full = full or self._queued_bytes + len(text) > settings.queue_bytes
            if not settings.api_key and self._last_error is None:
                self._last_error = "no API key is set (METAAGENT_API_KEY)"
            kept = not (self._closed or full or not settings.api_key)
            if kept:
                self._queue.append(_Row(row_list, text))
                self._queued_bytes += len(text)
                if self._thread is None:
                    self._start()
                elif len(self._queue) == settings.batch_rows and self._failures == 0:
                    self._changed.notify()
        if not kept:
            self.lose()

    def lose(self, rows: int = 1) -> None:
        """Counts rows that could not be queued."""
        with self._changed:
            self._dropped += rows
        self._notice()

    def flush(self) -> None:
        """Tries to send everything that is queued now, once; returns when done or given up."""
        with self._changed:
            end = self._settled() + len(self._queue) + self._in_flight
        while True:
            with self._changed:
                if self._settled() >= end:
                    return
                failures = self._failures
            self._send_one()
            with self._changed:
                if self._failures > failures:
                    return

    def close(self, wait_s: float) -> None:
        """Flushes for at most `wait_s`, trying again while the server is away; what is left is dropped and counted."""
        until_s = time.monotonic() + wait_s
        while self.stats.queued > 0 and time.monotonic() < until_s:
            self.flush()
            if self.stats.queued > 0:
                time.sleep(max(0.0, min(self._backoff_s(), until_s - time.monotonic())))
        with self._changed:
            self._closed = True
            left = len(self._queue)
            self._queue.clear()
            self._queued_bytes = 0
            self._changed.notify_all()
        if left > 0:
            self.lose(left)
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def drain(self, wait_s: float) -> None:
        """At the end of the process: lets the thread send what is queued, for at most `wait_s`."""
        until_s = time.monotonic() + wait_s
        with self._changed:
            self._ending = True
            self._changed.notify_all()
            while self._thread is not None and self._queue and (left_s := until_s - time.monotonic()) > 0:
                self._changed.wait(left_s)
            while self._thread is not None and self._in_flight > 0 and (left_s := until_s - time.monotonic()) > 0:
                self._changed.wait(left_s)

    def _settled(self) -> int:
        return self._sent + self._rejected + self._dropped

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="metaagent-sender", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            # The interpreter is shutting down; what is queued goes out with the flush at exit.
            self._thread = None

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                wait_s = self._backoff_s() if self._failures > 0 else self._settings.flush_interval_ms / 1000
                if not self._ending and (self._failures > 0 or len(self._queue) < self._settings.batch_rows):
                    self._changed.wait(wait_s)
                if self._closed:
                    return
            self._send_one()

    def _send_one(self) -> None:
        # One request at a time keeps the rows of an execution in their order.
        with self._sending:
            rows = self._take()
            if not rows:
                return
            outcome = self._request(rows)
            with self._changed:
                self._in_flight = 0
                self._wait_s = None
                self._changed.notify_all()
                if outcome.kind == "later":
                    self._failures += 1
                    self._last_error = outcome.why
                    self._wait_s = outcome.wait_s
                    self._queue.extendleft(reversed(rows))
                    self._queued_bytes += _bytes_of(rows)
                    return
                self._failures = 0
                self._last_error = outcome.why
                rejected = len(rows) if outcome.kind == "refused" else outcome.rejected
                self._rejected += rejected
                self._sent += len(rows) - rejected
        if outcome.kind == "refused":
            self._notice()

    def _take(self) -> list[_Row]:
        """The oldest rows that go where the very first goes; the others keep their order."""
        with self._changed:
            rows: list[_Row] = []
            left: deque[_Row] = deque()
            size = 0
            while self._queue and len(rows) < self._settings.batch_rows:
                row = self._queue[0]
                if rows and row.address == rows[0].address and size + len(row.text) > _REQUEST_BYTES_MAX:
                    break
                self._queue.popleft()
                if rows and row.address != rows[0].address:
                    left.append(row)
                    continue
                rows.append(row)
                size += len(row.text)
            self._queue.extendleft(reversed(left))
            self._queued_bytes -= size
            self._in_flight = len(rows)
            return rows

    def _backoff_s(self) -> float:
        """Exponential with full jitter (Brooker, AWS 2015), or what the server asked for."""
        if self._wait_s is not None:
            return self._wait_s * (1 + 0.1 * random.random())
        ceiling = min(_BACKOFF_MAX_MS, _BACKOFF_FIRST_MS * 2 ** min(self._failures, 10))
        return float(ceiling) / 1000 * (0.1 + 0.9 * random.random())

    def _request(self, rows: Sequence[_Row]) -> _Outcome:
        try:
            if self._client is None:
                timeout = self._settings.request_timeout_ms / 1000
                self._client = httpx.Client(timeout=timeout, transport=self._settings.transport)
            body = _body_of(rows)
            headers = {"content-type": "application/json", "authorization": f"Bearer {self._settings.api_key}"}
            if len(body) >= _COMPRESS_FROM_BYTES:
                body = gzip.compress(body, 1)
                headers["content-encoding"] = "gzip"
            address = f"{self._settings.url}{rows[0].address}"
            return _outcome_of(self._client.post(address, content=body, headers=headers))
        except Exception as error:
            return _Outcome("later", why=f"{type(error).__name__}: {error}")

    def _notice(self) -> None:
        on_loss = self._settings.on_loss
        now_s = time.monotonic()
        if on_loss is None or now_s - self._noticed_at_s < _LOSS_NOTICE_EVERY_S:
            return
        self._noticed_at_s = now_s
        try:
            on_loss(self.stats)
        except Exception:
            # The callback is the agent's own code; its faults must not come back through us.
            return


def _bytes_of(rows: Sequence[_Row]) -> int:
    return sum(len(row.text) for row in rows)


def _body_of(rows: Sequence[_Row]) -> bytes:
    if rows[0].list == "events":
        return f'{{"events":[{",".join(row.text for row in rows)}]}}'.encode()
    executions = ",".join(row.text for row in rows if row.list == "executions")
    actions = ",".join(row.text for row in rows if row.list == "actions")
    return f'{{"executions":[{executions}],"actions":[{actions}]}}'.encode()


def _outcome_of(response: httpx.Response) -> _Outcome:
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    fields = body if isinstance(body, dict) else {}
    if response.is_success:
        rejected = fields.get("rejected")
        return _Outcome("stored", rejected=len(rejected) if isinstance(rejected, list) else 0)
    why = f"{response.status_code} {fields.get('code') or ''} {fields.get('detail') or ''}".strip()
    if response.status_code not in (408, 429) and response.status_code < 500:
        return _Outcome("refused", why=why)
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        seconds = 0.0
    return _Outcome("later", why=why, wait_s=min(seconds, _RETRY_AFTER_MAX_S) if seconds > 0 else None)


_senders: weakref.WeakSet[Sender] = weakref.WeakSet()


def _flush_all() -> None:
    for sender in list(_senders):
        sender.drain(_EXIT_WAIT_S)


def _forget_parents() -> None:
    for sender in list(_senders):
        sender.after_fork()


atexit.register(_flush_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents)
