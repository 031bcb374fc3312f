"""The results as a table (CSV) and as objects (JSON lines), a line a question, for whoever computes on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from eval.annotations import Annotation
from eval.judging.judgements import to_record
from eval.report.gathered import Entry, Gathered
from eval.report.scores import Scores, verdict_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_jsonl(gathered: Gathered, scored: Mapping[str, Scores]) -> str:
    """Everything that is known of each question: topic, answer, scores, judgements, annotations."""
    annotators = gathered.annotators()
    records = [_result(entry, scored[entry.topic.topic_id], annotators) for entry in gathered.entries]
    return "".join(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in records)


def to_csv(gathered: Gathered, scored: Mapping[str, Scores]) -> str:
    """A row a question; scores that are not known are empty. Text that a spreadsheet would run begins with ``'``."""
    names = list(dict.fromkeys(name for scores in scored.values() for name in scores))
    annotators = gathered.annotators()
    header = ["topic_id", "question", "lecture_id", "type", "answerable", "answer", "abstained", "mode", "verdict"]
    header += ["verdict_by", *(f"verdict_{kind}" for kind in gathered.kinds), *names]
    header += [f"annotation_{name}" for name in annotators]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for entry in gathered.entries:
        scores = scored[entry.topic.topic_id]
        said = [mine.get(entry.key or "") for mine in annotators.values()]
        cells = [*_row(entry, gathered), *(scores.get(name) for name in names)]
        writer.writerow([*map(_safe, cells), *("" if one is None else one.verdict for one in said)])
    return text.getvalue()


def _row(entry: Entry, gathered: Gathered) -> list[Any]:
    record, topic = entry.record or {}, entry.topic
    verdict, source = verdict_of(entry)
    kinds = [entry.judgements.get(kind) for kind in gathered.kinds]
    return [
        topic.topic_id,
        topic.question,
        topic.lecture_id,
        topic.type,
        topic.answerable,
        record.get("answer"),
        record.get("abstained"),
        record.get("mode"),
        verdict,
        source,
        *(None if one is None else one.verdict for one in kinds),
    ]


def _safe(cell: object) -> object:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _result(entry: Entry, scores: Scores, annotators: Mapping[str, Mapping[str, Annotation]]) -> dict[str, Any]:
    verdict, source = verdict_of(entry)
    return {
        "topic_id": entry.topic.topic_id,
        "number": entry.number,
        "topic": dict(entry.topic.record),
        "answer": entry.record,
        "verdict": verdict,
        "verdict_by": source or None,
        "scores": scores,
        "judgements": [to_record(one) for one in entry.judgements.values()],
        "annotations": [
            {
                "annotator": name,
                "annotator_kind": said.annotator_kind,
                "verdict": said.verdict,
                "score": said.score,
                "at": said.at,
                "note": said.note,
            }
            for name, mine in annotators.items()
            if (said := mine.get(entry.key or "")) is not None
        ],
    }
