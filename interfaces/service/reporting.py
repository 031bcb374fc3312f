"""What came of an evaluation run: its report, its questions by what is said of them, its files, and two compared."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corpus.language import interface_language
from eval.annotations import write_annotations
from eval.answers import read_answers
from eval.grading import Verdict
from eval.judging.judgements import Kind
from eval.judging.recorded import JUDGEMENTS, MANIFEST
from eval.report.comparison import compare_runs
from eval.report.document import Document
from eval.report.files import NAMES, write_report
from eval.report.gathered import ANNOTATIONS, Entry, Gathered
from eval.report.scores import verdict_of
from eval.runs import write_run
from eval.significance import Comparison
from eval.topics import read_topics
from interfaces.access import need
from interfaces.history.annotating import annotations_of
from interfaces.history.records import EvaluationRun, Person
from interfaces.history.runs import run as kept_run
from interfaces.service.annotating import check_not_blind
from interfaces.service.desk import Desk
from interfaces.service.folders import document_of, gathered_of, keep_annotations_current
from interfaces.service.plans import ANSWERS, TOPICS, folder_of
from rag.errors import UsageError

__all__ = [
    "FILES",
    "OF_JUDGING",
    "Chosen",
    "RunsCompared",
    "Said",
    "allowed",
    "archive",
    "compare",
    "file",
    "lectures",
    "questions",
    "report",
]

Disagreement = Literal["judge and people", "people"]
_RUN, _CSV = "run.trec", "annotations.csv"
# What can be taken along, in this order; those that others must not see while they annotate are the judge's.
FILES = (*NAMES, JUDGEMENTS, MANIFEST, ANNOTATIONS, _CSV, TOPICS, ANSWERS, _RUN)
_BLIND = frozenset({TOPICS, ANSWERS, _RUN})
OF_JUDGING = frozenset({*NAMES, JUDGEMENTS, MANIFEST})


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which questions are wanted; what is empty or ``None`` chooses nothing away.

    Attributes:
        verdict: as the answer is graded (people's, else the choice's, else the judge's); ``—`` where it is not.
        lecture: the question's own lecture.
        disagreement: the judge says otherwise than people do, or people do not agree among themselves.
        errors: the answer's model or the judge failed, or there is no answer.
    """

    verdict: Verdict | Literal["—"] | None = None
    lecture: str | None = None
    disagreement: Disagreement | None = None
    errors: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A question with all that was said of its answer: the graded verdict and whose it is, and each person's."""

    entry: Entry
    verdict: Verdict | None
    verdict_by: str
    people: Mapping[str, tuple[Verdict, str]]
    programs: Mapping[str, tuple[Verdict, str]]


@dataclass(frozen=True, slots=True)
class RunsCompared:
    """Two runs question by question.

    Attributes:
        other_questions: questions that have the same id in both and do not read the same; their ids are compared
            all the same, and the figures mean nothing.
    """

    comparisons: tuple[Comparison, ...]
    other_questions: int


def report(desk: Desk, person: Person, run_id: str, *, insists: bool = False) -> Document:
    """The report in the interface's language.

    Raises:
        StillAnnotating: the person is annotating this run, and does not insist.
        UsageError: nothing is judged yet.
    """
    return document_of(desk, _seen(desk, person, run_id, insists=insists), interface_language())


def questions(
    desk: Desk, person: Person, run_id: str, chosen: Chosen | None = None, *, insists: bool = False
) -> list[Said]:
    """The questions that are wanted, in the file's order. Raises as `report` does."""
    gathered = gathered_of(desk, _seen(desk, person, run_id, insists=insists))
    chosen = chosen or Chosen()
    return [said for entry in gathered.entries if _wanted(said := _said(entry, gathered), chosen)]


def lectures(desk: Desk, person: Person, run_id: str, *, insists: bool = False) -> list[str]:
    """The lectures that the run's questions are about."""
    gathered = gathered_of(desk, _seen(desk, person, run_id, insists=insists))
    return sorted({entry.topic.lecture_id for entry in gathered.entries if entry.topic.lecture_id})


def allowed(desk: Desk, person: Person, run_id: str, *, insists: bool = False) -> None:
    """Pass if the person may see what came of the run. Raises as `report` does."""
    _seen(desk, person, run_id, insists=insists)


def file(desk: Desk, person: Person, run_id: str, name: str, *, insists: bool = False) -> bytes:
    """One of `FILES`, made anew where it is made of others.

    Raises:
        UsageError: no such file, or nothing to make it of yet.
        StillAnnotating: it has the judge's verdicts, and the person is annotating.
    """
    if name not in FILES:
        raise UsageError(pt=f"não há arquivo {name!r:.60}", en=f"there is no file {name!r:.60}")
    run = _seen(desk, person, run_id, insists=insists or name in _BLIND)
    folder = folder_of(desk.settings, run)
    if name in NAMES:
        write_report(folder, gathered_of(desk, run))
    elif name in (ANNOTATIONS, _CSV):
        keep_annotations_current(desk, run)
        if name == _CSV:
            write_annotations(folder / name, annotations_of(desk.history, run_id))
    elif name == _RUN:
        _write_trec(folder)
    path = folder / name
    return path.read_bytes() if path.exists() else b""


def archive(desk: Desk, person: Person, run_id: str, *, insists: bool = False) -> bytes:
    """All of `FILES` that have something in them, in one ZIP. Raises as `file` does."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in FILES:
            if content := file(desk, person, run_id, name, insists=insists):
                zipped.writestr(name, content)
    return made.getvalue()


def compare(desk: Desk, person: Person, first: str, second: str) -> RunsCompared:
    """Two runs by every measure that both have, ``second`` less ``first``.

    Raises:
        UsageError: they are one and the same, one is not judged yet, or they have nothing in common.
        StillAnnotating: the person is annotating one of them.
    """
    if first == second:
        raise UsageError(
            pt="as duas são a mesma avaliação; escolha outra para comparar",
            en="both are the same evaluation; choose another to compare with",
        )
    folders: list[Path] = []
    for run_id in (first, second):
        run = _seen(desk, person, run_id, insists=False)
        keep_annotations_current(desk, run)
        folders.append(folder_of(desk.settings, run))
    asked = [{one.topic_id: one.question.strip() for one in read_topics(folder / TOPICS)} for folder in folders]
    others = sum(asked[0][key] != asked[1][key] for key in asked[0].keys() & asked[1].keys())
    if asked[0].keys().isdisjoint(asked[1]):
        raise UsageError(
            pt="as duas avaliações não têm nenhuma pergunta em comum; compare duas sobre as mesmas perguntas",
            en="the two evaluations have no question in common; compare two over the same questions",
        )
    return RunsCompared(tuple(compare_runs(folders[0], folders[1])), others)


def _seen(desk: Desk, person: Person, run_id: str, *, insists: bool) -> EvaluationRun:
    need(person, "evaluate")
    if not insists:
        check_not_blind(desk, person, run_id)
    return kept_run(desk.history, run_id)


def _said(entry: Entry, gathered: Gathered) -> Said:
    verdict, source = verdict_of(entry)
    key = entry.key or ""
    people, programs = (
        {name: (said[key].verdict, said[key].note) for name, said in gathered.annotators(kind).items() if key in said}
        for kind in ("person", "program")
    )
    return Said(entry, verdict, source, people, programs)


def _wanted(said: Said, chosen: Chosen) -> bool:
    if chosen.verdict is not None and (said.verdict or "—") != chosen.verdict:
        return False
    if chosen.lecture is not None and said.entry.topic.lecture_id != chosen.lecture:
        return False
    if chosen.disagreement is not None and not _disagree(said, chosen.disagreement):
        return False
    return not chosen.errors or _failed(said.entry)


def _disagree(said: Said, between: Disagreement) -> bool:
    people = {verdict for verdict, _ in said.people.values()}
    if between == "people":
        return len(people) > 1
    kinds: tuple[Kind, ...] = ("ar", "reference")
    judged = {one.verdict for kind in kinds if (one := said.entry.judgements.get(kind)) and one.verdict}
    return said.entry.people is not None and any(verdict != said.entry.people for verdict in judged)


def _failed(entry: Entry) -> bool:
    record = entry.record
    return record is None or bool(record.get("error")) or any(one.error for one in entry.judgements.values())


def _write_trec(folder: Path) -> None:
    recorded = read_answers(folder / ANSWERS).recorded
    write_run(folder / _RUN, {one.topic_id: json.loads(one.line).get("hits") or [] for one in recorded})
