from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timezone
from uuid import uuid4

import pytest

from conftest import Server
from metaagent import AgentLogger, current_scope


def test_a_run_with_steps_is_stored_as_reported(server: Server, logger: AgentLogger) -> None:
    conversation = uuid4().hex
    run = logger.start_execution(
        input={"question": "where?"}, conversation_id=conversation, unit="task-1", attributes={"tier": "gold"}
    )
    plan = run.action(kind="agent", name="plan")
    call = plan.action(kind="llm", name="answer", provider="openai", model="gpt-4.1", input=["hello"])
    call.end(
        output="there",
        usage={"input_tokens": 1000, "output_tokens": 100, "cache_read_tokens": 400},
        model="gpt-4.1-2025-04-14",
    )
    plan.end()
    run.action(kind="tool", name="lookup").end(error=TimeoutError("too late"))
    run.end(output="there", score=0.5, end_reason="user_stop", attributes={"turns": 2})
    logger.flush()

    [execution] = server.executions(conversation)
    assert execution["status"] == "success"
    assert (execution["release"], execution["unit"], execution["score"]) == ("v1", "task-1", 0.5)
    assert execution["totals"]["inputTokens"] == 1000
    # 600 at $2, 400 cached at $0.50 and 100 at $8 a million tokens.
    assert execution["totals"]["costNanoUsd"] == 600 * 2_000 + 400 * 500 + 100 * 8_000
    trace = server.trace(run.execution_id)
    assert trace["execution"]["input"] == {"question": "where?"}
    assert trace["execution"]["attributes"] == {"tier": "gold", "turns": 2}
    steps = {step["name"]: step for step in trace["actions"]}
    assert steps["answer"]["parentActionId"] == plan.action_id
    assert steps["answer"]["model"] == "gpt-4.1-2025-04-14"
    assert (steps["lookup"]["status"], steps["lookup"]["errorType"]) == ("failure", "TimeoutError")
    assert server.action(run.execution_id, call.action_id)["output"] == "there"


def test_with_blocks_end_what_was_left_open_and_let_errors_pass(server: Server, logger: AgentLogger) -> None:
    conversation = uuid4().hex
    with pytest.raises(ValueError, match="no such city"), logger.start_execution(conversation_id=conversation) as run:
        assert current_scope() is run
        with run.action(kind="tool", name="geocode") as step:
            assert current_scope() is step
            raise ValueError("no such city")
    assert current_scope() is None
    logger.flush()
    [execution] = server.executions(conversation)
    assert (execution["status"], execution["errorType"], execution["errorMessage"]) == (
        "failure",
        "ValueError",
        "no such city",
    )
    assert server.trace(run.execution_id)["actions"][0]["status"] == "failure"


def test_an_interrupted_run_is_cancelled_and_not_a_failure(server: Server, logger: AgentLogger) -> None:
    conversation = uuid4().hex
    with pytest.raises(KeyboardInterrupt), logger.start_execution(conversation_id=conversation):
        raise KeyboardInterrupt
    logger.flush()
    assert server.executions(conversation)[0]["status"] == "cancelled"


def test_waiting_is_neither_success_nor_failure_until_the_end(server: Server, logger: AgentLogger) -> None:
    conversation = uuid4().hex
    run = logger.start_execution(conversation_id=conversation)
    run.wait("approval")
    logger.flush()
    assert server.executions(conversation)[0]["status"] == "waiting"
    run.resume()
    logger.flush()
    resumed = server.executions(conversation)[0]
    assert (resumed["status"], resumed["endReason"]) == ("running", None)
    run.end()
    logger.flush()
    assert server.executions(conversation)[0]["status"] == "success"


def test_traced_functions_nest_by_who_calls_whom(server: Server, logger: AgentLogger) -> None:
    @logger.trace_as("tool", name="lookup")
    def look_up(city: str) -> str:
        return city.upper()

    @logger.trace_as("llm")
    def tokens(prompt: str) -> Iterator[str]:
        yield from prompt.split()

    @logger.trace
    def answer(question: str) -> str:
        words = []
        for word in tokens(question):
            # What the consumer does between two items is not a step of the generator.
            words.append(look_up(word))
        return " ".join(words)

    assert answer("two cities") == "TWO CITIES"
    logger.flush()
    [execution] = [
        each for each in server.get("/api/v1/executions")["items"] if each["agent"] == logger._reporter.settings.agent
    ]
    trace = server.trace(execution["executionId"])
    assert trace["execution"]["input"] == {"question": "two cities"}
    assert trace["execution"]["output"] == "TWO CITIES"
    assert sorted((step["name"], step["kind"], step["parentActionId"]) for step in trace["actions"]) == [
        ("lookup", "tool", None),
        ("lookup", "tool", None),
        ("tokens", "llm", None),
    ]


def test_async_functions_keep_their_own_scope_when_they_run_at_the_same_time(
    server: Server, logger: AgentLogger
) -> None:
    @logger.trace_as("tool")
    async def inner(run: str) -> str:
        await asyncio.sleep(0)
        return run

    @logger.trace_as("llm")
    async def stream(run: str) -> AsyncIterator[str]:
        yield await inner(run)

    @logger.trace
    async def outer(run: str) -> list[str]:
        return [item async for item in stream(run)]

    async def both() -> None:
        await asyncio.gather(outer("one"), outer("two"))

    asyncio.run(both())
    logger.flush()
    runs = [
        each for each in server.get("/api/v1/executions")["items"] if each["agent"] == logger._reporter.settings.agent
    ]
    assert len(runs) == 2
    for execution in runs:
        trace = server.trace(execution["executionId"])
        parents = {step["name"]: step["parentActionId"] for step in trace["actions"]}
        ids = {step["name"]: step["actionId"] for step in trace["actions"]}
        assert parents == {"stream": None, "inner": ids["stream"]}


def test_what_json_cannot_say_is_said_in_words_and_nothing_raises(server: Server, logger: AgentLogger) -> None:
    circle: list[object] = []
    circle.append(circle)

    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    run = logger.start_execution(
        conversation_id=uuid4().hex,
        input={"circle": circle, "bytes": b"123", "nan": float("nan"), "huge": 2**70, "lone": "\ud800", "odd": Odd()},
    )
    run.action(kind="tool", name=" a\nname\x00 " + "x" * 300).end(output=datetime(2026, 1, 2, tzinfo=timezone.utc))
    run.end(output={1: {2}, "error": ValueError("v")}, reported_cost_usd=0.001)
    logger.flush()
    assert (logger.stats.rejected, logger.stats.dropped) == (0, 0)
    trace = server.trace(run.execution_id)
    assert trace["execution"]["input"] == "[unreadable]"
    assert trace["execution"]["output"] == {"1": [2], "error": {"name": "ValueError", "message": "v"}}
    assert trace["actions"][0]["name"].startswith("a name")
    assert server.action(run.execution_id, trace["actions"][0]["actionId"])["output"] == "2026-01-02T00:00:00.000Z"


def test_options_win_over_the_environment_and_disabled_reports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAAGENT_AGENT", "from-environment")
    monkeypatch.setenv("METAAGENT_DISABLED", "TRUE")
    quiet = AgentLogger()
    assert quiet._reporter.settings.agent == "from-environment"
    quiet.start_execution(input="x").end()
    assert quiet.stats.queued == 0
    assert AgentLogger(agent="given")._reporter.settings.agent == "given"
