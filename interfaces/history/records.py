"""What is kept, as it is handed out. Moments are ISO 8601 in UTC, such as ``2026-11-25T10:00:00.250000+00:00``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rag.config import Role

__all__ = [
    "ENDED",
    "AskedPlace",
    "AskedQuestion",
    "Conversation",
    "EvaluationRun",
    "EventKind",
    "Feedback",
    "Person",
    "Rating",
    "Role",
    "RunState",
    "Turn",
    "TurnEvent",
    "TurnState",
]

TurnState = Literal["waiting", "answering", "done", "stopped", "failed"]
EventKind = Literal["understood", "hits", "quotes", "text", "sentence", "answer", "note"]
Rating = Literal["up", "down"]
RunState = Literal["waiting", "running", "done", "cancelled", "failed"]

ENDED: frozenset[TurnState | RunState] = frozenset({"done", "stopped", "cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses the app; ``login`` is a name or an e-mail, in lower case."""

    person_id: str
    login: str
    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns about one course; ``changed_at`` is when a turn was last added or the title changed."""

    conversation_id: str
    person_id: str
    course: str
    title: str
    created_at: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it.

    Attributes:
        number: from 1 in its conversation, in the order asked.
        lectures: ids of the lectures it was limited to; empty for all.
        record: the answer as the contract's JSON (`rag.exchange.answer_record`), once there is one.
        error: one plain sentence where ``state`` is ``failed``.
        replaces: the turn whose question this one asks again.
    """

    turn_id: str
    conversation_id: str
    number: int
    question: str
    lectures: tuple[str, ...]
    state: TurnState
    record: Mapping[str, Any] | None
    error: str | None
    asked_at: str
    done_at: str | None
    replaces: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class TurnEvent:
    """What a stream told, in its order: ``number`` counts from 1 without gaps; ``payload`` is JSON."""

    number: int
    kind: EventKind
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb up or down on a turn, and why."""

    turn_id: str
    person_id: str
    rating: Rating
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as an instructor sees it; ``name`` is ``None`` unless names are shown.

    ``abstained``, ``mode`` and ``passages_only`` (a model was to write, and nothing of it stands) are ``None`` until
    there is an answer. ``cited`` and ``hits`` are segment ids, in the order of the references and of the ranks.
    """

    turn_id: str
    question: str
    asked_at: str
    state: TurnState
    abstained: bool | None
    mode: str | None
    passages_only: bool | None
    rating: Rating | None
    reason: str
    cited: tuple[int, ...]
    hits: tuple[int, ...]
    name: str | None


@dataclass(frozen=True, slots=True)
class AskedPlace:
    """How many questions led to a segment: those that cite it, and those without citations it is nearest to."""

    lecture_id: str
    segment_id: int
    start_s: float | None
    end_s: float | None
    asked: int
    unanswered: int
    passages_only: int
    badly_rated: int


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """A run over a topics file: ``done`` of ``of`` topics; ``person_id`` is ``None`` once she deleted herself."""

    run_id: str
    person_id: str | None
    course: str
    folder: str
    state: RunState
    done: int
    of: int
    error: str | None
    created_at: str

    @property
    def ended(self) -> bool:
        """Whether it goes on no more."""
        return self.state in ENDED
