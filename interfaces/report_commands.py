"""What `monitoria eval agreement`, `report` and `compare` do: call, and show the result."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corpus.language import how_many, say
from interfaces.commands import JsonOption
from interfaces.render import chance

if TYPE_CHECKING:
    from eval.significance import Comparison

Judged = Annotated[
    Path,
    typer.Argument(
        metavar=say("PASTA", "DIR"), help=say("pasta de monitoria eval judge", "folder of monitoria eval judge")
    ),
]
_ANNOTATIONS_HELP = say("anotações (JSONL, CSV)", "annotations (JSONL, CSV)")


def eval_agreement(
    folder: Judged,
    annotations: Annotated[Path, typer.Option("--annotations", metavar=say("ARQUIVO", "FILE"), help=_ANNOTATIONS_HELP)],
    as_json: JsonOption = False,
) -> None:
    """Print how far the judge and those who annotated agree; keep the annotations for the report."""
    from eval.annotations import read_annotations
    from eval.report.files import keep_annotations
    from eval.report.gathered import gather
    from eval.report.trust import compared
    from eval.report.trust_page import agreement_lines

    gathered = gather(folder, annotations)
    kept = keep_annotations(folder, read_annotations(annotations))
    if as_json:
        found = [
            {"between": pair.between, "first": pair.first, "second": pair.second} | asdict(pair.agreement)
            for pair in compared(gathered)
        ]
        print(json.dumps(found, ensure_ascii=False))
        return
    n = len(gathered.annotations)
    print(
        say(
            f"{how_many(n, 'anotação', 'anotações')} destas respostas → {kept}",
            f"{how_many(n, 'annotation', 'annotations')} of these answers → {kept}",
        )
    )
    if gathered.others:
        others = gathered.others
        print(
            say(
                f"sem contar {how_many(others, 'anotação', 'anotações')} de outras respostas",
                f"not counting {how_many(others, 'annotation', 'annotations')} of other answers",
            )
        )
    print("\n".join(agreement_lines(gathered)))


def eval_report(
    folder: Judged,
    annotations: Annotated[
        Path | None, typer.Option("--annotations", metavar=say("ARQUIVO", "FILE"), help=_ANNOTATIONS_HELP)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar=say("PASTA", "DIR"), help=say("onde escrever", "where to write, if not there")),
    ] = None,
) -> None:
    """Write the report of a judged run; with ``out``, without a trace in its folder."""
    from eval.annotations import read_annotations
    from eval.report.files import keep_annotations, write_report
    from eval.report.gathered import changed_since, gather

    gathered = gather(folder, annotations)
    if annotations is not None and out is None:
        keep_annotations(folder, read_annotations(annotations))
    for path in write_report(out or folder, gathered):
        print(path)
    for name in changed_since(folder, gathered):
        source = gathered.sources[name]["path"]
        print(
            say(
                f"aviso: {source} mudou desde o julgamento; julgue de novo para que tudo conte",
                f"note: {source} changed since it was judged; judge again so that everything counts",
            )
        )


def eval_compare(
    first: Annotated[Path, typer.Argument(metavar="A")],
    second: Annotated[Path, typer.Argument(metavar="B")],
    topics: Annotated[
        Path | None,
        typer.Option(
            "--topics", metavar=say("ARQUIVO", "FILE"), help=say("perguntas, para buscas", "topics, for run files")
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two judged runs, or two run files, question by question."""
    from eval.report.comparison import compare_runs
    from eval.topics import read_topics

    found = compare_runs(first, second, None if topics is None else read_topics(topics))
    if as_json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    from eval.report.figures import few, is_few
    from eval.report.wording import measure_name, relevance_note

    names = [measure_name(one.measure) for one in found]
    print(f"A = {first}  B = {second}")
    for name, one in zip(names, found, strict=True):
        print(_comparison_line(name.ljust(max(map(len, names))), one))
    n = len(found)
    print(
        say(
            f"p: permutação pareada; p*: corrigido por Benjamini–Hochberg para {how_many(n, 'medida', 'medidas')}",
            f"p: paired permutation; p*: corrected after Benjamini–Hochberg for {how_many(n, 'measure', 'measures')}",
        )
    )
    if any(is_few(one.n) for one in found):
        print(few())
    if any(one.measure == "AR" for one in found):
        print(relevance_note())


def _comparison_line(name: str, one: Comparison) -> str:
    from eval.report.figures import figure

    difference, low, high = (figure(value, 3, signed=True) for value in (one.difference, one.low, one.high))
    return (
        f"{name}  A {one.first:9.3f}  B {one.second:9.3f}  B−A {difference} [{low}, {high}]  "
        f"p {chance(one.p)}  p* {chance(one.p_corrected)}  "
        f"n={one.n}/{one.n_questions}"
    )
