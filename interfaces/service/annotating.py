"""Answers read blind: each annotator in an order of her own, shown neither a judge's verdict nor anybody else's.

Who annotates is a person by her login. What she says is kept as she says it. When she first sees what others say is
kept too: what she says after that is not blind, and is never taken for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from corpus.errors import MonitoriaError
from eval.agreement import Agreement, agree
from eval.annotations import Annotation
from eval.answers import read_answers
from eval.grading import Verdict, answer_sha256
from eval.judging.judgements import Kind
from eval.topics import Topic, read_topics
from interfaces.access import need
from interfaces.history.annotating import Look, annotations_of, blind_order_of, look, looked, take_back
from interfaces.history.annotating import annotate as keep
from interfaces.history.records import EvaluationRun, Person
from interfaces.history.runs import run as kept_run
from interfaces.service.desk import Desk
from interfaces.service.folders import gathered_of, stamp_of
from interfaces.service.membership import run_of
from interfaces.service.plans import ANSWERS, TOPICS, folder_of
from rag.errors import UsageError

__all__ = [
    "Agreeing",
    "Annotating",
    "Item",
    "StillAnnotating",
    "agreement",
    "annotate",
    "annotating",
    "insist",
    "seen_run",
    "undo",
]

_LONGEST_NOTE = 2000
_JUDGED: tuple[Kind, ...] = ("ar", "reference")


class StillAnnotating(MonitoriaError):
    """What others say is not shown to who is still annotating, unless she insists (see `insist`)."""


@dataclass(frozen=True, slots=True)
class Item:
    """An answer to read: the question, what should be said, what was said, and where that is from."""

    answer_sha256: str
    topic_id: str
    question: str
    reference_answer: str | None
    answerable: bool | None
    answer: str
    abstained: bool
    references: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Annotating:
    """How far an annotator is.

    Attributes:
        item: what comes next, ``None`` where all is annotated or nothing is there.
        last: what she said last.
        look: when she first saw what others say; ``None`` where she did not.
        not_blind: how many of the ``done`` she said after that.
    """

    done: int
    of: int
    item: Item | None
    last: Annotation | None
    look: Look | None = None
    not_blind: int = 0

    @property
    def finished(self) -> bool:
        """Whether she has read every answer."""
        return self.of > 0 and self.done == self.of

    @property
    def under_way(self) -> bool:
        """Whether she has begun and not finished: then nothing must tell her what others say."""
        return 0 < self.done < self.of


@dataclass(frozen=True, slots=True)
class Agreeing:
    """How far an annotator (the rows of the table) agrees with somebody; ``kind`` is what a judge judged."""

    whom: str
    kind: Kind | None
    agreement: Agreement


def annotating(desk: Desk, person: Person, run_id: str, skipped: Sequence[str] = ()) -> Annotating:
    """Where the annotator is, and the next answer in her order; ``skipped`` ones come again once the others are done.

    Raises:
        NotKept: no such run.
    """
    need(person, "annotate")
    items = _items(desk, person, run_id)
    mine = {one.answer_sha256: one for one in _mine(desk, person, run_id) if one.answer_sha256 in items}
    left = [key for key in blind_order_of(run_id, person.login, list(items)) if key not in mine]
    later = [key for key in skipped if key in left]
    order = [*(key for key in left if key not in later), *later]
    last = max(mine.values(), key=lambda one: one.at, default=None)
    return Annotating(
        len(mine),
        len(items),
        items[order[0]] if order else None,
        last,
        looked(desk.history, run_id, person.person_id),
        sum(not one.blind for one in mine.values()),
    )


def annotate(desk: Desk, person: Person, run_id: str, answer: str, verdict: Verdict, note: str = "") -> None:
    """Keep what the annotator says of an answer (its sha256), in the place of what she said before.

    Raises:
        UsageError: the run has no such answer (any more).
        NotKept: no such run.
    """
    need(person, "annotate")
    item = _items(desk, person, run_id).get(answer)
    if item is None:
        raise UsageError(
            pt="esta resposta mudou ou não é mais desta avaliação; leia a próxima",
            en="this answer changed or is not of this evaluation any more; read the next one",
        )
    note = " ".join(note.split())[:_LONGEST_NOTE]
    keep(desk.history, run_id, Annotation(item.topic_id, answer, person.login, "person", verdict, note=note))


def undo(desk: Desk, person: Person, run_id: str) -> str | None:
    """Take the annotator's last word back; the answer (its sha256) that it was on, ``None`` where there was none."""
    last = annotating(desk, person, run_id).last
    if last is None:
        return None
    take_back(desk.history, run_id, last.topic_id, person.login)
    return last.answer_sha256


def insist(desk: Desk, person: Person, run_id: str) -> None:
    """She wants to see what others say, in the middle of annotating: it is kept, and she is not asked again."""
    need(person, "annotate")
    run_of(desk, person, run_id)
    look(desk.history, run_id, person.person_id, insists=True)


def agreement(desk: Desk, person: Person, run_id: str) -> list[Agreeing]:
    """How far the annotator agrees with the judge, and with everybody else who annotated.

    Raises:
        StillAnnotating: she has not read every answer, and does not insist on seeing it.
    """
    standing = annotating(desk, person, run_id)
    if not standing.finished and not _insists(standing):
        raise still_annotating(standing)
    _keep_look(desk, person, run_id, standing)
    gathered = gathered_of(desk, kept_run(desk.history, run_id))
    people, programs = gathered.annotators("person"), gathered.annotators("program")
    mine = _verdicts(people.pop(person.login, {}))
    found = [
        Agreeing(gathered.judge, kind, agree(mine, judged)) for kind in _JUDGED if (judged := gathered.verdicts(kind))
    ]
    found += [Agreeing(name, None, agree(mine, _verdicts(said))) for name, said in (people | programs).items()]
    return found


def seen_run(desk: Desk, person: Person, run_id: str, *, of_each: bool = False) -> EvaluationRun:
    """A run of which the person is to see what others say, if she may; it is kept that she does.

    Means and counts are no look before she begins; what is said ``of_each`` answer is, and once she has begun, all is.

    Raises:
        StillAnnotating: she is in the middle of annotating, and does not insist on seeing it.
    """
    need(person, "evaluate")
    standing = annotating(desk, person, run_id)
    if standing.under_way and not _insists(standing):
        raise still_annotating(standing)
    if of_each or standing.done:
        _keep_look(desk, person, run_id, standing)
    return kept_run(desk.history, run_id)


def still_annotating(standing: Annotating) -> StillAnnotating:
    """What to say to somebody in the middle of it."""
    done, of = standing.done, standing.of
    return StillAnnotating(
        pt=f"você leu {done} de {of} respostas; se vir agora o que o juiz e outras pessoas dizem, o que falta não será "
        "mais anotado às cegas, e o relatório dirá isso",
        en=f"you have read {done} of {of} answers; if you see now what the judge and others say, what is left will not "
        "be annotated blind, and the report will say so",
    )


def _insists(standing: Annotating) -> bool:
    return standing.look is not None and standing.look.insisted


def _keep_look(desk: Desk, person: Person, run_id: str, standing: Annotating) -> None:
    if standing.look is None:
        look(desk.history, run_id, person.person_id)


def _mine(desk: Desk, person: Person, run_id: str) -> list[Annotation]:
    return annotations_of(desk.history, run_id, person.login)


def _verdicts(said: Mapping[str, Annotation]) -> dict[str, Verdict]:
    return {key: one.verdict for key, one in said.items()}


def _items(desk: Desk, person: Person, run_id: str) -> Mapping[str, Item]:
    folder = folder_of(desk.settings, run_of(desk, person, run_id))
    return _items_in(folder, stamp_of(folder, (ANSWERS, TOPICS)))


@lru_cache(maxsize=4)
def _items_in(folder: Path, stamp: Collection[object]) -> Mapping[str, Item]:
    """The answers of a folder by sha256; ``stamp`` changes when its files do."""
    if not (folder / ANSWERS).exists():
        return {}
    topics = {topic.topic_id: topic for topic in read_topics(folder / TOPICS)}
    items = [_item(one.record, topics[one.topic_id]) for one in read_answers(folder / ANSWERS).recorded]
    return {item.answer_sha256: item for item in items}


def _item(record: Mapping[str, Any], topic: Topic) -> Item:
    return Item(
        answer_sha256(record),
        topic.topic_id,
        topic.question,
        topic.reference_answer,
        topic.answerable,
        str(record["answer"]),
        bool(record.get("abstained")),
        tuple(record.get("references") or ()),
    )
