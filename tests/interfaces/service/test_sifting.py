"""Questions by what is said of them: verdicts, lectures, who disagrees with whom, what failed."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from eval.annotations import Annotation
from eval.grading import Verdict
from interfaces.access import AccessDenied
from interfaces.history.annotating import annotate
from interfaces.history.people import ensure_person
from interfaces.history.records import EvaluationRun, Person
from interfaces.service import sifting
from interfaces.service.desk import Desk
from interfaces.service.sifting import Chosen, Disagreement
from tests.interfaces.service.evaluated import PLAN, run_of
from tests.scripted_server import Script


def numbers(desk: Desk, person: Person, run: EvaluationRun, **chosen: object) -> list[str]:
    found = sifting.questions(desk, person, run.run_id, Chosen(**chosen))  # type: ignore[arg-type]
    return [said.entry.number for said in found]


def annotated(desk: Desk, run: EvaluationRun, said: sifting.Said, name: str, verdict: Verdict) -> None:
    """By somebody who does not look at anything, and so is never in the middle of it here."""
    ensure_person(desk.history, name, name, ["researcher"])
    key = said.entry.key or ""
    annotate(desk.history, run.run_id, Annotation(said.entry.topic.topic_id, key, name, "person", verdict))


def other_than(verdict: str | None) -> Verdict:
    return "P" if verdict != "P" else "C"


def test_by_verdict_lecture_and_failure(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    every = sifting.questions(desk, rita, run.run_id)
    assert len(every) == 8
    for verdict in ("C", "P", "I"):
        chosen = numbers(desk, rita, run, verdict=verdict)
        assert chosen == [one.entry.number for one in every if one.verdict == verdict]
    offered = sifting.offered(desk, rita, run.run_id)
    by_lecture = [numbers(desk, rita, run, lecture=lecture) for lecture in offered.lectures]
    assert sorted(itertools.chain(*by_lecture)) == sorted(
        one.entry.number for one in every if one.entry.topic.lecture_id is not None
    )
    assert all(by_lecture)
    assert numbers(desk, rita, run, errors=True) == []


def test_who_can_disagree_is_offered_and_nobody_else(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    assert sifting.offered(desk, rita, run.run_id).disagreements == ()
    said = sifting.questions(desk, rita, run.run_id)[0]
    annotated(desk, run, said, "olga@example.org", "C")
    assert sifting.offered(desk, rita, run.run_id).disagreements == ("ar and people", "reference and people")
    annotated(desk, run, said, "nina@example.org", "C")
    assert sifting.offered(desk, rita, run.run_id).disagreements[2:] == ("people",)


def test_a_disagreement_is_between_the_two_that_are_named(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    """Three answers: people against one kind of judgement, against the other, against each other."""
    every = sifting.questions(desk, rita, run.run_id)
    told = {one.entry.number: {kind: said.verdict for kind, said in one.entry.judgements.items()} for one in every}
    first = next(one for one in every if told[one.entry.number]["ar"] != told[one.entry.number]["reference"])
    annotated(desk, run, first, "olga@example.org", told[first.entry.number]["ar"])  # type: ignore[arg-type]
    assert numbers(desk, rita, run, disagreement="reference and people") == [first.entry.number]
    assert numbers(desk, rita, run, disagreement="ar and people") == []
    annotated(desk, run, first, "olga@example.org", told[first.entry.number]["reference"])  # type: ignore[arg-type]
    assert numbers(desk, rita, run, disagreement="ar and people") == [first.entry.number]
    assert numbers(desk, rita, run, disagreement="reference and people") == []
    assert numbers(desk, rita, run, disagreement="people") == []
    annotated(desk, run, first, "nina@example.org", other_than(told[first.entry.number]["reference"]))
    (found,) = sifting.questions(desk, rita, run.run_id, Chosen(disagreement="people"))
    assert set(found.people) == {"olga@example.org", "nina@example.org"}


def test_where_the_judge_said_something_else_the_second_time(
    desk: Desk, identity: str, rita: Person, script: Script
) -> None:
    asked: dict[str, int] = {}

    def reply(request: dict[str, object]) -> str:
        """3 the first time; the second time 0 of the first two answers that are asked about again."""
        told = json.dumps(request["messages"])
        asked[told] = asked.get(told, 0) + 1
        changed = asked[told] == 2 and sum(n == 2 for n in asked.values()) <= 2
        return json.dumps({"criteria": "o", "supporting_evidence": "e", "score": 0 if changed else 3})

    script.reply = reply
    run = run_of(desk, rita, identity, 6, replace(PLAN, kinds=("ar",), repeat=3))
    assert sifting.offered(desk, rita, run.run_id).disagreements == ("judge again",)
    found = sifting.questions(desk, rita, run.run_id, Chosen(disagreement="judge again"))
    assert [(one.entry.judgements["ar"].verdict, one.again["ar"]) for one in found] == [("C", ("I", "C"))] * 2


@pytest.mark.parametrize("disagreement", ["ar and people", "reference and people", "people", "judge again"])
def test_who_said_nothing_does_not_disagree(
    desk: Desk, run: EvaluationRun, rita: Person, disagreement: Disagreement
) -> None:
    assert numbers(desk, rita, run, disagreement=disagreement) == []


def test_a_student_sees_none_of_it(desk: Desk, run: EvaluationRun, ana: Person) -> None:
    for act in (sifting.questions, sifting.offered):
        with pytest.raises(AccessDenied):
            act(desk, ana, run.run_id)
