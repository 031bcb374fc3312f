"""What came of an evaluation run: its report, its files, and two runs compared."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.language import interface_language
from eval.annotations import read_annotations, write_annotations
from eval.answers import read_answers
from eval.judging.judgements import VerdictRule
from eval.judging.recorded import JUDGEMENTS, MANIFEST, repeats
from eval.ragas.recorded import MANIFEST as RAGAS_MANIFEST
from eval.ragas.recorded import SCORES as RAGAS_SCORES
from eval.report.comparison import compare_runs
from eval.report.document import Document, Question
from eval.report.figures import for_people
from eval.report.files import NAMES, write_report
from eval.report.gathered import ANNOTATIONS
from eval.report.trust_page import other_judgements
from eval.runs import write_run
from eval.significance import Comparison
from eval.topics import read_topics
from interfaces.access import need
from interfaces.history.records import EvaluationRun, Person
from interfaces.service.annotating import seen_run
from interfaces.service.desk import Desk
from interfaces.service.folders import ANNOTATIONS_CSV, document_of, gathered_of, keep_annotations_current
from interfaces.service.membership import run_of
from interfaces.service.plans import ANSWERS, TOPICS, folder_of
from rag.errors import UsageError

__all__ = [
    "RunsCompared",
    "archive",
    "compare",
    "file",
    "files",
    "report",
]

_RUN = "run.trec"
# Nothing of what anybody says of an answer is in these.
_BLIND = (TOPICS, ANSWERS, _RUN)


@dataclass(frozen=True, slots=True)
class RunsCompared:
    """Two runs question by question.

    Attributes:
        comparisons: by measure, in the report's order.
        other_questions: questions that have the same id in both and do not read the same; their ids are compared
            all the same, and the figures mean nothing.
        judges: who judged each.
        rules: which verdict a score means in each.
        same_rubrics: whether both were judged by the same rubrics.
    """

    comparisons: tuple[Comparison, ...]
    other_questions: int
    judges: tuple[str, str]
    rules: tuple[VerdictRule, VerdictRule]
    same_rubrics: bool


def report(desk: Desk, person: Person, run_id: str) -> Document:
    """The report in the interface's language, but for what it says of each answer: `sifting` has that.

    So somebody who is yet to annotate may read it.

    Raises:
        StillAnnotating: the person is annotating this run, and does not insist on seeing it.
        UsageError: nothing is judged yet.
    """
    run = seen_run(desk, person, run_id)
    with for_people():
        of_each = other_judgements(gathered_of(desk, run))
    whole = document_of(desk, run, interface_language())
    sections = (one for one in whole.sections if one != of_each)
    return replace(
        whole, sections=tuple(one for one in sections if not any(isinstance(block, Question) for block in one.blocks))
    )


def files(desk: Desk, person: Person, run_id: str) -> list[str]:
    """What of a run can be taken along, the report first. Raises `StillAnnotating` as `report` does."""
    return _files(desk, seen_run(desk, person, run_id))


def file(desk: Desk, person: Person, run_id: str, name: str) -> bytes:
    """One of `files`, made anew where it is made of others.

    Raises:
        UsageError: there is none of that name.
        StillAnnotating: it says what others say, and the person is annotating.
    """
    need(person, "evaluate")
    run = run_of(desk, person, run_id)
    if name not in _files(desk, run):
        raise UsageError(
            pt=f"esta avaliação não tem arquivo {name!r:.60}; escolha um dos que estão em Baixar",
            en=f"this evaluation has no file {name!r:.60}; choose one of those under Download",
        )
    if name not in _BLIND:
        seen_run(desk, person, run_id, of_each=True)
    folder = folder_of(desk.settings, run)
    if name in NAMES:
        write_report(folder, gathered_of(desk, run))
    elif name == ANNOTATIONS_CSV:
        write_annotations(folder / name, read_annotations(folder / ANNOTATIONS))
    elif name == _RUN:
        _write_trec(folder)
    return (folder / name).read_bytes()


def archive(desk: Desk, person: Person, run_id: str) -> bytes:
    """All `files` in one ZIP. Raises as `file` does."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in files(desk, person, run_id):
            zipped.writestr(name, file(desk, person, run_id, name))
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
    runs = [seen_run(desk, person, run_id) for run_id in (first, second)]
    a, b = (gathered_of(desk, run) for run in runs)
    folders = [folder_of(desk.settings, run) for run in runs]
    asked = [{one.topic_id: one.question.strip() for one in read_topics(folder / TOPICS)} for folder in folders]
    others = sum(asked[0][key] != asked[1][key] for key in asked[0].keys() & asked[1].keys())
    if asked[0].keys().isdisjoint(asked[1]):
        raise UsageError(
            pt="as duas avaliações não têm nenhuma pergunta em comum; compare duas sobre as mesmas perguntas",
            en="the two evaluations have no question in common; compare two over the same questions",
        )
    found = compare_runs(folders[0], folders[1])
    return RunsCompared(tuple(found), others, (a.judge, b.judge), (a.rule, b.rule), a.rubrics == b.rubrics)


def _files(desk: Desk, run: EvaluationRun) -> list[str]:
    folder = folder_of(desk.settings, run)
    keep_annotations_current(desk, run)
    named = [name for name in (TOPICS, ANSWERS) if (folder / name).exists()]
    if ANSWERS in named:
        named.append(_RUN)
    if (folder / ANNOTATIONS).exists():
        named[:0] = [ANNOTATIONS, ANNOTATIONS_CSV]
    if run.ended and (folder / MANIFEST).exists():
        again = (path.name for path in repeats(folder))
        made = [JUDGEMENTS, *again, MANIFEST, RAGAS_SCORES, RAGAS_MANIFEST]
        named[:0] = [*NAMES, *(name for name in made if (folder / name).exists())]
    return named


def _write_trec(folder: Path) -> None:
    recorded = read_answers(folder / ANSWERS).recorded
    write_run(folder / _RUN, {one.topic_id: json.loads(one.line).get("hits") or [] for one in recorded})
