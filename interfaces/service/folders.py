"""A run's folder, read: what was gathered and laid out last is remembered until one of its files changes.

Annotations are kept in the database; whenever the folder is read they are written beside the judgements first, so that
`monitoria eval report` says the same.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from corpus.language import Language
from eval.annotations import read_annotations, write_annotations
from eval.judging.recorded import JUDGEMENTS, MANIFEST, repeats
from eval.ragas.recorded import MANIFEST as RAGAS_MANIFEST
from eval.ragas.recorded import SCORES as RAGAS_SCORES
from eval.report.document import Document
from eval.report.figures import for_people
from eval.report.files import NAMES
from eval.report.gathered import ANNOTATIONS, Gathered, gather
from eval.report.layout import lay_out
from eval.report.scores import Scores, score_all
from interfaces.history.annotating import annotations_of
from interfaces.history.records import EvaluationRun
from interfaces.history.runs import runs_of
from interfaces.service.desk import Desk
from interfaces.service.plans import ANSWERS, TOPICS, folder_of, read_plan, write_plan

ANNOTATIONS_CSV = "annotations.csv"
Stamp = tuple[tuple[int, int], ...]
_READ = (TOPICS, ANSWERS, JUDGEMENTS, MANIFEST, ANNOTATIONS, RAGAS_MANIFEST, RAGAS_SCORES)
_writing = threading.Lock()


def stamp_of(folder: Path, names: Sequence[str]) -> Stamp:
    """What changes when one of these files does."""
    found = []
    for name in names:
        try:
            told = (folder / name).stat()
            found.append((told.st_mtime_ns, told.st_size))
        except OSError:
            found.append((0, 0))
    return tuple(found)


def gathered_of(desk: Desk, run: EvaluationRun) -> Gathered:
    """What lies in a run's folder, its annotations brought up to date.

    Raises:
        UsageError: nothing of it is judged yet, or a file is gone.
    """
    folder = _current(desk, run)
    return _gathered(folder, _stamp(folder))


def document_of(desk: Desk, run: EvaluationRun, language: Language) -> Document:
    """The report of a run for people to read, in the interface's language, which is ``language``."""
    folder = _current(desk, run)
    return _document(folder, _stamp(folder), language)


def keep_annotations_current(desk: Desk, run: EvaluationRun) -> None:
    """Write the database's annotations into the run's folder; those that others put there stay.

    Of somebody who is gone, or took a word back, nothing is left, in reports neither.
    """
    folder = folder_of(desk.settings, run)
    if not folder.is_dir():
        return
    with _writing:
        plan = read_plan(folder)
        path = folder / ANNOTATIONS
        there = read_annotations(path) if path.exists() else []
        ours = annotations_of(desk.history, run.run_id)
        now = tuple(sorted({one.annotator for one in ours}))
        wanted = [one for one in there if one.annotator not in {*plan.annotators, *now}] + ours
        if wanted == there and now == plan.annotators:
            return
        if not wanted:
            path.unlink(missing_ok=True)
        else:
            write_annotations(path, wanted)
        for name in (*NAMES, ANNOTATIONS_CSV):
            (folder / name).unlink(missing_ok=True)
        write_plan(folder, replace(plan, annotators=now))


def keep_all_current(desk: Desk) -> None:
    """The same of every run: after a person deleted all that is hers."""
    for run in runs_of(desk.history):
        with suppress(Exception):  # a folder that cannot be read must not stop a deletion
            keep_annotations_current(desk, run)


def _stamp(folder: Path) -> Stamp:
    """Of all that a report is made of."""
    return stamp_of(folder, (*_READ, *(path.name for path in repeats(folder))))


def _current(desk: Desk, run: EvaluationRun) -> Path:
    keep_annotations_current(desk, run)
    return folder_of(desk.settings, run)


@lru_cache(maxsize=4)
def _gathered(folder: Path, stamp: Stamp) -> Gathered:
    return gather(folder)


@lru_cache(maxsize=4)
def _scores(folder: Path, stamp: Stamp) -> dict[str, Scores]:
    return score_all(_gathered(folder, stamp))


@lru_cache(maxsize=4)
def _document(folder: Path, stamp: Stamp, language: Language) -> Document:
    with for_people():
        return lay_out(_gathered(folder, stamp), _scores(folder, stamp))
