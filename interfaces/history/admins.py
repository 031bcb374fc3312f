"""That somebody stays who may manage people: an app without an admin could be opened by nobody but who runs it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from interfaces.history.database import History
from interfaces.history.errors import LastAdmin
from interfaces.history.records import Role
from interfaces.history.tables import PersonRow, RoleRow


def is_last_admin(history: History, person_id: str) -> bool:
    """Whether the person is the only admin who can sign in with a password."""
    with history.reading() as session:
        return _admins(session, hold=False) == {person_id}


def keep_an_admin(session: Session, person_id: str, roles: Iterable[Role] = ()) -> None:
    """Pass if there is still an admin once the person has these roles and no others.

    Until the transaction ends nobody else takes the role from anybody: two admins cannot each leave it to the other.

    Raises:
        LastAdmin: there is none.
    """
    if "admin" not in roles and _admins(session, hold=True) == {person_id}:
        row = session.get(PersonRow, person_id)
        raise LastAdmin(person_id if row is None else row.login)


def _admins(session: Session, *, hold: bool) -> set[str]:
    """Those who have the role and a password."""
    wanted = (
        select(RoleRow.person_id)
        .join(PersonRow, PersonRow.person_id == RoleRow.person_id)
        .where(RoleRow.role == "admin", PersonRow.password_hash.is_not(None))
        .order_by(RoleRow.person_id)
    )
    return set(session.scalars(wanted.with_for_update(of=RoleRow) if hold else wanted))
