"""Work that is given up as soon as nobody wants it any more, though a model still holds it."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from eval.judging.asking import Patience
from eval.judging.cases import Case
from eval.judging.judge import Judge
from eval.judging.judgements import Judgement, VerdictRule
from interfaces.service.turnstile import Turnstile
from rag.choosing import Chosen
from rag.llm import LLM
from rag.pipeline import Monitoria
from rag.records import Answer

T = TypeVar("T")
_LOOK_EVERY_S = 0.1


class Cancelled(Exception):
    """Whoever wanted this wants it no more."""


def unless(stopping: threading.Event, act: Callable[[], T]) -> T:
    """What ``act`` gives; what it still does once ``stopping`` is set is for nobody.

    Raises:
        Cancelled: ``stopping`` was set before it was done.
    """
    arrived: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            arrived.put((act(), None))
        except BaseException as error:  # noqa: BLE001 - handed over to the caller's thread, which raises it
            arrived.put((None, error))

    # Faults are worded in the interface's language, which a new thread would not know.
    threading.Thread(target=contextvars.copy_context().run, args=(work,), name="interruptible", daemon=True).start()
    while not stopping.is_set():
        try:
            outcome, error = arrived.get(timeout=_LOOK_EVERY_S)
        except queue.Empty:
            continue
        if error is not None:
            raise error
        return outcome  # type: ignore[return-value]
    raise Cancelled


class Turns:
    """A run's place among those who ask one model: one request at a time, after those who came before."""

    def __init__(self, turnstile: Turnstile, name: str, stopping: threading.Event) -> None:
        self._turnstile = turnstile
        self._name = name
        self.stopping = stopping

    def take(self, act: Callable[[], T]) -> T:
        """Wait for a turn and do it. Raises `Cancelled` as `unless` does."""
        with self._turnstile.passed(self._name, self.stopping.is_set) as mine:
            if not mine:
                raise Cancelled
            return unless(self.stopping, act)


class CourseInTurns:
    """As much of a course as `eval.runs.answer_topics` asks, each answer in its turn."""

    def __init__(self, course: Monitoria, turns: Turns) -> None:
        self._course = course
        self._turns = turns

    @property
    def made_by(self) -> dict[str, Any]:
        """As the course says it."""
        return self._course.made_by

    def ask(self, question: str) -> Answer:
        """As the course answers it."""
        return self._turns.take(lambda: self._course.ask(question))

    def choose(self, answer: Answer, choices: Sequence[str], *, several: bool = False) -> Chosen:
        """As the course chooses."""
        return self._turns.take(lambda: self._course.choose(answer, choices, several=several))


class JudgeInTurns(Judge):
    """A judge that waits for its turn where it is the model that the chat asks too, and is given up when asked."""

    def __init__(
        self, llm: LLM, patience: Patience, turns: Turns, *, rule: VerdictRule | None = None, weighs: bool | None = None
    ) -> None:
        super().__init__(llm, rule=rule, patience=patience, weighs=weighs)
        self._turns = turns
        self._shared = llm.takes_grammar

    def decide(self, case: Case) -> Judgement:
        """As any judge decides. Raises `Cancelled` when the run is given up."""
        if self._shared:
            return self._turns.take(lambda: super(JudgeInTurns, self).decide(case))
        return unless(self._turns.stopping, lambda: super(JudgeInTurns, self).decide(case))
