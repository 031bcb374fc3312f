"""Runs over a file of topics: hits of all topics, and answers of all topics, written as they come.

A batch of answers resumes: a topic whose answer stands in the file already is not asked again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from eval.topics import Topic
from rag.errors import UsageError
from rag.exchange import answer_record, run_records, trec_lines
from rag.pipeline import Monitoria
from rag.records import Mode

Report = Callable[[int, int], None]


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
    """Write a run: JSON lines, or the TREC format where the name ends in ``.trec``. Whole or not at all."""
    lines: list[str] = []
    for topic_id, hits in run.items():
        if path.suffix == ".trec":
            lines.extend(trec_lines(topic_id, hits))
        else:
            lines.extend(json.dumps(hit, ensure_ascii=False) for hit in hits)
    _write_lines(path, lines)


def read_run(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Run objects by topic id.

    Raises:
        UsageError: no such file, or a line that is no run object.
    """
    run: dict[str, list[dict[str, Any]]] = {}
    for number, record in _lines(path):
        if not {"topic_id", "rank", "lecture_id", "start_s", "end_s"} <= record.keys():
            raise UsageError(
                pt=f"{path}:{number}: não é linha de uma busca (topic_id, rank, lecture_id, start_s, end_s)",
                en=f"{path}:{number}: is no line of a run (topic_id, rank, lecture_id, start_s, end_s)",
            )
        run.setdefault(str(record["topic_id"]), []).append(record)
    return run


def answer_topics(
    course: Monitoria, topics: Sequence[Topic], path: Path, *, report: Report | None = None
) -> Iterator[dict[str, Any]]:
    """Ask every topic that ``path`` does not answer yet; append each answer at once and yield it.

    A last line torn by a kill is cut off and its topic asked again; so is a topic whose model failed, so that a
    batch goes on after a server was down.
    """
    done = _answered(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a", encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from error
    with stream:
        for number, topic in enumerate(topics, start=1):
            if topic.topic_id not in done:
                record = answer_record(course.ask(topic.question), topic.topic_id)
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
                yield record
            if report is not None:
                report(number, len(topics))


def _answered(path: Path) -> set[str]:
    """Topics that need no asking; lines that are torn or record a failed model are dropped from the file."""
    if not path.exists():
        return set()
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole != len(data):
        with path.open("r+b") as stream:
            stream.truncate(whole)
    records = [record for _, record in _lines(path)]
    kept = [record for record in records if not (record.get("error") and record.get("mode") == "quotes")]
    if len(kept) < len(records):
        _write_lines(path, [json.dumps(record, ensure_ascii=False) for record in kept])
    return {str(record.get("topic_id")) for record in kept}


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        staged.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    records: list[tuple[int, dict[str, Any]]] = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            pt=f"o arquivo {path} não pôde ser lido ({error}); confira o caminho",
            en=f"the file {path} could not be read ({error}); check the path",
        ) from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise UsageError(
                pt=f"{path}:{number}: não é um objeto JSON; apague essa linha ou use outro arquivo",
                en=f"{path}:{number}: is not a JSON object; delete that line or use another file",
            )
        records.append((number, record))
    return records


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        pt=f"não dá para escrever em {path} ({error.strerror}); escolha outro arquivo",
        en=f"{path} cannot be written ({error.strerror}); choose another file",
    )
