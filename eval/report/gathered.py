"""What a report is made of: topics, their answers, what a judge said, what people said, put side by side.

Everything comes from files of record, nothing from the clock: the same files give the same report, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from eval.annotations import Annotation, AnnotatorKind, consensus, latest, read_annotations
from eval.answers import read_answers
from eval.grading import Verdict, answer_sha256
from eval.judging.judgements import KINDS, RULE, Judgement, Kind, VerdictRule
from eval.judging.recorded import JUDGEMENTS, MANIFEST, read_judgements, repeats
from eval.ragas.recorded import MANIFEST as RAGAS_MANIFEST
from eval.ragas.recorded import SCORES, read_scores
from eval.ragas.scores import RagasScore
from eval.resuming import content_sha256
from eval.topics import Topic, read_topics
from rag.errors import UsageError

ANNOTATIONS = "annotations.jsonl"
# Who said what stands in a topics file: somebody, by hand.
_IN_TOPICS = "topics"


@dataclass(frozen=True, slots=True)
class Entry:
    """One topic with its answer and all that was said of it.

    Attributes:
        number: what the report calls it: its own ``number``, or its id.
        record: the answer (a line of the file of answers); ``None`` where there is none.
        judgements: the judge's, by kind.
        people: what people say of this very answer: the middle verdict; ``None`` where nobody read it.
    """

    number: str
    topic: Topic
    record: Mapping[str, Any] | None = None
    judgements: Mapping[Kind, Judgement] = field(default_factory=dict)
    people: Verdict | None = None

    @property
    def key(self) -> str | None:
        """What the answer is known by in annotations; ``None`` without an answer."""
        return None if self.record is None else answer_sha256(self.record)


@dataclass(frozen=True, slots=True)
class Gathered:
    """A judged run as it lies in its folder.

    Attributes:
        judge: who judged; judgements of others in the same files are passed over.
        kinds: what was judged.
        annotations: of these very answers, the last word of each annotator.
        others: annotations of answers that are not among these.
        repeats: the same answers judged again, a run each.
        ragas: what ragas measured of these very answers with the model that its manifest names.
        stale: judgements of answers that now read otherwise.
    """

    entries: tuple[Entry, ...]
    judge: str
    rule: VerdictRule
    rubrics: Mapping[str, str]
    sources: Mapping[str, Mapping[str, str]]
    kinds: tuple[Kind, ...]
    annotations: tuple[Annotation, ...] = ()
    others: int = 0
    repeats: tuple[tuple[Judgement, ...], ...] = ()
    ragas: tuple[RagasScore, ...] = ()
    stale: int = 0

    def verdicts(self, kind: Kind) -> dict[str, Verdict]:
        """The judge's verdicts by answer."""
        judged = ((entry.key, entry.judgements.get(kind)) for entry in self.entries)
        return {key: one.verdict for key, one in judged if key and one is not None and one.verdict is not None}

    @property
    def has_people(self) -> bool:
        """Whether a person read any of these answers."""
        return any(one.annotator_kind == "person" for one in self.annotations)

    def annotators(self, kind: AnnotatorKind | None = None) -> dict[str, dict[str, Annotation]]:
        """What each annotator, of one kind or of both, said, by answer; people before programs."""
        kinds = {one.annotator: one.annotator_kind for one in self.annotations}
        found = {name: mine for name, mine in latest(self.annotations).items() if kind in (None, kinds[name])}
        return {name: found[name] for name in sorted(found, key=lambda name: (kinds[name] != "person", name))}


def gather(folder: Path, annotations: Path | None = None) -> Gathered:
    """Read a folder that ``monitoria eval judge`` wrote, and what else lies in it.

    Raises:
        UsageError: no such folder, a file that is missing or wrong; names it.
    """
    manifest = _manifest(folder)
    topics = read_topics(_source(folder, manifest, "topics"))
    path = _source(folder, manifest, "answers")
    answers = {one.topic_id: one.record for one in read_answers(path).recorded}
    known = {topic.topic_id for topic in topics}
    strangers = [topic_id for topic_id in answers if topic_id not in known]
    if strangers:
        raise UsageError(
            pt=f"{path} responde a {strangers[0]!r}, que o arquivo de perguntas não tem; julgue de novo",
            en=f"{path} answers {strangers[0]!r}, which the topics file does not have; judge again",
        )
    ours = {answer_sha256(record) for record in answers.values()}
    said = [*_annotations(folder, annotations), *_of_topics(topics, answers)]
    mine = tuple(one for one in said if one.answer_sha256 in ours)
    people = consensus(mine)
    rule = VerdictRule(manifest["verdicts"]["C"], manifest["verdicts"]["P"])
    judged = [one for one in read_judgements(folder / JUDGEMENTS) if one.judge in (manifest["judge"], RULE)]
    current = {(one.topic_id, one.kind): one.under(rule) for one in judged if one.answer_sha256 in ours}
    entries = []
    for topic in topics:
        record = answers.get(topic.topic_id)
        judgements = {kind: current[topic.topic_id, kind] for kind in KINDS if (topic.topic_id, kind) in current}
        key = None if record is None else answer_sha256(record)
        number = str(topic.record.get("number") or topic.topic_id)
        entries.append(Entry(number, topic, record, judgements, people.get(key or "")))
    return Gathered(
        tuple(entries),
        manifest["judge"],
        rule,
        manifest["rubrics"],
        {name: manifest[name] for name in ("answers", "topics")},
        tuple(kind for kind in KINDS if any(one.kind == kind for one in judged)),
        mine,
        len(said) - len(mine),
        tuple(_repeats(folder, ours, rule)),
        tuple(one for one in _ragas(folder) if one.answer_sha256 in ours),
        sum(one.answer_sha256 not in ours for one in judged),
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.exists():
        raise UsageError(
            pt=f"{folder} não é uma pasta de julgamentos (falta {MANIFEST}); faça uma com monitoria eval judge",
            en=f"{folder} is no folder of judgements ({MANIFEST} is missing); make one with monitoria eval judge",
        )
    record = _json(path)
    verdicts = record.get("verdicts")
    sources = [record.get(name) for name in ("answers", "topics")]
    fits = (
        isinstance(verdicts, dict)
        and all(isinstance(verdicts.get(name), int | float) for name in "CP")
        and isinstance(record.get("judge"), str)
        and isinstance(record.get("rubrics"), dict)
        and all(isinstance(one, dict) and isinstance(one.get("path"), str) for one in sources)
    )
    if not fits:
        raise _unfit(path, "judge, verdicts, rubrics, answers, topics")
    return record


def _json(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unfit(path, str(error)) from error
    return record if isinstance(record, dict) else {}


def _source(folder: Path, manifest: Mapping[str, Any], name: str) -> Path:
    path = folder / str(manifest[name]["path"])
    if not path.exists():
        raise UsageError(
            pt=f"o arquivo {path}, que {folder / MANIFEST} nomeia, sumiu; ponha-o de volta ou julgue de novo",
            en=f"the file {path}, which {folder / MANIFEST} names, is gone; put it back or judge again",
        )
    return path


def _annotations(folder: Path, named: Path | None) -> list[Annotation]:
    kept = folder / ANNOTATIONS
    found = read_annotations(kept) if kept.exists() else []
    return found + (read_annotations(named) if named is not None else [])


def _of_topics(topics: Sequence[Topic], answers: Mapping[str, Mapping[str, Any]]) -> list[Annotation]:
    """Verdicts that stand in the topics file: of whatever answer the topic has, by hand."""
    found = []
    for topic in topics:
        verdict, record = topic.record.get("annotation"), answers.get(topic.topic_id)
        if record is not None and verdict in get_args(Verdict):
            found.append(
                Annotation(topic.topic_id, answer_sha256(record), _IN_TOPICS, "person", cast(Verdict, verdict))
            )
    return found


def _repeats(folder: Path, ours: set[str], rule: VerdictRule) -> list[tuple[Judgement, ...]]:
    return [
        tuple(one.under(rule) for one in read_judgements(path) if one.judge != RULE and one.answer_sha256 in ours)
        for path in repeats(folder)
    ]


def _ragas(folder: Path) -> list[RagasScore]:
    if not (folder / RAGAS_MANIFEST).exists():
        return []
    llm = _json(folder / RAGAS_MANIFEST).get("llm")
    return [one for one in read_scores(folder / SCORES) if one.llm == llm]


def changed_since(folder: Path, gathered: Gathered) -> list[str]:
    """The files that are no longer as they were when they were judged."""
    return [
        name
        for name, source in gathered.sources.items()
        if content_sha256(folder / source["path"]) != source.get("sha256")
    ]


def _unfit(path: Path, what: str) -> UsageError:
    return UsageError(
        pt=f"{path} não é o manifesto de um julgamento ({what}); julgue de novo com monitoria eval judge",
        en=f"{path} is no manifest of a judging ({what}); judge again with monitoria eval judge",
    )
