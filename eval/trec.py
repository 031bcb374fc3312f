"""Runs and judgements (qrels) in TREC's formats, read and written, and qrels made of gold spans.

A run's line is ``topic Q0 docno rank score tag``, a judgement's ``topic 0 docno grade``; the docno is our segment id.
Columns are parted by any whitespace, so that none may stand inside one.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus.records import Segment
from eval.lines import unreadable, write_lines
from eval.measures import Qrels, is_relevant
from eval.topics import GoldSpan, Topic
from rag.errors import UsageError

_RUN = ("topic", "Q0", "docno", "rank", "score", "tag")
_QRELS = ("topic", "0", "docno", "grade")


def as_word(name: str) -> str:
    """A name as it stands in a column, with ``_`` for spaces.

    >>> as_word("aula 3")
    'aula_3'
    """
    return "_".join(name.split()) or "_"


def check_apart(names: Iterable[str]) -> None:
    """Pass if no two names are one in a column.

    Raises:
        UsageError: two are, such as ``aula 3`` and ``aula_3``; names both.
    """
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(as_word(name), name)
        if other != name:
            raise UsageError(
                pt=f"{other!r} e {name!r} são o mesmo id no formato TREC, que não tem espaços; renomeie um deles",
                en=f"{other!r} and {name!r} are one id in the TREC format, which has no spaces; rename one of them",
            )


def trec_lines(topic_id: str, hits: Sequence[Mapping[str, Any]], run_name: str = "monitoria") -> list[str]:
    """Run objects of one topic in the TREC format: ``topic Q0 segment rank score run``."""
    return [
        f"{as_word(topic_id)} Q0 {hit['segment_id']} {hit['rank']} {hit['score']!r} {as_word(run_name)}" for hit in hits
    ]


def read_trec_run(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Hits by topic id, each ``topic_id``, ``rank``, ``score`` and ``segment_id`` (as text); best first.

    The score rules, as it does for every program that reads this format. Equal scores go by the rank that the file
    gives, then by segment id; trec_eval turns them round by docno. ``rank`` is counted anew from 1.

    Raises:
        UsageError: no such file, a line that is none of a run, or a segment that a topic has twice; names the line.
    """
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for number, (topic_id, _, segment_id, rank, score, _) in _rows(path, _RUN):
        places = found.setdefault(topic_id, {})
        _check_new(path, number, places, segment_id)
        places[segment_id] = (-_number(path, number, "score", score), _whole(path, number, "rank", rank))
    run: dict[str, list[dict[str, Any]]] = {}
    for topic_id, places in found.items():
        order = sorted((*place, segment_id) for segment_id, place in places.items())
        run[topic_id] = [
            {"topic_id": topic_id, "rank": rank, "score": -minus_score, "segment_id": segment_id}
            for rank, (minus_score, _, segment_id) in enumerate(order, start=1)
        ]
    return run


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Grades by topic id and segment id (as text), in file order. Below 1 is not relevant.

    Raises:
        UsageError: no such file, nothing in it, a line that is no judgement, or one segment judged twice; names the
            line.
    """
    qrels: dict[str, dict[str, int]] = {}
    for number, (topic_id, _, segment_id, grade) in _rows(path, _QRELS):
        judged = qrels.setdefault(topic_id, {})
        _check_new(path, number, judged, segment_id)
        judged[segment_id] = _whole(path, number, "grade", grade)
    if not qrels:
        raise UsageError(
            pt=f"{path} não tem julgamento algum; dê um arquivo de linhas: {' '.join(_QRELS)}",
            en=f"{path} holds no judgement; give a file of lines: {' '.join(_QRELS)}",
        )
    return qrels


def write_qrels(path: Path, qrels: Qrels) -> None:
    """Write judgements, whole or not at all.

    Raises:
        UsageError: it cannot be written; two topics are one in this format.
    """
    check_apart(qrels)
    write_lines(
        path,
        [
            f"{as_word(topic_id)} 0 {as_word(segment_id)} {grade}"
            for topic_id, judged in qrels.items()
            for segment_id, grade in judged.items()
        ],
    )


def qrels_from_gold(
    segments: Iterable[Segment | Mapping[str, Any]], topics: Sequence[Topic]
) -> dict[str, dict[str, int]]:
    """Grade 1 for each segment that meets a topic's gold (`eval.measures.is_relevant`); topics without gold are not in.

    ``segments`` are an index's, or the hits of one run or several; from hits, what no run found is not known. A span
    that none of them meets stands there itself, as ``lecture@start-end``: no hit can find it, but it counts, and its
    topic does not vanish.
    """
    by_lecture: dict[str, dict[str, Mapping[str, Any]]] = {}
    for segment in segments:
        record = _record(segment)
        by_lecture.setdefault(record["lecture_id"], {})[str(record["segment_id"])] = record
    return {topic.topic_id: _judged(by_lecture, topic.gold) for topic in topics if topic.gold}


def _judged(by_lecture: Mapping[str, Mapping[str, Mapping[str, Any]]], gold: Sequence[GoldSpan]) -> dict[str, int]:
    judged: dict[str, int] = {}
    for span in gold:
        told = by_lecture.get(span.lecture_id, {})
        met = [segment_id for segment_id, segment in told.items() if is_relevant(segment, (span,))]
        judged |= dict.fromkeys(met or [_span_name(span)], 1)
    return judged


def _span_name(span: GoldSpan) -> str:
    has_times = span.start_s is not None and span.end_s is not None
    return as_word(span.lecture_id + (f"@{span.start_s}-{span.end_s}" if has_times else ""))


def _record(segment: Segment | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(segment, Segment):
        return {name: getattr(segment, name) for name in ("segment_id", "lecture_id", "start_s", "end_s")}
    return segment


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file, numbered, each as its columns; blank ones are passed over."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    for number, line in enumerate(text.split("\n"), start=1):
        row = line.split()
        if row and len(row) != len(columns):
            raise UsageError(
                pt=f"{path}:{number}: tem {len(row)} colunas e não {len(columns)}; escreva: {' '.join(columns)}",
                en=f"{path}:{number}: has {len(row)} columns and not {len(columns)}; write: {' '.join(columns)}",
            )
        if row:
            yield number, row


def _whole(path: Path, number: int, name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise UsageError(
            pt=f"{path}:{number}: {name} é {value!r:.60}, e deve ser um inteiro; corrija a linha",
            en=f"{path}:{number}: {name} is {value!r:.60} and must be a whole number; correct that line",
        ) from error


def _number(path: Path, number: int, name: str, value: str) -> float:
    try:
        read = float(value)
    except ValueError:
        read = math.nan
    if math.isfinite(read):
        return read
    raise UsageError(
        pt=f"{path}:{number}: {name} é {value!r:.60}, e deve ser um número; corrija a linha",
        en=f"{path}:{number}: {name} is {value!r:.60} and must be a number; correct that line",
    )


def _check_new(path: Path, number: int, known: Container[str], segment_id: str) -> None:
    if segment_id in known:
        raise UsageError(
            pt=f"{path}:{number}: repete o segmento {segment_id!r:.60} do mesmo tópico; apague uma das linhas",
            en=f"{path}:{number}: repeats segment {segment_id!r:.60} of the same topic; delete one of the lines",
        )
