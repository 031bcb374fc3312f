"""The questions of an evaluation run one by one, sifted by what is said of their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eval.grading import Verdict
from eval.judging.judgements import Kind
from eval.report.gathered import Entry, Gathered
from eval.report.scores import verdict_of
from interfaces.history.records import Person
from interfaces.service.annotating import seen_run
from interfaces.service.desk import Desk
from interfaces.service.folders import gathered_of

__all__ = ["Chosen", "Disagreement", "Offered", "Said", "offered", "questions"]

# Who may say otherwise than whom: the judge, by what it judged, than people; one person than another; the judge, asked
# again, than itself.
Disagreement = Literal["ar and people", "reference and people", "people", "judge again"]
_JUDGED: Mapping[Disagreement, Kind] = {"ar and people": "ar", "reference and people": "reference"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which questions are wanted; what is empty or ``None`` chooses nothing away.

    Attributes:
        verdict: as the answer is graded (people's, else the choice's, else the judge's); ``—`` where it is not.
        lecture: the question's own lecture.
        disagreement: who does not agree with whom.
        errors: the answer's model or the judge failed, or there is no answer.
    """

    verdict: Verdict | Literal["—"] | None = None
    lecture: str | None = None
    disagreement: Disagreement | None = None
    errors: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to choose by: lectures, and those who could disagree since both said something."""

    lectures: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A question with all that was said of its answer.

    Attributes:
        verdict: as the answer is graded; ``verdict_by`` says whose it is.
        people: each person's verdict and note.
        programs: the same of programs.
        again: the judge's verdicts of the second time, the third, and so on; ``None`` where there is none.
    """

    entry: Entry
    verdict: Verdict | None
    verdict_by: str
    people: Mapping[str, tuple[Verdict, str]]
    programs: Mapping[str, tuple[Verdict, str]]
    again: Mapping[Kind, tuple[Verdict | None, ...]]


def questions(desk: Desk, person: Person, run_id: str, chosen: Chosen | None = None) -> list[Said]:
    """The questions that are wanted, in the file's order.

    Raises:
        StillAnnotating: the person is annotating this run, and does not insist on seeing it.
        UsageError: nothing is judged yet.
    """
    gathered = gathered_of(desk, seen_run(desk, person, run_id, of_each=True))
    chosen = chosen or Chosen()
    again = [{(one.kind, one.answer_sha256): one.verdict for one in time} for time in gathered.repeats]
    return [said for entry in gathered.entries if _wanted(said := _said(entry, gathered, again), chosen)]


def offered(desk: Desk, person: Person, run_id: str) -> Offered:
    """What the run's questions can be chosen by. Raises as `questions` does."""
    gathered = gathered_of(desk, seen_run(desk, person, run_id))
    lectures = {entry.topic.lecture_id for entry in gathered.entries if entry.topic.lecture_id}
    named: list[Disagreement] = []
    if gathered.has_people:
        named += [name for name, kind in _JUDGED.items() if kind in gathered.kinds]
    if len(gathered.annotators("person")) > 1:
        named.append("people")
    if gathered.repeats:
        named.append("judge again")
    return Offered(tuple(sorted(lectures)), tuple(named))


Again = list[dict[tuple[Kind, str], Verdict | None]]


def _said(entry: Entry, gathered: Gathered, times: Again) -> Said:
    verdict, source = verdict_of(entry)
    key = entry.key or ""
    people, programs = (
        {name: (said[key].verdict, said[key].note) for name, said in gathered.annotators(kind).items() if key in said}
        for kind in ("person", "program")
    )
    again: dict[Kind, tuple[Verdict | None, ...]] = {
        kind: tuple(time[kind, key] for time in times if (kind, key) in time) for kind in entry.judgements
    }
    return Said(entry, verdict, source, people, programs, {kind: said for kind, said in again.items() if said})


def _wanted(said: Said, chosen: Chosen) -> bool:
    if chosen.verdict is not None and (said.verdict or "—") != chosen.verdict:
        return False
    if chosen.lecture is not None and said.entry.topic.lecture_id != chosen.lecture:
        return False
    if chosen.disagreement is not None and not _disagree(said, chosen.disagreement):
        return False
    return not chosen.errors or _failed(said.entry)


def _disagree(said: Said, between: Disagreement) -> bool:
    """Whether two said something, and not the same; who said nothing does not disagree."""
    if between == "people":
        return len({verdict for verdict, _ in said.people.values()}) > 1
    if between == "judge again":
        return any(
            len({verdict for verdict in (said.entry.judgements[kind].verdict, *again) if verdict}) > 1
            for kind, again in said.again.items()
        )
    judged = said.entry.judgements.get(_JUDGED[between])
    if judged is None or judged.verdict is None or said.entry.people is None:
        return False
    return judged.verdict != said.entry.people


def _failed(entry: Entry) -> bool:
    record = entry.record
    return record is None or bool(record.get("error")) or any(one.error for one in entry.judgements.values())
