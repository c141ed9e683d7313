"""Reports LangChain and LangGraph runs to MetaAgent: `config={"callbacks": [MetaAgentCallbackHandler(logger)]}`."""

from ._continuations import Continuations, MemoryContinuations, WaitingExecution
from ._handler import MetaAgentCallbackHandler

__all__ = ["Continuations", "MemoryContinuations", "MetaAgentCallbackHandler", "WaitingExecution"]
