from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec
from uuid import UUID

from metaagent._logger import AgentLogger
from metaagent._scopes import Scope

from ._continuations import Continuations, MemoryContinuations, WaitingExecution
from ._reading import (
    Ending,
    Facts,
    agent_name_of,
    ending_of,
    is_plumbing,
    is_resumption,
    outcome_of,
    plain,
    session_of,
    step_attributes,
)
from ._run_tree import OpenRun, RunTree

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler as _Base
else:
    try:
        # Only its subclasses are told of interrupts and resumptions.
        from langgraph.callbacks import GraphCallbackHandler as _Base
    except ImportError:
        from langchain_core.callbacks import BaseCallbackHandler as _Base

_P = ParamSpec("_P")


def _quietly(callback: Callable[_P, None]) -> Callable[_P, None]:
    """Whatever goes wrong in reporting, the agent must not feel it."""

    @wraps(callback)
    def quiet(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:
            return

    return quiet


class MetaAgentCallbackHandler(_Base):
    """Reports LangChain and LangGraph runs to MetaAgent.

    The root run is an execution; nodes, model calls, tools and retrievers are its actions. An interrupt leaves the
    execution waiting, and resuming its thread continues it. Never raises into the agent.

        handler = MetaAgentCallbackHandler(logger)
        graph.invoke(input, config={"callbacks": [handler], "configurable": {"thread_id": thread}})

    `agent`: default the graph's own name, if it has one, else the logger's agent. `parent` reports runs as steps of
    this instead of as executions of their own. `continuations`: default in memory.
    """

    raise_error = False
    # In order and before the agent goes on: each call only puts a row in a queue.
    run_inline = True

    def __init__(
        self,
        logger: AgentLogger | None = None,
        *,
        agent: str | None = None,
        parent: Scope | None = None,
        continuations: Continuations | None = None,
    ) -> None:
        super().__init__()
        self.logger = logger or AgentLogger()
        self._agent = agent
        self._tree = RunTree(self.logger, parent)
        self._continuations = continuations or MemoryContinuations()

    @_quietly
    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A graph, a node or a chain starts."""
        facts = _facts(run_id, kwargs.get("name") or _class_of(serialized) or "chain", tags, metadata)
        is_agent = facts.metadata.get("lc_agent_name") == facts.name and parent_run_id is not None
        self._start(facts, parent_run_id, inputs, {"kind": "agent" if is_agent else "other", "name": facts.name})

    @_quietly
    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: list[list[Any]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A chat model is called."""
        sent = messages[0] if len(messages) == 1 else messages
        self._start_model(serialized, sent, run_id, parent_run_id, tags, metadata, kwargs)

    @_quietly
    def on_llm_start(
        self,
        serialized: dict[str, Any] | None,
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A completion model is called."""
        self._start_model(serialized, prompts, run_id, parent_run_id, tags, metadata, kwargs)

    @_quietly
    def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A piece of a stream arrived; the first one counts."""
        run = self._tree.get(str(run_id))
        if run is not None and run.first_token_at_s is None:
            run.first_token_at_s = time.monotonic()

    @_quietly
    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A model answered."""
        run = self._tree.get(str(run_id))
        outcome = outcome_of(response)
        attributes: dict[str, str | int | float | bool] = {}
        if outcome.finish_reason is not None:
            attributes["gen_ai.response.finish_reasons"] = outcome.finish_reason
        if run is not None and run.first_token_at_s is not None:
            attributes["gen_ai.response.time_to_first_chunk"] = round(run.first_token_at_s - run.started_at_s, 6)
        end = {"output": outcome.output, "usage": outcome.usage, "model": outcome.model, "attributes": attributes}
        self._closed(self._tree.end(str(run_id), end))

    @_quietly
    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A tool is called."""
        name = kwargs.get("name") or (serialized or {}).get("name") or "tool"
        step: dict[str, Any] = {"kind": "tool", "name": name}
        if kwargs.get("tool_call_id"):
            step["attributes"] = {"gen_ai.tool.call.id": str(kwargs["tool_call_id"])}
        given = inputs if inputs is not None else _parsed(input_str)
        self._start(_facts(run_id, name, tags, metadata), parent_run_id, given, step)

    @_quietly
    def on_retriever_start(
        self,
        serialized: dict[str, Any] | None,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A retriever is asked."""
        name = kwargs.get("name") or _class_of(serialized) or "retriever"
        self._start(_facts(run_id, name, tags, metadata), parent_run_id, query, {"kind": "retrieval", "name": name})

    @_quietly
    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A graph, a node or a chain ended."""
        self._end(run_id, outputs)

    @_quietly
    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool answered."""
        self._end(run_id, output)

    @_quietly
    def on_retriever_end(self, documents: Sequence[Any], *, run_id: UUID, **kwargs: Any) -> None:
        """A retriever answered."""
        self._end(run_id, documents)

    @_quietly
    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A graph, a node or a chain ended by an exception."""
        self._fail(run_id, error)

    @_quietly
    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool raised."""
        self._fail(run_id, error)

    @_quietly
    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A retriever raised."""
        self._fail(run_id, error)

    @_quietly
    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A model call raised."""
        self._fail(run_id, error)

    @_quietly
    def on_interrupt(self, event: Any) -> None:
        """LangGraph paused a graph: the execution waits, whether or not a node raised."""
        run = self._tree.get(str(event.run_id))
        if run is not None and run.root.waiting is None:
            run.root.waiting = Ending("waiting", reason="interrupt", interrupts=event.interrupts)

    @_quietly
    def on_resume(self, event: Any) -> None:
        """LangGraph goes on from a checkpoint; the root run that started before this continues the execution."""
        run = self._tree.get(str(event.run_id))
        if run is None:
            return
        run.root.waiting = None
        if run.root.execution is not None:
            run.root.execution.resume()

    def _start_model(
        self,
        serialized: dict[str, Any] | None,
        sent: object,
        run_id: UUID,
        parent_run_id: UUID | None,
        tags: list[str] | None,
        metadata: dict[str, Any] | None,
        kwargs: dict[str, Any],
    ) -> None:
        facts = _facts(run_id, kwargs.get("name") or _class_of(serialized) or "model", tags, metadata)
        parameters = kwargs.get("invocation_params") or {}
        step = {
            "kind": "llm",
            "name": facts.name,
            "model": facts.metadata.get("ls_model_name") or parameters.get("model") or parameters.get("model_name"),
            "provider": facts.metadata.get("ls_provider"),
        }
        self._start(facts, parent_run_id, sent, step)

    def _start(self, facts: Facts, parent_run_id: UUID | None, inputs: object, step: dict[str, Any]) -> None:
        parent = None if parent_run_id is None else self._tree.get(str(parent_run_id))
        attributes = {**step_attributes(facts), **step.get("attributes", {})}
        reported = {**step, "input": plain(inputs), "attributes": attributes}
        if parent is not None:
            self._tree.open_child(facts.run_id, parent, None if is_plumbing(facts) else reported)
        else:
            self._start_root(facts, inputs, reported)

    def _start_root(self, facts: Facts, inputs: object, step: dict[str, Any]) -> None:
        is_single_call = step["kind"] not in ("other", "agent")
        agent = self._agent or (None if is_single_call else agent_name_of(facts))
        session = session_of(facts.metadata)
        thread = None if session is None else f"{facts.name}/{session}"
        waiting = None if thread is None else self._continuations.load(thread)
        execution: dict[str, Any] = {"agent": agent, "conversation_id": session}
        if waiting is not None and is_resumption(inputs):
            execution |= {"execution_id": waiting.execution_id, "started_at": waiting.started_at}
        else:
            if waiting is not None:
                self._supersede(waiting, agent, session)
            execution |= {"input": plain(inputs), "attributes": step_attributes(facts)}
        self._tree.open_root(facts.run_id, execution, thread, step, is_single_call)

    def _supersede(self, waiting: WaitingExecution, agent: str | None, session: str | None) -> None:
        """A new question on a thread that waited: what was asked then is not wanted any more."""
        self.logger.start_execution(
            execution_id=waiting.execution_id, started_at=waiting.started_at, agent=agent, conversation_id=session
        ).end(status="cancelled", end_reason="superseded")

    def _end(self, run_id: UUID, output: object) -> None:
        run = self._tree.get(str(run_id))
        interrupts = output.get("__interrupt__") if isinstance(output, Mapping) else None
        if run is not None and interrupts and run.root.waiting is None:
            run.root.waiting = Ending("waiting", reason="interrupt", interrupts=interrupts)
        self._closed(self._tree.end(str(run_id), {"output": plain(output)}))

    def _fail(self, run_id: UUID, error: BaseException) -> None:
        self._closed(self._tree.end_by(str(run_id), ending_of(error)))

    def _closed(self, run: OpenRun | None) -> None:
        """Remembers or forgets the execution of a root that ended."""
        if run is None or run.root.thread is None or run.root.execution is None:
            return
        if run.root.waiting is None:
            self._continuations.forget(run.root.thread)
        else:
            waiting = WaitingExecution(run.root.execution.execution_id, run.root.started_at)
            self._continuations.save(run.root.thread, waiting)


def _facts(run_id: UUID, name: object, tags: list[str] | None, metadata: dict[str, Any] | None) -> Facts:
    return Facts(str(run_id), str(name), tags or [], metadata or {})


def _class_of(serialized: dict[str, Any] | None) -> str | None:
    path = (serialized or {}).get("id")
    return str(path[-1]) if isinstance(path, list) and path else (serialized or {}).get("name")


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
