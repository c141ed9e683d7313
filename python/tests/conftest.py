"""A real MetaAgent and a scripted LLM server, both started from the repository."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from metaagent import AgentLogger

ROOT = Path(os.environ.get("METAAGENT_REPOSITORY", Path(__file__).parents[2]))
NODE = [str(ROOT / "node_modules/node/bin/node"), "--conditions=@metaagent/source"]
TESTKIT = ROOT / "packages/server/src/testkit"


@dataclass(frozen=True)
class Started:
    process: subprocess.Popen[str]
    answer: dict[str, Any]


def start(*command: str) -> Started:
    process = subprocess.Popen([*NODE, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            return Started(process, json.loads(line))
    raise AssertionError(f"{command} ended with {process.wait()} before it was ready")


def stop(started: Started) -> None:
    assert started.process.stdin is not None
    started.process.stdin.close()
    try:
        started.process.wait(10)
    except subprocess.TimeoutExpired:
        started.process.kill()


@dataclass(frozen=True)
class Server:
    url: str
    api_key: str

    def get(self, path: str, **query: object) -> Any:
        reply = httpx.get(
            f"{self.url}{path}", params=query, headers={"authorization": f"Bearer {self.api_key}"}, timeout=30
        )
        assert reply.status_code == 200, reply.text
        return reply.json()

    def executions(self, conversation_id: str) -> list[dict[str, Any]]:
        return list(self.get("/api/v1/executions", conversationId=conversation_id, order="oldest")["items"])

    def trace(self, execution_id: str) -> dict[str, Any]:
        return dict(self.get(f"/api/v1/executions/{execution_id}/trace"))

    def action(self, execution_id: str, action_id: str) -> dict[str, Any]:
        return dict(self.get(f"/api/v1/executions/{execution_id}/actions/{action_id}"))


def eventually(read: Callable[[], Any], until_s: float = 10.0) -> Any:
    """What `read` answers as soon as it is something."""
    ends_at = time.monotonic() + until_s
    while True:
        try:
            found = read()
            if found:
                return found
        except AssertionError:
            if time.monotonic() > ends_at:
                raise
        assert time.monotonic() < ends_at, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    started = start(str(TESTKIT / "server-main.ts"))
    yield Server(started.answer["url"], started.answer["apiKey"])
    stop(started)


@pytest.fixture
def logger(server: Server, request: pytest.FixtureRequest) -> Iterator[AgentLogger]:
    made = AgentLogger(url=server.url, api_key=server.api_key, agent=f"py-{request.node.name[:80]}", release="v1")
    yield made
    made.close()


@pytest.fixture
def llm(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts a scripted model; called with its turns it answers the base address of the OpenAI wire format."""
    running: list[Started] = []

    def scripted(*turns: dict[str, Any]) -> str:
        script = tmp_path / f"script-{len(running)}.json"
        script.write_text(json.dumps(turns))
        started = start(str(TESTKIT / "llm/main.ts"), "--script", str(script))
        running.append(started)
        return f"{started.answer['url']}/v1"

    yield scripted
    for each in running:
        stop(each)
