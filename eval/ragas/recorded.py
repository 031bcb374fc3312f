"""ragas over a file of answers: one line a score, at once on the disk, nothing asked twice.

A run that was killed goes on where it stopped. What could not be read stays; what was not heard is asked again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.answers import AnswerFile
from eval.lines import append_line, json_object, read_growing, unwritable, write_lines
from eval.measures import Mean, bootstrap_mean
from eval.ragas.prompts import prompts_sha256
from eval.ragas.samples import Sample, sample_of
from eval.ragas.scorer import Scorer
from eval.ragas.scores import METRICS, NOT_THERE, RAGAS_VERSION, Metric, RagasScore, from_record, to_record
from eval.topics import Topic
from rag.errors import GenerationFailed, UsageError

Report = Callable[[int, int], None]
# The files of ragas's scores in a judging's folder.
SCORES, MANIFEST = "ragas.jsonl", "ragas.json"
_HEAD = b'{"topic_id"'  # how every line of ours begins
# So many samples in a row for which the model, or ragas, was not there: it is not coming back in this run.
_GIVE_UP_AFTER = 5


@dataclass(frozen=True, slots=True)
class Scoring:
    """What a run came to.

    Attributes:
        scores: of every answer that a metric has something to say of, by metric, then in the order of the answers.
        skipped: of how many answers it has nothing to say, by metric.
        asked: how many were made now; the others stood in the file.
    """

    scores: tuple[RagasScore, ...]
    skipped: Mapping[Metric, int]
    asked: int


@dataclass(frozen=True, slots=True)
class Summary:
    """One metric in figures: the mean over those answers that have a score, and why the others have none."""

    metric: Metric
    mean: Mean
    missing: Mapping[str, int]
    skipped: int


def score_answers(
    scorer: Scorer,
    answers: AnswerFile,
    topics: Sequence[Topic],
    path: Path,
    *,
    metrics: Sequence[Metric] = METRICS,
    report: Report | None = None,
) -> Scoring:
    """Score every answer that ``path`` does not score yet, by every metric; lines of other models stay.

    Raises:
        UsageError: ragas's environment is not there, an answer has no topic, ``path`` holds something else than
            scores (it is then left as it was), or cannot be written.
        GenerationFailed: the model was not there several times in a row. What was scored so far is in the file.
    """
    wanted, skipped = _samples(scorer, answers, topics, metrics)
    recorded, ragged = _read(path)
    known = {one.key: one for one in recorded if not one.worth_asking_again}
    todo = {key: sample for key, sample in wanted if key not in known}
    _mend(path, recorded, ragged=ragged, dropped=todo.keys())
    if report is not None:
        report(len(wanted) - len(todo), len(wanted))
    absent = 0
    for number, one in enumerate(scorer.score(todo.values()), start=1):
        append_line(path, to_record(one))
        known[one.key] = one
        absent = absent + 1 if one.cause in NOT_THERE else 0
        if absent >= min(_GIVE_UP_AFTER, len(todo)):
            raise _gone(scorer, one, path)
        if report is not None:
            report(len(wanted) - len(todo) + number, len(wanted))
    found = tuple(
        replace(known[key], topic_id=sample.topic_id, answer_sha256=sample.answer_sha256) for key, sample in wanted
    )
    ours = {(one.topic_id, one.metric) for one in found}
    others = [one for one in recorded if (one.topic_id, one.metric) not in ours or one.llm != scorer.name]
    write_lines(path, [json.dumps(to_record(one), ensure_ascii=False) for one in (*found, *others)])
    return Scoring(found, skipped, len(todo))


def summarise(scores: Sequence[RagasScore], metric: Metric, *, skipped: int = 0) -> Summary:
    """One metric's figures; a missing score is in the coverage, and never in the mean."""
    mine = [one for one in scores if one.metric == metric]
    return Summary(
        metric,
        bootstrap_mean([one.score for one in mine if one.score is not None], len(mine)),
        Counter(one.cause or "?" for one in mine if one.score is None),
        skipped,
    )


def read_scores(path: Path) -> list[RagasScore]:
    """The scores of a file; a last line torn by a kill is passed over, and a file that is not there holds none.

    Raises:
        UsageError: it cannot be read, or a line of it is no score; names file and line.
    """
    return _read(path)[0]


def write_manifest(folder: Path, scorer: Scorer, answers: Path, topics: Path) -> None:
    """Write ``ragas.json``: which ragas, asking whom, by which prompts. Paths are relative to the folder."""
    mine = [one for one in read_scores(folder / SCORES) if one.llm == scorer.name]
    record: dict[str, Any] = {
        "ragas": RAGAS_VERSION,
        "llm": scorer.name,
        "encoder": next((one.encoder for one in mine if one.encoder), None),
        "room": {"contexts": scorer.room.contexts, "words": scorer.room.words},
        "prompts": {f"{metric}.pt": prompts_sha256(metric, "pt") for metric in METRICS},
    }
    for name, path in (("answers", answers), ("topics", topics)):
        record[name] = {"path": os.path.relpath(path, folder), "sha256": _sha256(path)}
    write_lines(folder / MANIFEST, [json.dumps(record, ensure_ascii=False)])


def _sha256(path: Path) -> str:
    """Of a file, or of all files of a folder in order."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _samples(
    scorer: Scorer, answers: AnswerFile, topics: Sequence[Topic], metrics: Sequence[Metric]
) -> tuple[list[tuple[str, Sample]], Counter[Metric]]:
    """What there is to score, with its keys, and how much there is not. Metric by metric: a server keeps one prompt."""
    by_id = {topic.topic_id: topic for topic in topics}
    encoder = scorer.encoder_name() if "answer_relevancy" in metrics else None
    wanted: list[tuple[str, Sample]] = []
    skipped: Counter[Metric] = Counter()
    for metric in metrics:
        for one in answers.recorded:
            topic = by_id.get(one.topic_id)
            if topic is None or not one.answers(topic.question):
                raise _no_topic(answers.path, one.topic_id)
            sample = sample_of(metric, one.record, topic, scorer.room, encoder=encoder)
            if sample is None:
                skipped[metric] += 1
            else:
                wanted.append((sample.key(scorer.name), sample))
    return wanted, skipped


def _read(path: Path) -> tuple[list[RagasScore], bool]:
    """The file's scores, and whether its last line is torn or lacks its end."""
    if not path.exists():
        return [], False
    lines, ragged = read_growing(path, _HEAD)
    return [_parsed(path, number, line) for number, line in lines], ragged


def _parsed(path: Path, number: int, line: str) -> RagasScore:
    try:
        return from_record(json_object(line) or {})
    except ValueError as error:
        raise UsageError(
            pt=f"{path}:{number}: não é uma nota do ragas ({error}), e o arquivo ficou como estava; use outra pasta",
            en=f"{path}:{number}: is no score of ragas ({error}), and the file was left as it was; use another folder",
        ) from error


def _mend(path: Path, recorded: Sequence[RagasScore], *, ragged: bool, dropped: Collection[str]) -> None:
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


def _gone(scorer: Scorer, last: RagasScore, path: Path) -> GenerationFailed:
    return GenerationFailed(
        pt=f"o modelo {scorer.name}, ou o ragas, não responde: {last.error}; o que já foi medido está em {path}; rode "
        "de novo para continuar",
        en=f"the model {scorer.name}, or ragas, is not there: {last.error}; what was scored is in {path}; run again "
        "to go on",
    )
