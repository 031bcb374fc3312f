"""Writes a report's four files beside the judgements that it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

from eval.annotations import Annotation, read_annotations, write_annotations
from eval.lines import write_lines
from eval.report.gathered import ANNOTATIONS, Gathered
from eval.report.html import to_html
from eval.report.layout import lay_out
from eval.report.markdown import to_markdown
from eval.report.scores import score_all
from eval.report.tables import to_csv, to_jsonl

NAMES = ("report.md", "report.html", "results.csv", "results.jsonl")


def write_report(folder: Path, gathered: Gathered) -> list[Path]:
    """Write ``report.md``, ``report.html``, ``results.csv`` and ``results.jsonl``, each whole or not at all.

    The folder is made where there is none.

    The interface's language decides the words.

    Raises:
        UsageError: one cannot be written.
    """
    scored = score_all(gathered)
    document = lay_out(gathered, scored)
    texts = (to_markdown(document), to_html(document), to_csv(gathered, scored), to_jsonl(gathered, scored))
    paths = [folder / name for name in NAMES]
    for path, text in zip(paths, texts, strict=True):
        write_lines(path, text.removesuffix("\n").split("\n"))
    return paths


def keep_annotations(folder: Path, annotations: Iterable[Annotation]) -> Path:
    """Put annotations beside the judgements, so that a report finds them; what stands there already stays once."""
    path = folder / ANNOTATIONS
    kept = read_annotations(path) if path.exists() else []
    known = {astuple(one) for one in kept}
    write_annotations(path, [*kept, *(one for one in annotations if astuple(one) not in known)])
    return path
