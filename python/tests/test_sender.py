from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from conftest import Server, eventually
from metaagent import AgentLogger, LoggerStats

Answer = Callable[[httpx.Request], httpx.Response]


def logger_on(answer: Answer, **options: object) -> AgentLogger:
    settings: dict[str, object] = {"api_key": "key", "flush_interval_ms": 60_000, **options}
    return AgentLogger(transport=httpx.MockTransport(answer), **settings)  # type: ignore[arg-type]


def stored(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"rejected": []})


def rows_of(request: httpx.Request) -> int:
    compressed = request.headers.get("content-encoding") == "gzip"
    body = json.loads(gzip.decompress(request.content) if compressed else request.content)
    return len(body["executions"]) + len(body["actions"])


def test_rows_go_in_batches_and_large_bodies_are_compressed() -> None:
    seen: list[tuple[int, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((rows_of(request), request.headers.get("content-encoding")))
        return stored(request)

    logger = logger_on(answer, batch_rows=20)
    for _ in range(25):
        logger.start_execution(input="x" * 200).end()
    logger.close()
    assert sum(rows for rows, _ in seen) == 50
    assert max(rows for rows, _ in seen) == 20
    assert seen[0][1] == "gzip"
    assert logger.stats == LoggerStats(queued=0, sent=50, rejected=0, dropped=0, last_error=None)


def test_while_the_server_is_away_rows_wait_in_order_and_go_out_later() -> None:
    away = [True]
    order: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if away[0]:
            return httpx.Response(503, json={"code": "store-unavailable", "detail": "later"})
        body = json.loads(request.content)
        order.extend(row["input"] for row in body["executions"])
        return stored(request)

    logger = logger_on(answer)
    for number in range(3):
        logger.start_execution(input=str(number))
        logger.flush()
    assert logger.stats.queued == 3
    assert logger.stats.last_error == "503 store-unavailable later"
    away[0] = False
    logger.flush()
    assert order == ["0", "1", "2"]
    assert logger.stats.sent == 3


def test_a_full_queue_drops_new_rows_counts_them_and_tells_once() -> None:
    told: list[LoggerStats] = []

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    logger = logger_on(down, queue_rows=10, on_loss=told.append)
    for _ in range(15):
        logger.start_execution()
    assert (logger.stats.queued, logger.stats.dropped) == (10, 5)
    assert len(told) == 1
    logger.close(0)
    assert (logger.stats.queued, logger.stats.dropped) == (0, 15)


def test_a_callback_that_raises_does_not_reach_the_agent() -> None:
    def shout(stats: LoggerStats) -> None:
        raise RuntimeError("mine")

    logger = logger_on(stored, queue_rows=0, on_loss=shout)
    logger.start_execution().end()
    assert logger.stats.dropped == 2


def test_retry_after_is_honoured_and_refusals_are_not_repeated() -> None:
    asked: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(time.monotonic())
        if len(asked) == 1:
            return httpx.Response(429, headers={"retry-after": "0.3"}, json={"code": "queue-full"})
        return httpx.Response(401, json={"code": "unauthenticated", "detail": "no such key"})

    logger = logger_on(answer, flush_interval_ms=10)
    logger.start_execution()
    eventually(lambda: logger.stats.rejected == 1)
    assert asked[1] - asked[0] >= 0.3
    assert logger.stats.last_error == "401 unauthenticated no such key"
    assert len(asked) == 2


def test_rows_that_the_server_refuses_are_counted_as_rejected(server: Server) -> None:
    logger = AgentLogger(url=server.url, api_key=server.api_key)
    logger.start_execution(execution_id="not-an-id").end()
    logger.start_execution().end()
    logger.flush()
    assert (logger.stats.sent, logger.stats.rejected) == (2, 2)
    logger.close()


def test_without_a_key_nothing_is_sent_and_everything_is_counted() -> None:
    logger = AgentLogger(url="http://127.0.0.1:9", api_key="")
    logger.start_execution().end()
    assert logger.stats.dropped == 2
    assert logger.stats.last_error == "no API key is set (METAAGENT_API_KEY)"


def run_script(body: str, environment: dict[str, str]) -> float:
    started = time.monotonic()
    source = str(Path(__file__).parents[1] / "src")
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(body)],
        env={**os.environ, "PYTHONPATH": source, **environment},
        check=True,
        timeout=20,
    )
    return time.monotonic() - started


def test_a_process_that_ends_sends_what_is_queued(server: Server) -> None:
    run_script(
        """
        from metaagent import AgentLogger
        logger = AgentLogger(agent="py-exit", flush_interval_ms=60_000)
        logger.start_execution(conversation_id="py-exit").end()
        """,
        {"METAAGENT_URL": server.url, "METAAGENT_API_KEY": server.api_key},
    )
    assert server.executions("py-exit")[0]["status"] == "success"


def test_a_process_ends_in_time_when_the_server_does_not_answer() -> None:
    import socket

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        took_s = run_script(
            """
            from metaagent import AgentLogger
            AgentLogger().start_execution().end()
            """,
            {"METAAGENT_URL": f"http://127.0.0.1:{deaf.getsockname()[1]}", "METAAGENT_API_KEY": "key"},
        )
    assert took_s < 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_sends_its_own_rows_and_not_its_parents(server: Server) -> None:
    run_script(
        """
        import os
        from metaagent import AgentLogger
        logger = AgentLogger(agent="py-fork", flush_interval_ms=60_000)
        logger.start_execution(conversation_id="py-fork-parent").end()
        child = os.fork()
        if child == 0:
            assert logger.stats.queued == 0
            logger.start_execution(conversation_id="py-fork-child").end()
            logger.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        logger.close()
        """,
        {"METAAGENT_URL": server.url, "METAAGENT_API_KEY": server.api_key},
    )
    assert len(server.executions("py-fork-parent")) == 1
    assert len(server.executions("py-fork-child")) == 1
