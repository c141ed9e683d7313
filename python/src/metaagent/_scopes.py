from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Any, Literal, TypeVar, cast

from ._ids import new_action_id
from ._judging import Judgment, judgment_row
from ._reporter import Reporter
from ._snapshot import Json, cut, instant, snapshot
from ._usage import Usage, usage_on_the_wire

ActionKind = Literal["llm", "embedding", "tool", "retrieval", "agent", "guardrail", "evaluation", "other"]
ActionStatus = Literal["success", "failure", "cancelled"]
ExecutionStatus = Literal["success", "failure", "cancelled"]
Attributes = Mapping[str, str | int | float | bool]
Row = dict[str, Json]

MISSING: Any = object()
_NAME_CHARACTERS_MAX = 200


class Scope:
    """What steps can be reported into: an execution or an action. As a context it ends what was not ended inside."""

    def __init__(self, reporter: Reporter, execution: Row, parent_action_id: str | None) -> None:
        self._reporter = reporter
        self._execution = execution
        self._parent_action_id = parent_action_id
        self._ended = False
        self._tokens: list[Token[Scope | None]] = []

    @property
    def execution_id(self) -> str:
        """32 hex digits; also the OpenTelemetry trace id."""
        return str(self._execution["executionId"])

    def action(
        self,
        *,
        kind: ActionKind,
        name: str,
        provider: str | None = None,
        model: str | None = None,
        input: object = MISSING,
        attributes: Attributes | None = None,
        action_id: str | None = None,
        started_at: datetime | None = None,
    ) -> Action:
        """Starts a step inside this one; it is reported when it ends."""
        settings = self._reporter.settings
        start: Row = {
            "executionId": self._execution["executionId"],
            "actionId": action_id or new_action_id(),
            "parentActionId": self._parent_action_id,
            "agent": self._execution["agent"],
            "environment": self._execution["environment"],
            "kind": kind,
            "name": name_of(name),
            "startedAt": instant(started_at),
        }
        if "release" in self._execution:
            start["release"] = self._execution["release"]
        if provider is not None:
            start["provider"] = cut(provider, 190)
        if model is not None:
            start["model"] = cut(model, 290)
        if input is not MISSING and not settings.disabled:
            start["input"] = snapshot(input, settings.field_characters)
        if attributes is not None:
            start["attributes"] = attributes_of(attributes)
        return Action(self._reporter, self._execution, start)

    def judge(self, judgment: Judgment) -> None:
        """Reports what a judge says of this run or step, also after it ended. The key needs `judgments:write`."""
        step = self._parent_action_id
        if step is None:
            self._reporter.report("events", lambda: judgment_row(judgment, "execution", self.execution_id))
        else:
            self._reporter.report("events", lambda: judgment_row(judgment, "action", f"{self.execution_id}/{step}"))

    def _end_as(self, status: ActionStatus, error: BaseException | None) -> None:
        raise NotImplementedError

    def __enter__(self: _S) -> _S:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        token = self._tokens.pop()
        try:
            _current.reset(token)
        except ValueError:
            # Left in another context than entered (a generator closed by somebody else): nothing to restore there.
            _current.set(token.old_value if token.old_value is not Token.MISSING else None)
        if error is None:
            self._end_as("success", None)
        else:
            self._end_as("failure" if isinstance(error, Exception) else "cancelled", error)

    async def __aenter__(self: _S) -> _S:
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, error, trace)


_S = TypeVar("_S", bound=Scope)
_current: ContextVar[Scope | None] = ContextVar("metaagent_scope", default=None)


def current_scope() -> Scope | None:
    """The innermost execution or action whose `with` block runs now in this thread or task; None outside of any."""
    return _current.get()


class Execution(Scope):
    """One run of an agent, open until `end`."""

    def __init__(self, reporter: Reporter, base: Row) -> None:
        super().__init__(reporter, base, None)
        self._reported_at = datetime.min.replace(tzinfo=timezone.utc)
        self._tell("running")

    def wait(self, reason: str | None = None) -> None:
        """Says that a person or an event is awaited; `resume` or `end` may follow."""
        if not self._ended:
            self._tell("waiting", reason)

    def resume(self) -> None:
        """Says that what was awaited has come and the run goes on."""
        if not self._ended:
            self._tell("running")

    def _tell(self, status: Literal["running", "waiting"], reason: str | None = None) -> None:
        # The later of two open reports counts, so each is at least a millisecond after the one before.
        now = datetime.now(timezone.utc)
        self._reported_at = max(now, self._reported_at + timedelta(milliseconds=1))
        told: Row = {"status": status, "reportedAt": instant(self._reported_at)}
        if reason is not None:
            told["endReason"] = name_of(reason)
        self._reporter.report("executions", lambda: {**self._execution, **told})

    def wait_and_leave(self, reason: str | None = None) -> None:
        """As `wait`, for a run that goes on elsewhere: the end of a `with` block leaves it waiting."""
        self.wait(reason)
        self._ended = True

    def end(
        self,
        *,
        status: ExecutionStatus | None = None,
        output: object = MISSING,
        error: object = None,
        end_reason: str | None = None,
        score: float | None = None,
        reported_cost_usd: float | None = None,
        attributes: Attributes | None = None,
        ended_at: datetime | None = None,
    ) -> None:
        """Reports the outcome; the first call counts. Without `status` it is a success unless there is an error."""
        if self._ended:
            return
        self._ended = True
        common = _Ending(status, error, output, attributes, reported_cost_usd, ended_at)

        def row() -> Row:
            fields = common.added_to(self._execution, self._reporter)
            if end_reason is not None:
                fields["endReason"] = name_of(end_reason)
            if score is not None:
                fields["score"] = float(score)
            return fields

        self._reporter.report("executions", row)

    def _end_as(self, status: ActionStatus, error: BaseException | None) -> None:
        self.end(status=status, error=error)


class Action(Scope):
    """One step of an execution, open until `end`."""

    def __init__(self, reporter: Reporter, execution: Row, start: Row) -> None:
        super().__init__(reporter, execution, str(start["actionId"]))
        self._start = start

    @property
    def action_id(self) -> str:
        """16 hex digits; also the OpenTelemetry span id."""
        return str(self._start["actionId"])

    def end(
        self,
        *,
        status: ActionStatus | None = None,
        output: object = MISSING,
        error: object = None,
        usage: Usage | None = None,
        model: str | None = None,
        reported_cost_usd: float | None = None,
        attributes: Attributes | None = None,
        ended_at: datetime | None = None,
    ) -> None:
        """Reports the step; the first call counts. `model` is the one that answered, where it is another."""
        if self._ended:
            return
        self._ended = True
        common = _Ending(status, error, output, attributes, reported_cost_usd, ended_at)

        def row() -> Row:
            fields = common.added_to(self._start, self._reporter)
            if model is not None:
                fields["model"] = cut(model, 290)
            if usage is not None:
                fields["usage"] = cast(Json, usage_on_the_wire(usage))
            return fields

        self._reporter.report("actions", row)

    def _end_as(self, status: ActionStatus, error: BaseException | None) -> None:
        self.end(status=status, error=error)


@dataclass(frozen=True)
class _Ending:
    """What the ends of executions and actions have in common."""

    status: str | None
    error: object
    output: object
    attributes: Attributes | None
    reported_cost_usd: float | None
    ended_at: datetime | None

    def added_to(self, start: Row, reporter: Reporter) -> Row:
        fields: Row = {
            **start,
            "status": self.status or ("success" if self.error is None else "failure"),
            "endedAt": instant(self.ended_at),
            **_error_fields(self.error),
        }
        if self.reported_cost_usd is not None:
            fields["reportedCostUsd"] = float(self.reported_cost_usd)
        if self.output is not MISSING:
            fields["output"] = snapshot(self.output, reporter.settings.field_characters)
        if self.attributes is not None:
            fields["attributes"] = {**cast(Row, start.get("attributes", {})), **attributes_of(self.attributes)}
        return fields


@contextmanager
def inside(scope: Scope) -> Iterator[None]:
    """Only while the generator runs: what its consumer does between two items is not a step of it."""
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)


def name_of(text: str) -> str:
    """A name as the server takes it: one line, trimmed, at most 200 characters."""
    printable = "".join(" " if character < " " or character == "\x7f" else character for character in text).strip()
    return printable.encode("utf-8", "replace").decode("utf-8")[:_NAME_CHARACTERS_MAX].strip() or "unnamed"


def attributes_of(attributes: Attributes) -> Row:
    kept: Row = {}
    for key, value in attributes.items():
        plain = snapshot(value, 10_000)
        if plain is None:
            continue
        is_scalar = isinstance(plain, (str, int, float, bool))
        kept[cut(str(key), 290)] = plain if is_scalar else json.dumps(plain, ensure_ascii=False)
    return kept


def _error_fields(error: object) -> Row:
    if error is None:
        return {}
    kind = type(error).__name__ if isinstance(error, BaseException) else "Error"
    return {"errorType": kind[:300], "errorMessage": cut(str(error), 9_900)}
