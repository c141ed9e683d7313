"""Reports what an agent does to MetaAgent.

Calls return at once and never raise into the agent; rows are sent in batches by a thread in the background.
"""

from ._ids import new_action_id, new_execution_id
from ._judging import JudgeKind, Judgment, JudgmentType, Scale, SubjectKind
from ._logger import AgentLogger
from ._scopes import Action, ActionKind, Execution, Scope, current_scope
from ._settings import LoggerStats
from ._usage import Usage

__all__ = [
    "Action",
    "ActionKind",
    "AgentLogger",
    "Execution",
    "JudgeKind",
    "Judgment",
    "JudgmentType",
    "LoggerStats",
    "Scale",
    "Scope",
    "SubjectKind",
    "Usage",
    "current_scope",
    "new_action_id",
    "new_execution_id",
]
