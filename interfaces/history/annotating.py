"""What annotators say of a run's answers, kept as they say it, so that each goes on where she left.

An annotator who is a person is named by her login or id, and must be one of the app's people: her annotations are
deleted with her.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from eval.annotations import Annotation, blind_order
from interfaces.access import LOCAL
from interfaces.history.columns import iso, now
from interfaces.history.database import History
from interfaces.history.errors import NotKept
from interfaces.history.known import known_person, login_of
from interfaces.history.runs import run_row
from interfaces.history.tables import AnnotationRow, LookRow, PersonRow


@dataclass(frozen=True, slots=True)
class Look:
    """When a person first saw what others say of a run's answers; ``insisted``: she asked to while annotating."""

    at: str
    insisted: bool


def annotate(history: History, run_id: str, annotation: Annotation) -> None:
    """Keep an annotator's word on an answer, in the place of her earlier one; ``at`` is now where it is empty.

    What she says after a look (see `look`) is kept as not blind.

    Raises:
        NotKept: no such run, or no such person.
    """
    with history.session() as session:
        run_row(session, run_id, lock=True)
        key = (run_id, annotation.topic_id, annotation.answer_sha256, annotation.annotator)
        row = session.get(AnnotationRow, key) or AnnotationRow(
            run_id=run_id,
            topic_id=annotation.topic_id,
            answer_sha256=annotation.answer_sha256,
            annotator=annotation.annotator,
        )
        row.annotator_kind = annotation.annotator_kind
        row.person_id = _who(session, annotation) if annotation.annotator_kind == "person" else None
        row.verdict, row.score, row.note = annotation.verdict, annotation.score, annotation.note
        row.at = annotation.at or iso(now())
        row.blind = annotation.blind and (row.person_id is None or _look(session, run_id, row.person_id) is None)
        session.add(row)


def annotations_of(history: History, run_id: str, annotator: str | None = None) -> list[Annotation]:
    """The annotations of a run, of everybody or of one annotator, the oldest first."""
    asked = select(AnnotationRow).where(AnnotationRow.run_id == run_id)
    if annotator is not None:
        asked = asked.where(AnnotationRow.annotator == annotator)
    with history.reading() as session:
        rows = session.scalars(asked.order_by(AnnotationRow.at, AnnotationRow.topic_id, AnnotationRow.annotator))
        return [annotation_record(row) for row in rows]


def take_back(history: History, run_id: str, topic_id: str, annotator: str) -> None:
    """Delete an annotator's word on a topic's answer; nothing happens where there is none."""
    with history.session() as session:
        session.execute(
            delete(AnnotationRow).where(
                AnnotationRow.run_id == run_id,
                AnnotationRow.topic_id == topic_id,
                AnnotationRow.annotator == annotator,
            )
        )


def look(history: History, run_id: str, person_id: str, *, insists: bool = False) -> None:
    """Keep that a person sees what others say of a run's answers; the first time counts.

    ``insists``: she wants to, in the middle of annotating, and need not be asked again.

    Raises:
        NotKept: no such run, or no such person.
    """
    with history.session() as session:
        run_row(session, run_id, lock=True)
        person = known_person(session, person_id)
        row = _look(session, run_id, person.person_id)
        if row is None:
            session.add(LookRow(run_id=run_id, person_id=person.person_id, at=now(), insisted=insists))
        else:
            row.insisted = row.insisted or insists


def looked(history: History, run_id: str, person_id: str) -> Look | None:
    """When a person first saw what others say of a run's answers; ``None`` where she did not."""
    with history.reading() as session:
        row = _look(session, run_id, person_id)
        return None if row is None else look_record(row)


def blind_order_of(run_id: str, annotator: str, answers: Sequence[str]) -> list[str]:
    """The answers (their sha256) in this annotator's own order for this run, the same each time she comes back."""
    seed = int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:8], "big")
    return blind_order(answers, annotator, seed)


def annotation_record(row: AnnotationRow) -> Annotation:
    """The row as it is handed out."""
    return Annotation(
        row.topic_id,
        row.answer_sha256,
        row.annotator,
        row.annotator_kind,  # type: ignore[arg-type]
        row.verdict,  # type: ignore[arg-type]
        row.score,
        row.at,
        row.note,
        row.blind is not False,
    )


def look_record(row: LookRow) -> Look:
    """The row as it is handed out."""
    return Look(iso(row.at), row.insisted)


def _look(session: Session, run_id: str, person_id: str) -> LookRow | None:
    return session.get(LookRow, (run_id, person_id))


def _who(session: Session, annotation: Annotation) -> str:
    if annotation.annotator in {LOCAL.person_id, LOCAL.login}:
        return known_person(session, LOCAL.person_id).person_id
    named = annotation.annotator
    person_id = session.scalar(
        select(PersonRow.person_id).where(or_(PersonRow.login == login_of(named), PersonRow.person_id == named))
    )
    if person_id is None:
        raise NotKept("pessoa", "person", named)
    return person_id
