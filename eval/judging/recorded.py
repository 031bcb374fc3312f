"""A run of a judge over a file of answers: one line a judgement, at once on the disk, nothing asked twice.

A run that was killed goes on where it stopped. What a judge said, readable or not, is kept; what it was not heard to
say is asked again.
"""

from __future__ import annotations

import contextvars
import json
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from eval.answers import AnswerFile, read_answers
from eval.judging.cases import Case
from eval.judging.judge import Judge
from eval.judging.judgements import MAY_PASS, RULE, Judgement, Kind, from_record, to_record
from eval.judging.rubrics import rubric_hashes
from eval.judging.weighing import marking_hashes
from eval.lines import write_lines
from eval.measures import Mean, bootstrap_mean
from eval.resuming import RecordFile, Report, resume, sources, to_show
from eval.topics import Topic
from rag.errors import GenerationFailed, UsageError

# The files of a judging in its folder.
JUDGEMENTS, MANIFEST = "judgements.jsonl", "judging.json"
_REPEATS = "judgements-*.jsonl"
ReportTimes = Callable[[int, int, int], None]


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
    wanted, skipped = to_show(answers, topics, kinds, judge.case, judge.name)

    def place(one: Judgement) -> tuple[str, Kind] | None:
        return (one.topic_id, one.kind) if one.judge in (judge.name, RULE) else None

    found, asked = resume(
        _file(path),
        wanted,
        lambda cases: _decided(judge, cases),
        place=place,
        absence=lambda last: _gone(judge, last, path) if last.cause in MAY_PASS else None,
        revised=lambda one: one.under(judge.rule),
        report=report,
    )
    return Judging(found, skipped, asked)


def judge_times(
    judge: Judge,
    answers: AnswerFile,
    topics: Sequence[Topic],
    folder: Path,
    *,
    kinds: Sequence[Kind],
    times: int = 1,
    report: ReportTimes | None = None,
) -> list[Judging]:
    """`judge_answers` so many times, each into a file of its own, to see how far the judge repeats itself.

    ``report`` is told which time it is, how many judgements there are, and of how many. Raises as `judge_answers` does.
    """
    return [
        judge_answers(
            judge,
            answers,
            topics,
            judgements_file(folder, time),
            kinds=kinds,
            report=None if report is None else partial(report, time),
        )
        for time in range(1, times + 1)
    ]


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


def judgements_file(folder: Path, time: int = 1) -> Path:
    """Where a folder keeps what was judged the first time, the second time, and so on."""
    return folder / (JUDGEMENTS if time == 1 else _REPEATS.replace("*", str(time)))


def repeats(folder: Path) -> list[Path]:
    """The files of what was judged again, in order."""
    return sorted(folder.glob(_REPEATS), key=lambda path: (len(path.name), path.name))


def read_judgements(path: Path) -> list[Judgement]:
    """The judgements of a file; a last line torn by a kill is passed over, and a file that is not there holds none.

    Raises:
        UsageError: it cannot be read, or a line of it is no judgement; names file and line.
    """
    return _file(path).read()[0]


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
    record = {
        "judge": judge.name,
        "verdicts": {"C": judge.rule.correct_from, "P": judge.rule.partial_from},
        "rubrics": rubric_hashes() | (marking_hashes() if judge.weighs else {}),
        **sources(folder, answers=answers, topics=topics),
    }
    write_lines(folder / MANIFEST, [json.dumps(record, ensure_ascii=False)])


def _file(path: Path) -> RecordFile[Judgement]:
    wrong = (
        "não é um julgamento ({error}), e o arquivo ficou como estava; escolha outra pasta",
        "is no judgement ({error}), and the file was left as it was; choose another folder",
    )
    return RecordFile(path, to_record, from_record, wrong)


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


def _gone(judge: Judge, last: Judgement, path: Path) -> GenerationFailed:
    return GenerationFailed(
        pt=f"o juiz {judge.name} não está respondendo: {last.error}; o que já julgou está em {path}; rode de novo "
        "para continuar",
        en=f"the judge {judge.name} is not there: {last.error}; what it judged so far is in {path}; run again to go on",
    )
