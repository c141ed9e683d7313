from __future__ import annotations

from uuid import uuid4

import httpx

from conftest import Server
from metaagent import AgentLogger, Judgment, Scale


def test_judgments_of_a_run_a_step_and_anything_are_stored_as_they_were_said(
    server: Server, logger: AgentLogger
) -> None:
    series = uuid4().hex
    with logger.start_execution() as run, run.action(kind="llm", name="answer") as step:
        pass
    tone = Scale(1, 5, 3)
    step.judge(Judgment(type="qa_failure", judge="tone", metric="tone", score=2, scale=tone, explanation="no " * 5_000))
    run.judge(Judgment(answer='```json\n{"verdict":"Passed","confidence":0.75}\n```', judge="llm", metric="helpful"))
    logger.judge(
        Judgment(type="qa_coverage", judge="ci", judge_kind="code", metric="lines", coverage=(812, 900)),
        kind="series",
        id=series,
    )
    logger.flush()
    assert (logger.stats.sent, logger.stats.rejected, logger.stats.last_error) == (6, 0, None)

    answered, failed = server.get("/api/v1/judgments", executionId=run.execution_id)["items"]
    assert (failed["type"], failed["actionId"], failed["score"]) == ("qa_failure", step.action_id, 2)
    assert failed["scale"] == {"min": 1, "max": 5, "passFrom": 3}
    assert len(failed["explanation"]) == 5_000
    assert (answered["type"], answered["label"], answered["confidence"]) == ("qa_success", "Passed", 0.75)
    assert answered["correlationId"] == run.execution_id
    [coverage] = server.get("/api/v1/judgments", subjectKind="series", subjectId=series)["items"]
    assert coverage["details"] == {"covered": 812, "total": 900}


def test_judgments_and_telemetry_go_to_their_own_addresses_and_a_missing_right_costs_judgments_alone() -> None:
    seen: list[tuple[str, int]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        judged = request.url.path == "/api/v1/qa/events"
        seen.append((request.url.path, request.content.count(b'"judge"')))
        if judged:
            return httpx.Response(403, json={"code": "not-allowed", "detail": "This needs the scope judgments:write."})
        return httpx.Response(200, json={"rejected": []})

    logger = AgentLogger(api_key="key", flush_interval_ms=60_000, transport=httpx.MockTransport(answer))
    for _ in range(3):
        with logger.start_execution() as run:
            run.judge(Judgment(type="qa_success", judge="j", metric="m"))
    logger.close()
    assert seen == [("/api/v1/telemetry", 0), ("/api/v1/qa/events", 3)]
    assert (logger.stats.sent, logger.stats.rejected) == (6, 3)
    assert "judgments:write" in (logger.stats.last_error or "")


def test_nothing_that_is_wrong_with_a_judgment_is_raised_into_the_agent() -> None:
    logger = AgentLogger(api_key="key", flush_interval_ms=60_000)
    logger.judge(None, kind="series", id="x")  # type: ignore[arg-type]
    assert logger.stats.dropped == 1
    logger.close(0)
