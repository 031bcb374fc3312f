"""Evaluation runs as they go on: answers, then judgements, by threads that no page run owns. One run at a time.

Everything that is made is in the run's folder at once, as the command line has it, so that a run that was cancelled,
failed or was killed goes on where it stopped. Its model is the one that the chat asks, in the same process, and a run
waits for its turn among the chat's questions before each of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from corpus.errors import MonitoriaError
from corpus.language import say, set_interface_language
from eval.answers import read_answers
from eval.judging.asking import Patience
from eval.judging.recorded import judge_times, read_answers_to_judge, write_manifest
from eval.runs import answer_topics
from eval.topics import read_topics
from interfaces.history.errors import HistoryProblem, NotKept
from interfaces.history.records import EvaluationRun, RunState
from interfaces.history.runs import set_run
from interfaces.service.faults import kind_and_place
from interfaces.service.interrupting import Cancelled, CourseInTurns, JudgeInTurns, Turns, unless
from interfaces.service.plans import ANSWERS, TOPICS, Plan
from rag.config import LLMSettings, Settings
from rag.errors import GenerationFailed, UsageError
from rag.llm import open_llm
from rag.pipeline import Monitoria

if TYPE_CHECKING:
    from interfaces.service.desk import Desk

_log = logging.getLogger(__name__)
_TELL_EVERY_S = 1.0
# So many answers in a row without their model: it is not coming back in this run.
_GIVE_UP_AFTER = 5
_SETTLE_TRIES = 5

Phase = Literal["waiting", "opening", "answering", "judging"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: ``done`` of ``of`` answers or judgements; ``left_s`` seconds of this phase, once it is known."""

    phase: Phase = "waiting"
    done: int = 0
    of: int = 0
    left_s: float | None = None


class _Live:
    """A run that goes on in this process."""

    def __init__(self, run: EvaluationRun) -> None:
        self.run = run
        self.stopping = threading.Event()
        self.ended = threading.Event()
        self.progress = Progress()
        self._begun = (time.monotonic(), 0)
        self._told = float("-inf")

    def begin(self, phase: Phase, done: int = 0, of: int = 0) -> None:
        self.progress = Progress(phase, done, of)
        self._begun = (time.monotonic(), done)
        self._told = float("-inf")

    def step(self, done: int, of: int) -> None:
        """So many are done; those that stood in the file already say nothing about the pace."""
        self.check()
        started, before = self._begun
        made = done - before
        left_s = None if made <= 0 else (time.monotonic() - started) / made * (of - done)
        self.progress = replace(self.progress, done=done, of=of, left_s=left_s)

    def tell(self, desk: Desk, done: int) -> None:
        """Keep how many topics are answered, now and then; another process may have cancelled the run meanwhile."""
        if time.monotonic() - self._told < _TELL_EVERY_S:
            return
        self._told = time.monotonic()
        try:
            kept = set_run(desk.history, self.run.run_id, "running", done)
        except NotKept:
            kept = False
        if not kept:
            self.stopping.set()
        self.check()

    def check(self) -> None:
        if self.stopping.is_set():
            raise Cancelled


class Evaluations:
    """The runs of one process. Safe to use from many threads."""

    def __init__(self, patience: Patience | None = None) -> None:
        """``patience`` with a judge; by default the settings' time limit and the usual tries."""
        self._patience = patience
        self._live: dict[str, _Live] = {}
        self._lock = threading.Lock()
        self._one = threading.Lock()

    def start(self, desk: Desk, run: EvaluationRun, folder: Path, plan: Plan) -> None:
        """Begin a run, or go on with it; nothing happens where it goes on already."""
        with self._lock:
            if run.run_id in self._live:
                return
            live = self._live[run.run_id] = _Live(run)
        threading.Thread(
            target=self._run, args=(desk, live, folder, plan), name=f"evaluation {run.run_id[:8]}", daemon=True
        ).start()

    def progress(self, run_id: str) -> Progress | None:
        """Where a run is; ``None`` where it does not go on in this process."""
        live = self._live.get(run_id)
        return None if live is None else live.progress

    def cancel(self, desk: Desk, run_id: str) -> None:
        """Have a run stop; what it made stays."""
        if live := self._live.get(run_id):
            live.stopping.set()
            desk.answering.turnstile.wake()

    def wait(self, run_id: str, timeout_s: float) -> bool:
        """Wait until a run does not go on here any more; whether that is so."""
        live = self._live.get(run_id)
        return live is None or live.ended.wait(timeout_s)

    def _run(self, desk: Desk, live: _Live, folder: Path, plan: Plan) -> None:
        set_interface_language(plan.language)
        state: RunState = "failed"
        error: str | None = None
        try:
            self._await(live)
            try:
                live.tell(desk, live.run.done)
                self._evaluate(desk, live, folder, plan)
                state = "done"
            finally:
                self._one.release()
        except Cancelled:
            state = "cancelled"
        except MonitoriaError as fault:
            # Where the folder lies is the operator's business.
            error = str(fault).replace(f"{folder}/", "")
        except Exception as fault:  # noqa: BLE001 - a thread's end; told to whoever started it in a plain sentence
            _log.error("an evaluation failed: %s", kind_and_place(fault))
            error = _unexpected(fault)
        finally:
            _settle(desk, live.run.run_id, state, _n_answered(folder), error)
            with self._lock:
                del self._live[live.run.run_id]
            live.ended.set()

    def _await(self, live: _Live) -> None:
        while not self._one.acquire(timeout=0.2):
            live.check()

    def _evaluate(self, desk: Desk, live: _Live, folder: Path, plan: Plan) -> None:
        live.begin("opening")
        turns = Turns(desk.answering.turnstile, f"evaluation {live.run.run_id}", live.stopping)
        # The judge first: one that cannot be had is told before hours of answering.
        judge = unless(live.stopping, lambda: self._judge(desk.settings, plan, turns))
        course = unless(live.stopping, lambda: _answerer(desk, live.run.course, plan))
        topics, answers = folder / TOPICS, folder / ANSWERS
        try:
            self._answer(desk, live, CourseInTurns(course, turns), topics, answers)
            asked = read_topics(topics)
            live.begin("judging", of=len(asked) * len(plan.kinds) * plan.repeat)
            # Known before the first judgement, so that a report can be made of whatever there is.
            write_manifest(folder, judge, answers, topics)
            begun = 0

            def report(time: int, done: int, of: int) -> None:
                # Each time has as much to judge as the others.
                done, of = done + (time - 1) * of, of * plan.repeat
                nonlocal begun
                if time != begun:
                    live.begin("judging", done, of)
                begun = time
                live.step(done, of)
                live.tell(desk, len(asked))

            given = read_answers_to_judge(answers)
            judge_times(judge, given, asked, folder, kinds=plan.kinds, times=plan.repeat, report=report)
        finally:
            if answers.is_file():
                write_manifest(folder, judge, answers, topics)

    def _judge(self, settings: Settings, plan: Plan, turns: Turns) -> JudgeInTurns:
        llm = open_llm(judge_settings(settings, plan))
        if llm is None:
            raise no_judge()
        patience = self._patience or Patience(timeout_s=settings.llm.timeout_s)
        # A wait between two tries ends when the run is given up.
        stopping = turns.stopping
        patience = replace(patience, sleep=_until(stopping, patience.sleep))
        return JudgeInTurns(llm, patience, turns, rule=plan.rule, weighs=False if plan.reasoned else None)

    def _answer(self, desk: Desk, live: _Live, course: CourseInTurns, topics: Path, answers: Path) -> None:
        asked = read_topics(topics)
        live.begin("answering", _n_answered(answers.parent), len(asked))

        def report(done: int, of: int) -> None:
            # Answers that stood in the file are passed over at once, and are no progress.
            if done > live.progress.done:
                live.step(done, of)
            live.tell(desk, done)

        failed_in_a_row = 0
        # As much of a course as is asked of it there.
        whole = cast(Monitoria, course)
        for record in answer_topics(whole, asked, answers, report=report, topics_path=topics):
            live.check()
            failed_in_a_row = failed_in_a_row + 1 if record["error"] else 0
            if failed_in_a_row >= min(_GIVE_UP_AFTER, len(asked)):
                raise _model_gone(str(record["error"]))


def judge_settings(settings: Settings, plan: Plan) -> LLMSettings:
    """Which model judges. The settings' key goes to the settings' server or to the SPEC's provider, nowhere else."""
    at = settings.llm.base_url if plan.judge_at_server else None
    return settings.llm.model_copy(update={"spec": plan.judge, "base_url": at})


def no_judge() -> UsageError:
    """What to say where nobody is to judge."""
    return UsageError(
        pt="o juiz none não julga; use embedded ou PROVEDOR:NOME, como openai:NOME",
        en="the judge none judges nothing; use embedded or PROVIDER:NAME, such as openai:NAME",
    )


def _answerer(desk: Desk, course_id: str, plan: Plan) -> Monitoria:
    """The course as the chat has it open; with another model where the plan names one, over the same index."""
    course = desk.courses.opened(course_id)
    if not plan.llm or plan.llm == course.settings.llm.spec:
        return course
    llm = course.settings.llm.model_copy(update={"spec": plan.llm})
    return Monitoria(course.retriever.segments, course.settings.model_copy(update={"llm": llm}))


def _n_answered(folder: Path) -> int:
    try:
        return sum(not one.failed for one in read_answers(folder / ANSWERS).recorded)
    except MonitoriaError:
        return 0


def _until(stopping: threading.Event, sleep: Callable[[float], None]) -> Callable[[float], None]:
    """Sleep, but not once the run is given up."""
    if sleep is not time.sleep:
        return sleep
    return lambda seconds: (stopping.wait(seconds), None)[1]


def _settle(desk: Desk, run_id: str, state: RunState, done: int, error: str | None) -> None:
    for wait_s in range(_SETTLE_TRIES):
        try:
            set_run(desk.history, run_id, state, done, error)
        except NotKept:
            return  # it was deleted meanwhile
        except HistoryProblem as problem:
            _log.warning("%s", problem.en)
            time.sleep(wait_s)
        else:
            return


def _model_gone(error: str) -> GenerationFailed:
    return GenerationFailed(
        pt=f"quem responde falhou várias vezes seguidas: {error}; o que já respondeu está guardado; retome depois",
        en=f"who answers failed several times in a row: {error}; what was answered is kept; resume later",
    )


def _unexpected(error: Exception) -> str:
    kind = type(error).__name__
    return say(
        f"algo inesperado interrompeu a avaliação ({kind}); o que já foi feito está guardado; retome",
        f"something unexpected interrupted the evaluation ({kind}); what was done is kept; resume it",
    )
