"""Runs over a file of topics: hits of all topics, and answers of all topics, written as they come.

A batch of answers resumes: a topic whose answer stands in the file already is not asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.answers import check_not_topics, read_answers, recorded_llms, replace_answer
from eval.lines import append_line, read_lines, write_lines
from eval.topics import Topic
from rag.errors import UsageError
from rag.exchange import answer_record, run_records, trec_lines
from rag.pipeline import Monitoria
from rag.records import Mode

__all__ = ["answer_topics", "check_not_topics", "read_run", "recorded_llms", "search_topics", "write_run"]

Report = Callable[[int, int], None]
_LARGEST = 1e300
_WANTED_PT = {
    "text": "um texto",
    "whole number from 1": "um inteiro a partir de 1",
    "number or null": "um número ou null",
    "number": "um número",
}


def search_topics(
    course: Monitoria,
    topics: Sequence[Topic],
    *,
    k: int,
    mode: Mode | None = None,
    report: Report | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """The run objects of every topic, by topic id, in topic order; a topic without hits has an empty list."""
    run: dict[str, list[dict[str, Any]]] = {}
    for done, topic in enumerate(topics, start=1):
        run[topic.topic_id] = run_records(course.search(topic.question, k=k, mode=mode), topic.topic_id)
        if report is not None:
            report(done, len(topics))
    return run


def write_run(path: Path, run: dict[str, list[dict[str, Any]]]) -> None:
    """Write a run: JSON lines, or the TREC format where the name ends in ``.trec``. Whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    lines: list[str] = []
    for topic_id, hits in run.items():
        if path.suffix == ".trec":
            lines.extend(trec_lines(topic_id, hits))
        else:
            lines.extend(json.dumps(hit, ensure_ascii=False) for hit in hits)
    write_lines(path, lines)


def read_run(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Run objects by topic id.

    Raises:
        UsageError: no such file, or a line that is no run object; names file and line.
    """
    run: dict[str, list[dict[str, Any]]] = {}
    for number, record in read_lines(path):
        if not {"topic_id", "rank", "lecture_id", "start_s", "end_s"} <= record.keys():
            raise UsageError(
                pt=f"{path}:{number}: não é linha de uma busca (topic_id, rank, lecture_id, start_s, end_s)",
                en=f"{path}:{number}: is no line of a run (topic_id, rank, lecture_id, start_s, end_s)",
            )
        _check_values(path, number, record)
        run.setdefault(str(record["topic_id"]), []).append(record)
    return run


def _check_values(path: Path, number: int, record: Mapping[str, Any]) -> None:
    times = [
        (name, record[name] is None or _is_finite(record[name]), "number or null") for name in ("start_s", "end_s")
    ]
    rank, score = record["rank"], record.get("score")
    checks = [
        ("topic_id", _is_whole(record["topic_id"]) or isinstance(record["topic_id"], str), "text"),
        ("rank", _is_whole(rank) and rank >= 1, "whole number from 1"),
        ("lecture_id", isinstance(record["lecture_id"], str), "text"),
        *times,
        ("score", score is None or _is_finite(score), "number"),
    ]
    for name, is_right, wanted in checks:
        if not is_right:
            raise UsageError(
                pt=f"{path}:{number}: {name} é {record[name]!r:.60}, e deve ser {_WANTED_PT[wanted]}; corrija a linha",
                en=f"{path}:{number}: {name} is {record[name]!r:.60} and must be a {wanted}; correct that line",
            )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(value: object) -> bool:
    # A whole number of JSON may be too large to be a float; NaN is below nothing.
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST


def answer_topics(
    course: Monitoria,
    topics: Sequence[Topic],
    path: Path,
    *,
    report: Report | None = None,
    topics_path: Path | None = None,
) -> Iterator[dict[str, Any]]:
    """Ask every topic that ``path`` does not answer yet; write each answer at once and yield it.

    A last line torn by a kill is cut off and its topic asked again; so is a topic whose model failed, so that a
    batch goes on after a server was down, and one whose question now reads otherwise: its line is replaced.

    Raises:
        UsageError: ``path`` holds something else than answers, is ``topics_path``, or cannot be written; then
            nothing of it was changed.
    """
    if topics_path is not None:
        check_not_topics(path, topics_path)
    found = read_answers(path)
    found.mend()
    kept = [one for one in found.recorded if not one.failed]
    done = {one.topic_id for one in kept}
    for number, topic in enumerate(topics, start=1):
        if not any(one.topic_id == topic.topic_id and one.answers(topic.question) for one in kept):
            record = answer_record(course.ask(topic.question), topic.topic_id)
            (replace_answer if topic.topic_id in done else append_line)(path, record)
            yield record
        if report is not None:
            report(number, len(topics))
