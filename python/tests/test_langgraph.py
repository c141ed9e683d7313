"""The real LangGraph and LangChain, with a scripted model behind the real OpenAI client."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable
from typing import Annotated, Any, TypedDict
from uuid import uuid4

import pytest
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt

from conftest import Server
from metaagent import AgentLogger
from metaagent.langchain import MetaAgentCallbackHandler

Scripted = Callable[..., str]


class Messages(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


@tool
def weather(city: str) -> str:
    """Tells the weather of a city."""
    return f"sunny in {city}"


def model_of(base_url: str, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-4.1", base_url=base_url, api_key="scripted", max_retries=0, **options)  # type: ignore[arg-type]


def config_of(logger: AgentLogger, thread: str, **options: Any) -> Any:
    handler = options.pop("handler", None) or MetaAgentCallbackHandler(logger, **options)
    return {"callbacks": [handler], "configurable": {"thread_id": thread}}


def agent_graph(model: ChatOpenAI) -> Any:
    bound = model.bind_tools([weather])

    def think(state: Messages) -> dict[str, Any]:
        return {"messages": [bound.invoke(state["messages"])]}

    def use_tools(state: Messages) -> dict[str, Any]:
        calls = state["messages"][-1].tool_calls  # type: ignore[union-attr]
        return {"messages": [ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"]) for call in calls]}

    def route(state: Messages) -> str:
        return "use_tools" if state["messages"][-1].tool_calls else END  # type: ignore[union-attr]

    graph = StateGraph(Messages)
    graph.add_node("think", think)
    graph.add_node("use_tools", use_tools)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", route)
    graph.add_edge("use_tools", "think")
    return graph.compile(name="forecaster")


TOOL_TURN = {
    "toolCalls": [{"name": "weather", "arguments": {"city": "Oslo"}}],
    "model": "gpt-4.1-2025-04-14",
    "usage": {"inputTokens": 1000, "outputTokens": 20, "cacheReadTokens": 400},
}
ANSWER_TURN = {
    "text": "It is sunny.",
    "model": "gpt-4.1-2025-04-14",
    "usage": {"inputTokens": 1100, "outputTokens": 10, "cacheReadTokens": 0, "reasoningTokens": 3},
}


def test_an_agent_with_a_tool_is_one_execution_with_its_tree_tokens_and_cost(
    server: Server, logger: AgentLogger, llm: Scripted
) -> None:
    thread = uuid4().hex
    graph = agent_graph(model_of(llm(TOOL_TURN, ANSWER_TURN)))
    graph.invoke({"messages": [HumanMessage("Weather in Oslo?")]}, config_of(logger, thread))
    logger.flush()

    [execution] = server.executions(thread)
    assert (execution["agent"], execution["status"], execution["conversationId"]) == ("forecaster", "success", thread)
    totals = execution["totals"]
    assert (totals["llmCalls"], totals["toolCalls"]) == (2, 1)
    assert (totals["inputTokens"], totals["outputTokens"]) == (2100, 30)
    assert totals["costNanoUsd"] == 600 * 2_000 + 400 * 500 + 20 * 8_000 + 1100 * 2_000 + 10 * 8_000
    actions = server.trace(execution["executionId"])["actions"]
    steps = {step["actionId"]: step for step in actions}
    names = [(step["kind"], step["name"], steps.get(step["parentActionId"], {}).get("name")) for step in actions]
    assert ("tool", "weather", "use_tools") in names
    assert [name for name in names if name[0] == "llm"] == [("llm", "ChatOpenAI", "think")] * 2
    [first, _] = [step for step in actions if step["kind"] == "llm"]
    assert (first["model"], first["provider"]) == ("gpt-4.1-2025-04-14", "openai")
    assert first["cacheReadTokens"] == 400
    assert all("Runnable" not in step["name"] for step in actions)


class Approval(TypedDict, total=False):
    amount: int
    decision: str


def approval_graph() -> Any:
    def ask(state: Approval) -> Approval:
        return {"decision": interrupt({"approve": state["amount"]})}

    graph = StateGraph(Approval)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", END)
    return graph.compile(name="approver", checkpointer=InMemorySaver())


def test_an_interrupt_is_waiting_and_resuming_continues_the_same_execution(server: Server, logger: AgentLogger) -> None:
    thread = uuid4().hex
    graph = approval_graph()
    config = config_of(logger, thread)
    graph.invoke({"amount": 7}, config)
    logger.flush()
    [waiting] = server.executions(thread)
    assert (waiting["status"], waiting["endReason"]) == ("waiting", "interrupt")
    assert waiting["totals"]["actionErrors"] == 0

    graph.invoke(Command(resume="yes"), config)
    logger.flush()
    [done] = server.executions(thread)
    assert (done["executionId"], done["status"]) == (waiting["executionId"], "success")
    trace = server.trace(done["executionId"])
    assert trace["execution"]["input"] == {"amount": 7}
    assert [step["status"] for step in trace["actions"] if step["name"] == "ask"] == ["cancelled", "success"]


def test_a_graph_that_goes_on_is_running_again_before_it_ends(server: Server, logger: AgentLogger) -> None:
    thread = uuid4().hex
    seen: list[str] = []

    def ask(state: Approval) -> Approval:
        decision = interrupt({"approve": state["amount"]})
        logger.flush()
        seen.append(server.executions(thread)[0]["status"])
        return {"decision": decision}

    graph = StateGraph(Approval)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", END)
    approver = graph.compile(name="approver", checkpointer=InMemorySaver())
    config = config_of(logger, thread)
    approver.invoke({"amount": 7}, config)
    logger.flush()
    assert server.executions(thread)[0]["status"] == "waiting"
    approver.invoke(Command(resume="yes"), config)
    logger.flush()
    assert seen == ["running"]
    assert server.executions(thread)[0]["status"] == "success"


def test_a_new_question_on_a_waiting_thread_ends_what_waited(server: Server, logger: AgentLogger) -> None:
    thread = uuid4().hex
    graph = approval_graph()
    config = config_of(logger, thread)
    graph.invoke({"amount": 7}, config)
    graph.invoke({"amount": 8}, config)
    logger.flush()
    first, second = server.executions(thread)
    assert (first["status"], first["endReason"]) == ("cancelled", "superseded")
    assert second["status"] == "waiting"


def test_a_node_that_raises_is_a_failure_and_the_error_passes_through(server: Server, logger: AgentLogger) -> None:
    def break_down(state: Approval) -> Approval:
        raise ValueError("no route")

    graph = StateGraph(Approval)
    graph.add_node("break_down", break_down)
    graph.add_edge(START, "break_down")
    thread = uuid4().hex
    with pytest.raises(ValueError, match="no route"):
        graph.compile(name="broken").invoke({"amount": 1}, config_of(logger, thread))
    logger.flush()
    [execution] = server.executions(thread)
    assert (execution["status"], execution["errorType"], execution["errorMessage"]) == (
        "failure",
        "ValueError",
        "no route",
    )


def test_too_many_steps_are_flagged(server: Server, logger: AgentLogger) -> None:
    graph = StateGraph(Approval)
    graph.add_node("again", lambda state: {"decision": "no"})
    graph.add_edge(START, "again")
    graph.add_edge("again", "again")
    thread = uuid4().hex
    with pytest.raises(Exception, match="limit"):
        graph.compile().invoke({"amount": 1}, {**config_of(logger, thread), "recursion_limit": 4})
    logger.flush()
    [execution] = server.executions(thread)
    assert (execution["status"], execution["endReason"], execution["flags"]) == ("failure", "max_steps", ["max_steps"])


class Branches(TypedDict):
    found: Annotated[list[str], operator.add]


def test_parallel_async_branches_stay_in_their_own_steps(server: Server, logger: AgentLogger, llm: Scripted) -> None:
    turns = [{"when": {"lastMessageContains": name}, "text": name.upper()} for name in ("left", "right")]
    model = model_of(llm(*turns))

    def branch(name: str) -> Any:
        async def run(state: Branches) -> Branches:
            return {"found": [str((await model.ainvoke(name)).content)]}

        return run

    graph = StateGraph(Branches)
    for name in ("left", "right"):
        graph.add_node(name, branch(name))
        graph.add_edge(START, name)
    thread = uuid4().hex
    found = asyncio.run(graph.compile(name="brancher").ainvoke({"found": []}, config_of(logger, thread)))
    assert sorted(found["found"]) == ["LEFT", "RIGHT"]
    logger.flush()
    [execution] = server.executions(thread)
    actions = server.trace(execution["executionId"])["actions"]
    names = {step["actionId"]: step["name"] for step in actions}
    calls = [step for step in actions if step["kind"] == "llm"]
    assert sorted(names[step["parentActionId"]] for step in calls) == ["left", "right"]
    outputs = {
        names[step["parentActionId"]]: server.action(execution["executionId"], step["actionId"])["output"][0]["content"]
        for step in calls
    }
    assert outputs == {"left": "LEFT", "right": "RIGHT"}


def test_a_streamed_model_call_tells_when_its_first_token_came(
    server: Server, logger: AgentLogger, llm: Scripted
) -> None:
    session = uuid4().hex
    model = model_of(llm(ANSWER_TURN), stream_usage=True)
    handler = MetaAgentCallbackHandler(logger)
    text = "".join(
        str(chunk.content)
        for chunk in model.stream("hello", config={"callbacks": [handler], "metadata": {"session_id": session}})
    )
    assert text == "It is sunny."
    logger.flush()
    [execution] = server.executions(session)
    assert execution["totals"]["inputTokens"] == 1100
    [step] = server.trace(execution["executionId"])["actions"]
    detail = server.action(execution["executionId"], step["actionId"])
    assert detail["attributes"]["gen_ai.response.time_to_first_chunk"] >= 0
    assert step["reasoningTokens"] == 3


def test_a_model_that_refuses_is_a_failed_step(server: Server, logger: AgentLogger, llm: Scripted) -> None:
    thread = uuid4().hex
    refusal = {"error": {"status": 400, "type": "invalid_request_error", "message": "too long"}}
    graph = agent_graph(model_of(llm(refusal)))
    with pytest.raises(Exception, match="too long"):
        graph.invoke({"messages": [HumanMessage("hi")]}, config_of(logger, thread))
    logger.flush()
    [execution] = server.executions(thread)
    assert execution["status"] == "failure"
    assert execution["totals"]["actionErrors"] >= 1


def test_runs_inside_an_execution_of_ours_are_steps_of_it(server: Server, logger: AgentLogger, llm: Scripted) -> None:
    conversation = uuid4().hex
    with logger.start_execution(conversation_id=conversation) as run:
        graph = agent_graph(model_of(llm(ANSWER_TURN)))
        config = config_of(logger, uuid4().hex, handler=MetaAgentCallbackHandler(logger, parent=run))
        graph.invoke({"messages": [HumanMessage("hi")]}, config)
    logger.flush()
    [execution] = server.executions(conversation)
    assert execution["totals"]["llmCalls"] == 1
    actions = server.trace(execution["executionId"])["actions"]
    assert [step["kind"] for step in actions if step["parentActionId"] is None] == ["agent"]


def test_a_broken_logger_does_not_reach_the_graph() -> None:
    handler = MetaAgentCallbackHandler(AgentLogger(api_key="key", url="http://127.0.0.1:9", queue_rows=0))
    handler._tree = None  # type: ignore[assignment]
    assert approval_graph().invoke({"amount": 1}, config_of(handler.logger, "t", handler=handler))["amount"] == 1
