"""ragas over a file of answers: one line a score, at once on the disk, nothing asked twice.

A run that was killed goes on where it stopped. What could not be read stays; what was not heard is asked again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.answers import AnswerFile
from eval.lines import write_lines
from eval.measures import Mean, bootstrap_mean
from eval.ragas.prompts import prompts_sha256
from eval.ragas.samples import Sample, sample_of
from eval.ragas.scorer import Scorer
from eval.ragas.scores import METRICS, NOT_THERE, RAGAS_VERSION, Metric, RagasScore, from_record, to_record
from eval.resuming import RecordFile, Report, resume, sources, to_show
from eval.topics import Topic
from rag.errors import GenerationFailed

# The files of ragas's scores in a judging's folder.
SCORES, MANIFEST = "ragas.jsonl", "ragas.json"


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
    encoder = scorer.encoder_name() if "answer_relevancy" in metrics else None

    def shown(metric: Metric, record: Mapping[str, Any], topic: Topic) -> Sample | None:
        return sample_of(metric, record, topic, scorer.room, encoder=encoder)

    wanted, skipped = to_show(answers, topics, metrics, shown, scorer.name)

    def place(one: RagasScore) -> tuple[str, Metric] | None:
        return (one.topic_id, one.metric) if one.llm == scorer.name else None

    found, asked = resume(
        _file(path),
        wanted,
        scorer.score,
        place=place,
        absence=lambda last: _gone(scorer, last, path) if last.cause in NOT_THERE else None,
        report=report,
    )
    return Scoring(found, skipped, asked)


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
    return _file(path).read()[0]


def write_manifest(folder: Path, scorer: Scorer, answers: Path, topics: Path) -> None:
    """Write ``ragas.json``: which ragas, asking whom, by which prompts. Paths are relative to the folder."""
    mine = [one for one in read_scores(folder / SCORES) if one.llm == scorer.name]
    record: dict[str, Any] = {
        "ragas": RAGAS_VERSION,
        "llm": scorer.name,
        "encoder": next((one.encoder for one in mine if one.encoder), None),
        "room": {"contexts": scorer.room.contexts, "words": scorer.room.words},
        "prompts": {f"{metric}.pt": prompts_sha256(metric, "pt") for metric in METRICS},
        **sources(folder, answers=answers, topics=topics),
    }
    write_lines(folder / MANIFEST, [json.dumps(record, ensure_ascii=False)])


def _file(path: Path) -> RecordFile[RagasScore]:
    wrong = (
        "não é uma nota do ragas ({error}), e o arquivo ficou como estava; use outra pasta",
        "is no score of ragas ({error}), and the file was left as it was; use another folder",
    )
    return RecordFile(path, to_record, from_record, wrong)


def _gone(scorer: Scorer, last: RagasScore, path: Path) -> GenerationFailed:
    return GenerationFailed(
        pt=f"o modelo {scorer.name}, ou o ragas, não responde: {last.error}; o que já foi medido está em {path}; rode "
        "de novo para continuar",
        en=f"the model {scorer.name}, or ragas, is not there: {last.error}; what was scored is in {path}; run again "
        "to go on",
    )
