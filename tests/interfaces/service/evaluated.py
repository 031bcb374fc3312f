"""An evaluation run over questions of the sample course: no model answers, a scripted one judges."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from interfaces.history.records import EvaluationRun, Person
from interfaces.service import evaluating
from interfaces.service.desk import Desk
from interfaces.service.plans import Plan
from tests.conftest import SAMPLE

PLAN = Plan("", kinds=("ar", "reference"), judge="openai:judge", judge_at_server=True, llm="none")


def judged_by_length(asked: dict[str, Any]) -> str:
    """A judge of four opinions, each given now and then, always the same of the same answer."""
    told = "".join(str(message["content"]) for message in asked["messages"])
    return json.dumps({"criteria": "o que foi pedido", "supporting_evidence": "o que diz", "score": len(told) % 4})


def sample_questions(desk: Desk, person: Person) -> evaluating.Questions:
    path = SAMPLE / "topics.jsonl"
    return evaluating.questions_from_upload(desk, person, path.name, path.read_bytes())


def run_of(desk: Desk, person: Person, course: str, n: int = 6, plan: Plan = PLAN) -> EvaluationRun:
    """A run that is over."""
    run = evaluating.start(desk, person, course, sample_questions(desk, person), plan, n)
    assert desk.evaluations.wait(run.run_id, 60)
    return evaluating.evaluation(desk, person, run.run_id).run


def until(told: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Wait until it is so."""
    end = time.monotonic() + timeout_s
    while not told():
        assert time.monotonic() < end
        time.sleep(0.01)
