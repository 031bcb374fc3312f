"""Many people at once: who is there, and those who are not yet, added together or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from interfaces.history.columns import now, plain
from interfaces.history.database import History
from interfaces.history.known import login_of
from interfaces.history.records import Person, Role
from interfaces.history.tables import PersonRow, RoleRow


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be added; of her password only the hash comes this far."""

    login: str
    name: str
    roles: frozenset[Role]
    password_hash: str = field(repr=False)


def everybody(history: History) -> list[tuple[Person, bool]]:
    """Everybody by login, and whether she has a password to sign in with."""
    held: dict[str, list[Role]] = defaultdict(list)
    with history.reading() as session:
        for person_id, role in session.execute(select(RoleRow.person_id, RoleRow.role)):
            held[person_id].append(cast("Role", role))
        rows = session.scalars(select(PersonRow).order_by(PersonRow.login))
        return [
            (Person(row.person_id, row.login, row.name, frozenset(held[row.person_id])), row.password_hash is not None)
            for row in rows
        ]


def add_people(history: History, newcomers: Sequence[Newcomer]) -> list[Person | None]:
    """Add them in one transaction; ``None`` in the place of whoever is there already, who stays as she is."""
    try:
        return _add(history, newcomers)
    except IntegrityError:
        # Another process added one of them between our looking and our adding.
        return _add(history, newcomers)


def _add(history: History, newcomers: Sequence[Newcomer]) -> list[Person | None]:
    with history.session() as session:
        return [_added(session, one) for one in newcomers]


def _added(session: Session, one: Newcomer) -> Person | None:
    login = login_of(one.login)
    if session.scalar(select(PersonRow.person_id).where(PersonRow.login == login)) is not None:
        return None
    row = PersonRow(
        person_id=uuid4().hex, login=login, name=plain(one.name), password_hash=one.password_hash, created_at=now()
    )
    session.add(row)
    session.flush()
    session.add_all(RoleRow(person_id=row.person_id, role=role) for role in sorted(one.roles))
    session.flush()
    return Person(row.person_id, login, row.name, one.roles)
