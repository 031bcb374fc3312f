"""What people, and programs that are called programs, say of answers: one line an annotation, CSV or JSON lines.

Several annotators may judge the same answer, and one may think again: the later word counts. An annotation holds for
the very text that was read (`answer_sha256`); a changed answer has none.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

from eval.grading import ORDER, Verdict
from eval.judging.judgements import TOP_SCORE
from eval.lines import csv_rows, read_lines, unreadable, write_lines
from rag.errors import UsageError

AnnotatorKind = Literal["person", "program"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotator's word on one answer.

    Attributes:
        annotator_kind: only what a ``person`` says is reported as people's.
        verdict: C, P or I.
        score: 0 to 3 where the annotator gave one.
        at: when, ISO 8601; empty where nobody noted it.
        blind: ``False`` where the annotator is known to have seen before what a judge or others say. Files have it,
            as ``"blind": false``, of those alone.
    """

    topic_id: str
    answer_sha256: str
    annotator: str
    annotator_kind: AnnotatorKind
    verdict: Verdict
    score: float | None = None
    at: str = ""
    note: str = ""
    blind: bool = True


_KEYS = tuple(field.name for field in fields(Annotation))
_NO = frozenset({"false", "falso", "no", "não", "0"})  # as spreadsheets and people write it


def read_annotations(path: Path) -> list[Annotation]:
    """The annotations of a ``.csv`` file or one of JSON lines, in its order; unknown keys are passed over.

    Raises:
        UsageError: no such file, or a line that is no annotation; names file and line.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else read_lines(path)
    return [_annotation(path, number, row) for number, row in rows]


def write_annotations(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write them whole or not at all, as the name's ending says: ``.csv``, else JSON lines.

    Raises:
        UsageError: it cannot be written.
    """
    records = [_record(one) for one in annotations]
    if path.suffix.lower() != ".csv":
        write_lines(path, [json.dumps(record, ensure_ascii=False) for record in records])
        return
    text = io.StringIO(newline="")
    named = [key for key in _KEYS if key != "blind" or any(key in record for record in records)]
    table = csv.DictWriter(text, named, lineterminator="\n")
    table.writeheader()
    table.writerows(record | ({"blind": "false"} if "blind" in record else {}) for record in records)
    write_lines(path, text.getvalue().removesuffix("\n").split("\n"))


def latest(annotations: Iterable[Annotation]) -> dict[str, dict[str, Annotation]]:
    """The last word of each annotator on each answer: ``{annotator: {answer_sha256: annotation}}``.

    By ``at``, and where that is the same or unknown, by the order they come in.
    """
    found: dict[str, dict[str, Annotation]] = {}
    for one in sorted(annotations, key=lambda annotation: _moment(annotation.at)):
        found.setdefault(one.annotator, {})[one.answer_sha256] = one
    return found


def consensus(annotations: Iterable[Annotation], kind: AnnotatorKind = "person") -> dict[str, Verdict]:
    """One verdict an answer, of annotators of one kind: the middle one, the worse of two middle ones.

    >>> a = Annotation("t", "x", "ana", "person", "C")
    >>> b = Annotation("t", "x", "bia", "person", "P")
    >>> consensus([a, b])
    {'x': 'P'}
    """
    said: dict[str, list[Verdict]] = {}
    for mine in latest(one for one in annotations if one.annotator_kind == kind).values():
        for answer, one in mine.items():
            said.setdefault(answer, []).append(one.verdict)
    return {answer: sorted(verdicts, key=ORDER.index)[(len(verdicts) - 1) // 2] for answer, verdicts in said.items()}


def blind_order(answers: Sequence[str], annotator: str, seed: int = 7) -> list[str]:
    """The answers (their sha256) in an order of this annotator's own, the same each time she comes back.

    Neither the file's order nor another annotator's can be told from it.
    """
    return sorted(answers, key=lambda answer: hashlib.sha256(f"{seed}\0{annotator}\0{answer}".encode()).digest())


def _record(one: Annotation) -> dict[str, Any]:
    record = asdict(one)
    if one.blind:
        del record["blind"]
    return record


def _moment(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() if at else float("-inf")


def _csv_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        return list(csv_rows(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    except csv.Error as error:
        raise _wrong(path, 0, f"não é CSV legível ({error})", f"is not readable CSV ({error})") from error


def _annotation(path: Path, number: int, row: Mapping[str, Any]) -> Annotation:
    for key in ("topic_id", "answer_sha256", "annotator"):
        if not isinstance(row.get(key), str | int) or not str(row[key]).strip():
            raise _wrong(path, number, f"{key} é {row.get(key)!r:.60}", f"{key} is {row.get(key)!r:.60}")
    kind, verdict = str(row.get("annotator_kind")).strip().lower(), str(row.get("verdict")).strip().upper()
    if kind not in get_args(AnnotatorKind):
        raise _wrong(
            path,
            number,
            f"annotator_kind é {row.get('annotator_kind')!r:.60}; use person ou program",
            f"annotator_kind is {row.get('annotator_kind')!r:.60}; use person or program",
        )
    if verdict not in get_args(Verdict):
        raise _wrong(
            path,
            number,
            f"verdict é {row.get('verdict')!r:.60}; use C, P ou I",
            f"verdict is {row.get('verdict')!r:.60}; use C, P or I",
        )
    return Annotation(
        str(row["topic_id"]).strip(),
        str(row["answer_sha256"]).strip(),
        str(row["annotator"]).strip(),
        cast(AnnotatorKind, kind),
        cast(Verdict, verdict),
        _score(path, number, row.get("score")),
        _at(path, number, row.get("at")),
        str(row.get("note") or ""),
        # Anything else under this name is somebody's own, and says nothing to us.
        str(row.get("blind")).strip().lower() not in _NO,
    )


def _score(path: Path, number: int, value: object) -> float | None:
    if value in (None, ""):
        return None
    try:
        score = float(str(value))
    except ValueError:
        score = -1.0
    if 0 <= score <= TOP_SCORE:
        return score
    raise _wrong(path, number, f"score é {value!r:.60}; use 0 a 3", f"score is {value!r:.60}; use 0 to 3")


def _at(path: Path, number: int, value: object) -> str:
    if value in (None, ""):
        return ""
    try:
        datetime.fromisoformat(str(value))
    except ValueError as error:
        raise _wrong(
            path,
            number,
            f"at é {value!r:.60}; use ISO 8601, como 2026-11-25T10:00:00Z",
            f"at is {value!r:.60}; use ISO 8601, such as 2026-11-25T10:00:00Z",
        ) from error
    return str(value)


def _wrong(path: Path, number: int, pt: str, en: str) -> UsageError:
    place = f"{path}:{number}" if number else str(path)
    return UsageError(pt=f"{place}: {pt}", en=f"{place}: {en}")
