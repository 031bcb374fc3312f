"""Topics: the questions of an evaluation file, with whatever is known about their answers.

Reads JSON lines and CSV; unknown keys are kept.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.lines import csv_rows
from rag.errors import UsageError


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Where a question is answered; without times the whole document counts. Seconds."""

    lecture_id: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A question. ``record`` is the line as it was read, with every key."""

    topic_id: str
    question: str
    answerable: bool | None = None
    reference_answer: str | None = None
    gold: tuple[GoldSpan, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_topics(path: Path) -> list[Topic]:
    """The topics of a JSON Lines or CSV file, in file order.

    Raises:
        UsageError: no such file, a line that is no topic, or two topics with one id; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            pt=f"o arquivo de perguntas {path} não pôde ser lido ({error.strerror}); confira o caminho",
            en=f"the topics file {path} could not be read ({error.strerror}); check the path",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            pt=f"o arquivo de perguntas {path} não está em UTF-8; salve-o em UTF-8",
            en=f"the topics file {path} is not UTF-8; save it as UTF-8",
        ) from error
    records = _csv_records(path, text) if path.suffix.lower() == ".csv" else _json_records(path, text)
    topics: list[Topic] = []
    seen: set[str] = set()
    for line, record in records:
        topic = _topic(path, line, record)
        if topic.topic_id in seen:
            raise _wrong(path, line, f"id repetido {topic.topic_id!r}", f"repeated id {topic.topic_id!r}")
        seen.add(topic.topic_id)
        topics.append(topic)
    if not topics:
        raise UsageError(pt=f"o arquivo de perguntas {path} está vazio", en=f"the topics file {path} holds no topic")
    return topics


def _json_records(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    records = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _wrong(path, number, "não é JSON", "is not JSON") from error
        if not isinstance(record, dict):
            raise _wrong(path, number, "não é um objeto JSON", "is not a JSON object")
        records.append((number, record))
    return records


def _csv_records(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    records: list[tuple[int, dict[str, Any]]] = []
    line = 1
    try:
        for line, row in csv_rows(text):
            record: dict[str, Any] = dict(row)
            for key in ("gold", "choices"):
                if key in record:
                    record[key] = json.loads(record[key])
            if "answerable" in record:
                record["answerable"] = str(record["answerable"]).strip().lower() in (
                    "true",
                    "1",
                    "yes",
                    "sim",
                )
            records.append((line, record))
    except (csv.Error, ValueError) as error:
        raise _wrong(path, line, f"não é CSV legível ({error})", f"is not readable CSV ({error})") from error
    return records


def _topic(path: Path, line: int, record: dict[str, Any]) -> Topic:
    identity, question = record.get("id"), record.get("question")
    if isinstance(identity, bool) or not isinstance(identity, str | int) or not str(identity).strip():
        raise _wrong(path, line, f"id é {identity!r:.60}", f"id is {identity!r:.60}")
    if not isinstance(question, str) or not question.strip():
        raise _wrong(path, line, f"question é {question!r:.60}", f"question is {question!r:.60}")
    spans = tuple(_span(path, line, span) for span in _gold(path, line, record.get("gold")))
    return Topic(str(identity), question, record.get("answerable"), record.get("reference_answer"), spans, record)


def _gold(path: Path, line: int, gold: object) -> list[Any]:
    if gold is None or isinstance(gold, list):
        return gold or []
    raise _wrong(path, line, f"gold é {gold!r:.60}, não uma lista", f"gold is {gold!r:.60}, not a list")


def _span(path: Path, line: int, span: object) -> GoldSpan:
    lecture_id = span.get("lecture_id") if isinstance(span, dict) else None
    if not isinstance(span, dict) or lecture_id in (None, ""):
        raise _wrong(path, line, "gold precisa de lecture_id", "gold needs lecture_id")
    start_s, end_s = (_seconds(path, line, name, span.get(name)) for name in ("start_s", "end_s"))
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise _wrong(
            path,
            line,
            f"gold termina em {end_s} s, e não depois de {start_s} s, onde começa",
            f"gold ends at {end_s} s, which is not after {start_s} s, where it starts",
        )
    return GoldSpan(str(lecture_id), start_s, end_s)


def _seconds(path: Path, line: int, name: str, value: object) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = math.nan
    if math.isfinite(seconds):
        return seconds
    raise _wrong(
        path,
        line,
        f"{name} de gold é {value!r:.60}, que não são segundos",
        f"{name} of gold is {value!r:.60}, which is no number of seconds",
    )


def _wrong(path: Path, line: int, pt: str, en: str) -> UsageError:
    return UsageError(
        pt=f"{path}:{line}: {pt}; cada linha é um objeto com id e question",
        en=f"{path}:{line}: {en}; each line is an object with id and question",
    )
