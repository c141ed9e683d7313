from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ._ids import new_execution_id
from ._snapshot import Json, instant, snapshot

JudgmentType = Literal["qa_success", "qa_failure", "qa_warning", "qa_exemption", "qa_disabled", "qa_coverage"]
JudgeKind = Literal["human", "code", "model", "outcome"]
SubjectKind = Literal["execution", "action", "artifact", "macro", "series"]

_EXPLANATION_CHARACTERS_MAX = 5_000


@dataclass(frozen=True)
class Scale:
    """The scale of a score; more is better. `pass_from` is the least value that passes."""

    min: float
    max: float
    pass_from: float | None = None


@dataclass(frozen=True, kw_only=True)
class Judgment:
    """What one judge says about one metric.

    Give either `type`, what the judge found, or `answer`, what an LLM judge wrote: MetaAgent reads the verdicts out of
    it by the organization's status words. A `score` of an event needs its `scale`; an answer holds its own scores.
    """

    judge: str
    """Stable name of the judge; a person by id (`user:0190…`), never by address."""
    metric: str
    type: JudgmentType | None = None
    answer: str | None = None
    judge_kind: JudgeKind = "model"
    score: float | None = None
    scale: Scale | None = None
    confidence: float | None = None
    """0 to 1."""
    order: Literal["as-given", "swapped"] | None = None
    """In which order the judge saw what it compared."""
    label: str | None = None
    explanation: str | None = None
    expires_at: datetime | None = None
    """Of a `qa_exemption`."""
    change: Literal["disabled", "deleted"] | None = None
    """Of a `qa_disabled`."""
    coverage: tuple[int, int] | None = None
    """Covered and total, of a `qa_coverage`."""
    correlation_id: str | None = None
    observed_at: datetime | None = None
    idempotency_key: str | None = None
    """Default a new one, so that a judgment that is sent again after a lost reply counts once."""


def judgment_row(judgment: Judgment, kind: SubjectKind, subject_id: str) -> dict[str, Json]:
    """The judgment as it is sent; the server says what does not fit."""
    scale = judgment.scale
    on_scale: dict[str, Json] | None = (
        None if scale is None else {"min": scale.min, "max": scale.max, "passFrom": scale.pass_from}
    )
    fields: dict[str, Json] = {
        "judge": judgment.judge,
        "judgeKind": judgment.judge_kind,
        "metric": judgment.metric,
        "type": judgment.type,
        "answer": judgment.answer,
        "order": judgment.order,
        "label": judgment.label,
        "explanation": _shortened(judgment.explanation),
        "confidence": judgment.confidence,
        "change": judgment.change,
        "correlationId": judgment.correlation_id,
        "expiresAt": None if judgment.expires_at is None else instant(judgment.expires_at),
    }
    if judgment.answer is not None:
        fields["scale"] = on_scale
    elif judgment.score is not None:
        fields["score"] = {"value": judgment.score, **(on_scale or {})}
    if judgment.coverage is not None:
        covered, total = judgment.coverage
        fields["coverage"] = {"covered": covered, "total": total}
    row = snapshot({key: value for key, value in fields.items() if value is not None}, 1_000_000)
    if not isinstance(row, dict):
        # Told to nobody: the logger counts it as lost.
        raise TypeError("a judgment cannot be read")
    return {
        **row,
        "subject": {"kind": kind, "id": subject_id},
        "observedAt": instant(judgment.observed_at),
        "idempotencyKey": judgment.idempotency_key or new_execution_id(),
    }


def _shortened(text: str | None) -> str | None:
    if text is None or len(text) <= _EXPLANATION_CHARACTERS_MAX:
        return text
    return text[: _EXPLANATION_CHARACTERS_MAX - 1] + "…"
