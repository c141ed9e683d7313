"""The real OpenTelemetry SDK and the instrumentations of OpenInference and OpenLLMetry, over OTLP/HTTP protobuf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.messages import HumanMessage
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.langchain import LangchainInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

from conftest import Server, eventually
from test_langgraph import ANSWER_TURN, TOOL_TURN, agent_graph, model_of


@pytest.fixture
def provider(server: Server, request: pytest.FixtureRequest) -> Iterator[TracerProvider]:
    resource = Resource({"service.name": f"py-{request.node.name[:80]}", "deployment.environment.name": "staging"})
    made = TracerProvider(resource=resource)
    headers = {"authorization": f"Bearer {server.api_key}"}
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{server.url}/v1/traces", headers=headers)))
    yield made
    made.shutdown()


def test_spans_of_the_sdk_become_an_execution_with_tokens_and_cost(server: Server, provider: TracerProvider) -> None:
    conversation = uuid4().hex
    tracer = provider.get_tracer("tests")
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": conversation}
    with tracer.start_as_current_span("invoke_agent helper", attributes=agent) as root:
        call = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4.1",
            "gen_ai.response.model": "gpt-4.1-2025-04-14",
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 400,
        }
        with tracer.start_as_current_span("chat gpt-4.1", kind=SpanKind.CLIENT, attributes=call):
            pass
        tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup"}
        with tracer.start_as_current_span("execute_tool lookup", attributes=tool) as span:
            span.set_status(StatusCode.ERROR, "no answer")
    provider.force_flush()

    [execution] = eventually(lambda: server.executions(conversation))
    assert execution["executionId"] == f"{root.get_span_context().trace_id:032x}"
    assert execution["environment"] == "staging"
    totals = execution["totals"]
    assert (totals["inputTokens"], totals["outputTokens"], totals["llmCalls"], totals["toolCalls"]) == (1000, 20, 1, 1)
    assert totals["costNanoUsd"] == 600 * 2_000 + 400 * 500 + 20 * 8_000
    assert totals["actionErrors"] == 1


@pytest.mark.parametrize(
    "instrumentor", [LangChainInstrumentor(), LangchainInstrumentor()], ids=["inference", "llmetry"]
)
def test_instrumented_spans_of_langgraph_count_each_call_once(
    server: Server, provider: TracerProvider, llm: Callable[..., str], instrumentor: Any
) -> None:
    instrumentor.instrument(tracer_provider=provider)
    thread = uuid4().hex
    try:
        graph = agent_graph(model_of(llm(TOOL_TURN, ANSWER_TURN)))
        config = {"configurable": {"thread_id": thread}, "metadata": {"user_id": "u-9"}}
        graph.invoke({"messages": [HumanMessage("Weather in Oslo?")]}, config)
    finally:
        instrumentor.uninstrument()
    provider.force_flush()

    [execution] = eventually(lambda: server.executions(thread))
    totals = execution["totals"]
    assert (totals["llmCalls"], totals["toolCalls"]) == (2, 1)
    assert (totals["inputTokens"], totals["outputTokens"]) == (2100, 30)
    assert totals["costNanoUsd"] == 600 * 2_000 + 400 * 500 + 20 * 8_000 + 1100 * 2_000 + 10 * 8_000
    trace = server.trace(execution["executionId"])
    assert trace["execution"]["attributes"]["user.id"] == "u-9"
    steps = {
        (step["kind"], step["name"], step["model"]) for step in trace["actions"] if step["kind"] in ("llm", "tool")
    }
    assert ("tool", "weather", None) in steps
    assert {model for kind, _, model in steps if kind == "llm"} == {"gpt-4.1-2025-04-14"}
