"""A run of a judge over a file of answers: one line a judgement, at once on the disk, nothing asked twice.

A run that was killed goes on where it stopped. What a judge said, readable or not, is kept; what it was not heard to
say is asked again.
"""

from __future__ import annotations

import contextvars
import hashlib
import json
import os
import queue
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.answers import AnswerFile, read_answers
from eval.judging.cases import Case
from eval.judging.judge import Judge
from eval.judging.judgements import RULE, Judgement, Kind, from_record, to_record
from eval.judging.rubrics import rubric_hashes
from eval.lines import append_line, json_object, read_growing, unwritable, write_lines
from eval.measures import Mean, bootstrap_mean
from eval.topics import Topic
from rag.errors import GenerationFailed, UsageError

Report = Callable[[int, int], None]
# The files of a judging in its folder.
JUDGEMENTS, MANIFEST = "judgements.jsonl", "judging.json"
_HEAD = b'{"topic_id"'  # how every line of ours begins
# So many answers in a row to which the judge was not there: it is not coming back in this run.
_GIVE_UP_AFTER = 5


@dataclass(frozen=True, slots=True)
class Judging:
    """What a run came to.

    Attributes:
        judgements: of every answer that has something to judge, by kind, then in the order of the answers.
        skipped: how many answers have nothing to judge, by kind.
        asked: how many judgements were made now; the others stood in the file.
    """

    judgements: tuple[Judgement, ...]
    skipped: Mapping[Kind, int]
    asked: int


@dataclass(frozen=True, slots=True)
class Summary:
    """One kind's judgements in figures; ``ar`` is a mean over those that have a score."""

    kind: Kind
    ar: Mean
    verdicts: Mapping[str, int]
    errors: Mapping[str, int]
    skipped: int


def judge_answers(
    judge: Judge,
    answers: AnswerFile,
    topics: Sequence[Topic],
    path: Path,
    *,
    kinds: Sequence[Kind],
    report: Report | None = None,
) -> Judging:
    """Judge every answer that ``path`` does not judge yet, each by every kind; lines of other judges stay.

    Raises:
        UsageError: an answer without its topic, ``path`` holds something else than judgements (it is then left as it
            was), or cannot be written.
        GenerationFailed: the judge was not there several times in a row. What it said so far is in the file.
    """
    wanted, skipped = _cases(judge, answers, topics, kinds)
    recorded, ragged = _read(path)
    known = {one.key: one.under(judge.rule) for one in recorded if not one.worth_asking_again}
    todo = {key: case for key, case in wanted if key not in known}
    _mend(path, recorded, ragged=ragged, dropped=todo.keys())
    if report is not None:
        report(len(wanted) - len(todo), len(wanted))
    absent = 0
    for number, judgement in enumerate(_decided(judge, list(todo.values())), start=1):
        append_line(path, to_record(judgement))
        known[judgement.key] = judgement
        absent = absent + 1 if judgement.cause in ("timeout", "unreachable") else 0
        if absent >= min(_GIVE_UP_AFTER, len(todo)):
            raise _gone(judge, judgement, path)
        if report is not None:
            report(len(wanted) - len(todo) + number, len(wanted))
    found = tuple(replace(known[key], topic_id=case.topic_id, answer_sha256=case.answer_sha256) for key, case in wanted)
    ours = {(one.topic_id, one.kind) for one in found}
    others = [one for one in recorded if (one.topic_id, one.kind) not in ours or one.judge not in (judge.name, RULE)]
    write_lines(path, [json.dumps(to_record(one), ensure_ascii=False) for one in (*found, *others)])
    return Judging(found, skipped, len(todo))


def summarise(judging: Judging, kind: Kind) -> Summary:
    """One kind's figures."""
    mine = [one for one in judging.judgements if one.kind == kind]
    return Summary(
        kind,
        bootstrap_mean([one.ar for one in mine if one.ar is not None], len(mine)),
        Counter(one.verdict for one in mine if one.verdict is not None),
        Counter(one.cause or "?" for one in mine if one.score is None),
        judging.skipped.get(kind, 0),
    )


def read_judgements(path: Path) -> list[Judgement]:
    """The judgements of a file; a last line torn by a kill is passed over, and a file that is not there holds none.

    Raises:
        UsageError: it cannot be read, or a line of it is no judgement; names file and line.
    """
    return _read(path)[0]


def read_answers_to_judge(path: Path) -> AnswerFile:
    """The answers of a file.

    Raises:
        UsageError: there are none, or it cannot be read.
    """
    answers = read_answers(path)
    if not answers.recorded:
        raise UsageError(
            pt=f"não há respostas em {path}; faça-as com monitoria ask --topics ... --answers {path}",
            en=f"there are no answers in {path}; make some with monitoria ask --topics ... --answers {path}",
        )
    return answers


def write_manifest(folder: Path, judge: Judge, answers: Path, topics: Path) -> None:
    """Write ``judging.json``: who judged what by which rule and rubrics. Paths are relative to the folder."""
    sources = {
        name: {"path": os.path.relpath(path, folder), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for name, path in (("answers", answers), ("topics", topics))
    }
    record = {
        "judge": judge.name,
        "verdicts": {"C": judge.rule.correct_from, "P": judge.rule.partial_from},
        "rubrics": rubric_hashes(),
        **sources,
    }
    write_lines(folder / MANIFEST, [json.dumps(record, ensure_ascii=False)])


def _cases(
    judge: Judge, answers: AnswerFile, topics: Sequence[Topic], kinds: Sequence[Kind]
) -> tuple[list[tuple[str, Case]], Counter[Kind]]:
    """What there is to judge, with its keys, and how much there is not. Kind by kind: one rubric stays in the cache."""
    by_id = {topic.topic_id: topic for topic in topics}
    wanted: list[tuple[str, Case]] = []
    skipped: Counter[Kind] = Counter()
    for kind in kinds:
        for one in answers.recorded:
            topic = by_id.get(one.topic_id)
            if topic is None or not one.answers(topic.question):
                raise _no_topic(answers.path, one.topic_id)
            case = judge.case(kind, one.record, topic)
            if case is None:
                skipped[kind] += 1
            else:
                wanted.append((case.key(judge.name), case))
    return wanted, skipped


def _decided(judge: Judge, cases: Sequence[Case]) -> Iterator[Judgement]:
    """Judgements as they come, so many at once as the judge takes. Who stops listening stops the asking."""
    waiting: queue.SimpleQueue[Case] = queue.SimpleQueue()
    done: queue.SimpleQueue[Judgement | Exception] = queue.SimpleQueue()
    stopped = threading.Event()
    for case in cases:
        waiting.put(case)

    def work() -> None:
        try:
            while not stopped.is_set():
                done.put(judge.decide(waiting.get_nowait()))
        except queue.Empty:
            return
        except Exception as error:  # noqa: BLE001 - handed over to the caller's thread, which raises it
            done.put(error)

    for _ in range(min(judge.at_once, len(cases))):
        # Errors are worded in the interface's language, which a new thread would not know.
        threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
    try:
        for _ in cases:
            outcome = done.get()
            if isinstance(outcome, Exception):
                raise outcome
            yield outcome
    finally:
        stopped.set()


def _read(path: Path) -> tuple[list[Judgement], bool]:
    """The file's judgements, and whether its last line is torn or lacks its end."""
    if not path.exists():
        return [], False
    lines, ragged = read_growing(path, _HEAD)
    return [_judgement(path, number, line) for number, line in lines], ragged


def _judgement(path: Path, number: int, line: str) -> Judgement:
    record: dict[str, Any] | None = json_object(line)
    try:
        return from_record(record or {})
    except ValueError as error:
        raise UsageError(
            pt=f"{path}:{number}: não é um julgamento ({error}), e o arquivo ficou como estava; escolha outra pasta",
            en=f"{path}:{number}: is no judgement ({error}), and the file was left as it was; choose another folder",
        ) from error


def _mend(path: Path, recorded: Sequence[Judgement], *, ragged: bool, dropped: Collection[str]) -> None:
    """Make the file ready for more lines: what is torn, and what is asked again, goes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    kept = [one for one in recorded if one.key not in dropped]
    if ragged or len(kept) < len(recorded):
        write_lines(path, [json.dumps(to_record(one), ensure_ascii=False) for one in kept])


def _no_topic(path: Path, topic_id: str) -> UsageError:
    return UsageError(
        pt=f"{path} responde a {topic_id!r}, que o arquivo de perguntas não tem assim; dê as perguntas certas",
        en=f"{path} answers {topic_id!r}, which the topics file does not ask so; give the topics of these answers",
    )


def _gone(judge: Judge, last: Judgement, path: Path) -> GenerationFailed:
    return GenerationFailed(
        pt=f"o juiz {judge.name} não está respondendo: {last.error}; o que já julgou está em {path}; rode de novo "
        "para continuar",
        en=f"the judge {judge.name} is not there: {last.error}; what it judged so far is in {path}; run again to go on",
    )
