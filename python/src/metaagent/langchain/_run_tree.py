from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from threading import RLock
from typing import Any

from metaagent._logger import AgentLogger
from metaagent._scopes import Action, Execution, Scope

from ._reading import Ending

# Runs that never end (a stream nobody read to its end) must not grow without limit.
_RUNS_MAX = 20_000


@dataclass
class OpenRoot:
    """What all runs below one root share."""

    execution: Execution | None
    """None below a parent that somebody else reports."""
    started_at: datetime
    thread: str | None
    """Key of its continuation; None when it cannot be resumed."""
    waiting: Ending | None = None


@dataclass
class OpenRun:
    """A run that LangChain started and has not ended."""

    scope: Scope
    """Where its children are reported."""
    action: Action | None
    """The step that it is; None for a root, and for plumbing that is folded into its parent."""
    root: OpenRoot
    is_root: bool
    started_at_s: float = field(default_factory=time.monotonic)
    first_token_at_s: float | None = None


class RunTree:
    """Maps LangChain's tree of runs to executions and actions."""

    def __init__(self, logger: AgentLogger, parent: Scope | None) -> None:
        self._logger = logger
        self._parent = parent
        self._runs: OrderedDict[str, OpenRun] = OrderedDict()
        self._lock = RLock()

    def get(self, run_id: str) -> OpenRun | None:
        """An open run."""
        return self._runs.get(run_id)

    def open_root(
        self, run_id: str, execution: dict[str, Any], thread: str | None, step: dict[str, Any], is_single_call: bool
    ) -> None:
        """Opens a root; a single call without a chain around it is a step inside its own execution."""
        started_at = execution.get("started_at") or datetime.now(timezone.utc)
        if self._parent is not None:
            action = self._parent.action(**(step if is_single_call else {**step, "kind": "agent"}))
            return self._keep(run_id, OpenRun(action, action, OpenRoot(None, started_at, None), True))
        run = self._logger.start_execution(**{**execution, "started_at": started_at})
        single = run.action(**step) if is_single_call else None
        self._keep(run_id, OpenRun(single or run, single, OpenRoot(run, started_at, thread), True))

    def open_child(self, run_id: str, parent: OpenRun, step: dict[str, Any] | None) -> None:
        """Opens a run below another; None folds it into its parent."""
        action = None if step is None else parent.scope.action(**step)
        self._keep(run_id, OpenRun(action or parent.scope, action, parent.root, False))

    def end(self, run_id: str, end: dict[str, Any]) -> OpenRun | None:
        """Ends a run well. Answers the root if it ended with it."""
        run = self._take(run_id)
        if run is None:
            return None
        root = run.root
        if run.is_root and root.waiting is not None:
            # A graph ends without an error when it was interrupted; its nodes told so.
            _end_step(run.action, root.waiting)
            if root.execution is not None:
                root.execution.wait(root.waiting.reason)
            return run
        if run.action is not None:
            run.action.end(**end)
        if not run.is_root:
            return None
        if root.execution is not None:
            root.execution.end(status="success", **({"output": end["output"]} if "output" in end else {}))
        return run

    def end_by(self, run_id: str, ending: Ending) -> OpenRun | None:
        """Ends a run as its error says. Answers the root if it ended with it."""
        run = self._take(run_id)
        if run is None:
            return None
        if ending.kind == "waiting":
            run.root.waiting = ending
        _end_step(run.action, ending)
        if not run.is_root:
            return None
        if ending.kind != "waiting":
            run.root.waiting = None
        if run.root.execution is not None:
            _end_execution(run.root.execution, ending)
        return run

    def _keep(self, run_id: str, run: OpenRun) -> None:
        with self._lock:
            self._runs[run_id] = run
            if len(self._runs) > _RUNS_MAX:
                self._runs.popitem(last=False)

    def _take(self, run_id: str) -> OpenRun | None:
        with self._lock:
            return self._runs.pop(run_id, None)


def _end_step(action: Action | None, ending: Ending) -> None:
    if action is None:
        return
    if ending.kind == "handed-over":
        action.end(status="success")
    elif ending.kind == "waiting":
        # It is run again from its beginning when the graph resumes; this attempt is neither success nor failure.
        output: dict[str, Any] = {} if ending.interrupts is None else {"output": {"interrupts": ending.interrupts}}
        action.end(status="cancelled", attributes={"metaagent.waiting": ending.reason or "interrupt"}, **output)
    else:
        action.end(status=ending.kind, error=ending.error)


def _end_execution(execution: Execution, ending: Ending) -> None:
    if ending.kind == "waiting":
        execution.wait(ending.reason)
    elif ending.kind == "handed-over":
        execution.end(status="success")
    else:
        execution.end(status=ending.kind, error=ending.error, end_reason=ending.reason)
