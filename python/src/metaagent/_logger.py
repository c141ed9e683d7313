from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar

import httpx

from ._decorating import traced
from ._ids import new_execution_id
from ._judging import Judgment, SubjectKind, judgment_row
from ._reporter import Reporter
from ._scopes import MISSING, Action, ActionKind, Attributes, Execution, Row, attributes_of, current_scope, name_of
from ._settings import LoggerStats, Settings, is_disabled, text_setting
from ._snapshot import cut, instant, snapshot

_P = ParamSpec("_P")
_T = TypeVar("_T")


class AgentLogger:
    """Reports what an agent does to MetaAgent.

    Calls return at once and never raise into the agent; rows are sent in batches in the background, wait while the
    server is away, and are dropped and counted beyond the queue's limits.

        logger = AgentLogger(agent="support", release="v12")
        with logger.start_execution(input=question) as run:
            with run.action(kind="llm", name="answer", model="gpt-4.1") as call:
                call.end(output=answer, usage={"input_tokens": 812, "output_tokens": 64})
            run.end(output=answer)

    Options that are not given come from `METAAGENT_URL`, `METAAGENT_API_KEY`, `METAAGENT_AGENT`,
    `METAAGENT_ENVIRONMENT`, `METAAGENT_RELEASE` and `METAAGENT_DISABLED`.
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        api_key: str | None = None,
        agent: str | None = None,
        environment: str | None = None,
        release: str | None = None,
        disabled: bool | None = None,
        batch_rows: int = 200,
        flush_interval_ms: int = 1_000,
        queue_rows: int = 10_000,
        queue_bytes: int = 16 * 1_048_576,
        field_characters: int = 262_144,
        request_timeout_ms: int = 10_000,
        on_loss: Callable[[LoggerStats], None] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        settings = Settings(
            url=text_setting(url, "METAAGENT_URL", "http://localhost:8001").rstrip("/"),
            api_key=text_setting(api_key, "METAAGENT_API_KEY", ""),
            agent=text_setting(agent, "METAAGENT_AGENT", "agent"),
            environment=text_setting(environment, "METAAGENT_ENVIRONMENT", "production"),
            release=text_setting(release, "METAAGENT_RELEASE", "") or None,
            disabled=is_disabled(disabled),
            batch_rows=batch_rows,
            flush_interval_ms=flush_interval_ms,
            queue_rows=queue_rows,
            queue_bytes=queue_bytes,
            field_characters=field_characters,
            request_timeout_ms=request_timeout_ms,
            on_loss=on_loss,
            transport=transport,
        )
        self._reporter = Reporter(settings)

    @property
    def stats(self) -> LoggerStats:
        """What became of the rows so far."""
        return self._reporter.sender.stats

    def start_execution(
        self,
        *,
        input: object = MISSING,
        agent: str | None = None,
        environment: str | None = None,
        release: str | None = None,
        execution_id: str | None = None,
        conversation_id: str | None = None,
        unit: str | None = None,
        synthetic: bool | None = None,
        attributes: Attributes | None = None,
        started_at: datetime | None = None,
    ) -> Execution:
        """Begins an execution and reports it as running.

        `execution_id` is 32 hex digits (an OpenTelemetry trace id joins both worlds); `unit` is the task or case and
        pairs the same work across releases.
        """
        settings = self._reporter.settings
        base: Row = {
            "executionId": execution_id or new_execution_id(),
            "agent": name_of(agent or settings.agent),
            "environment": name_of(environment or settings.environment),
            "startedAt": instant(started_at),
        }
        if (release or settings.release) is not None:
            base["release"] = name_of(release or settings.release or "")
        if conversation_id is not None:
            base["conversationId"] = cut(str(conversation_id), 290)
        if unit is not None:
            base["unit"] = cut(str(unit), 490)
        if synthetic is not None:
            base["synthetic"] = synthetic
        if input is not MISSING and not settings.disabled:
            base["input"] = snapshot(input, settings.field_characters)
        if attributes is not None:
            base["attributes"] = attributes_of(attributes)
        return Execution(self._reporter, base)

    def judge(self, judgment: Judgment, *, kind: SubjectKind, id: str) -> None:
        """Reports what a judge says of anything with a name: `kind="series", id="nightly"`.

        Runs and steps have `judge` themselves. The key needs the scope `judgments:write`.
        """
        self._reporter.report("events", lambda: judgment_row(judgment, kind, id))

    def flush(self) -> None:
        """Sends what is queued, once; returns when done or when the server is away. Never raises."""
        self._reporter.sender.flush()

    def close(self, wait_s: float = 5.0) -> None:
        """Sends what is queued for at most `wait_s`, then drops the rest and stops."""
        self._reporter.sender.close(wait_s)

    def trace(self, function: Callable[_P, _T], /) -> Callable[_P, _T]:
        """Decorates a function: called on its own it is an execution, called inside one it is a step of that.

        Works for plain, async and generator functions. Arguments become the input, the result (of a generator: what it
        yielded) the output; an exception is a failure and passes through.
        """
        return traced(function, lambda arguments: self._open(function.__name__, "other", arguments))

    def trace_as(
        self, kind: ActionKind = "other", *, name: str | None = None
    ) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
        """As `trace`, with the step's kind and name: `@logger.trace_as("tool", name="lookup")`."""

        def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
            return traced(function, lambda arguments: self._open(name or function.__name__, kind, arguments))

        return decorate

    def _open(self, name: str, kind: ActionKind, arguments: object) -> Execution | Action:
        outer = current_scope()
        if outer is None:
            return self.start_execution(input=arguments, attributes={"code.function.name": name})
        return outer.action(kind=kind, name=name, input=arguments)
