"""Runs over a file of topics: hits of all topics, measured, and answers of all topics, written as they come.

A batch of answers resumes: a topic whose answer stands in the file already is not asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.answers import check_not_topics, read_answers, recorded_llms, replace_answer
from eval.lines import append_line, read_lines, write_lines
from eval.measures import Mean, summarise_judged, summarise_run
from eval.topics import Topic, read_topics
from eval.trec import as_word, check_apart, read_qrels, read_trec_run, trec_lines
from rag.errors import UsageError
from rag.exchange import answer_record, run_records
from rag.pipeline import Monitoria
from rag.records import Mode

__all__ = [
    "answer_topics",
    "check_not_topics",
    "measure_run",
    "read_run",
    "recorded_llms",
    "search_topics",
    "write_run",
]

Report = Callable[[int, int], None]
_TREC = ".trec"
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
        UsageError: it cannot be written; two topics are one in the TREC format.
    """
    if path.suffix == _TREC:
        check_apart(run)
    lines: list[str] = []
    for topic_id, hits in run.items():
        if path.suffix == _TREC:
            lines.extend(trec_lines(topic_id, hits))
        else:
            lines.extend(json.dumps(hit, ensure_ascii=False) for hit in hits)
    write_lines(path, lines)


def read_run(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Run objects by topic id; of a name that ends in ``.trec``, what `eval.trec.read_trec_run` gives.

    Raises:
        UsageError: no such file, or a line that is no run object; names file and line.
    """
    if path.suffix == _TREC:
        return read_trec_run(path)
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


def measure_run(run: Path, *, topics: Path | None = None, qrels: Path | None = None) -> dict[str, Mean]:
    """The measures of a run in a file: by ``qrels`` where they are given, else by the gold spans of ``topics``.

    With both, the topics say which questions count, and the qrels what is relevant.

    Raises:
        UsageError: neither is given, a file cannot be read as what it is, or the run has not what they ask about.
    """
    if qrels is None and topics is None:
        raise UsageError(
            pt="não há com o que comparar a busca; dê --topics com gold, ou --qrels",
            en="there is nothing to measure the run by; give --topics with gold, or --qrels",
        )
    hits = read_run(run)
    asked = None if topics is None else read_topics(topics)
    if qrels is not None:
        _check_known(run, hits, "segment_id", "--topics")
        ids = None if asked is None else [as_word(topic.topic_id) for topic in asked]
        return summarise_judged({as_word(topic_id): found for topic_id, found in hits.items()}, read_qrels(qrels), ids)
    _check_known(run, hits, "lecture_id", "--qrels")
    return summarise_run(hits, asked or ())


def _check_known(path: Path, run: Mapping[str, Sequence[Mapping[str, Any]]], name: str, instead: str) -> None:
    """That every hit says what it is compared by: a run in TREC's format has no lecture, others may lack ids."""
    for topic_id, hits in run.items():
        for hit in hits:
            if hit.get(name) is None:
                raise UsageError(
                    pt=f"{path} não diz {name} do resultado {hit['rank']} de {topic_id!r:.60}; meça com {instead}, "
                    "ou dê outra busca",
                    en=f"{path} does not say {name} of hit {hit['rank']} of {topic_id!r:.60}; measure with {instead}, "
                    "or give another run",
                )


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
    batch goes on after a server was down, and one whose question or choices now read otherwise: its line is replaced.

    Of a topic with choices the model is then asked which: ``choice`` has their places, from 0, or is null, for the
    reason in ``choice_cause``; ``choices_shown`` are their texts.

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
        texts = [choice.text for choice in topic.choices]
        if not any(one.topic_id == topic.topic_id and one.answers(topic.question, texts) for one in kept):
            record = _answer(course, topic)
            (replace_answer if topic.topic_id in done else append_line)(path, record)
            yield record
        if report is not None:
            report(number, len(topics))


def _answer(course: Monitoria, topic: Topic) -> dict[str, Any]:
    answer = course.ask(topic.question)
    record = answer_record(answer, topic.topic_id) | {"made_by": course.made_by}
    if not topic.choices:
        return record
    texts = [choice.text for choice in topic.choices]
    # Whether several are right is no secret: a form shows boxes for these, and buttons for the others.
    chosen = course.choose(answer, texts, several=len(topic.correct) > 1)
    return record | {
        "choice": None if chosen.places is None else list(chosen.places),
        "choice_cause": chosen.cause,
        "choices_shown": texts,
        "choice_prompt_sha256": chosen.prompt_sha256,
        "error": record["error"] or (chosen.cause if chosen.failed else None),
    }
