"""Who is meant by an id or a login; the one person of an app without logins is there as soon as she is asked for."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from corpus.errors import UsageError
from interfaces.access import LOCAL
from interfaces.history.columns import now, plain
from interfaces.history.errors import NotKept
from interfaces.history.tables import PersonRow, RoleRow


def known_person(session: Session, person_id: str) -> PersonRow:
    """The person's row, which cannot go away before the transaction ends.

    Raises:
        NotKept: there is no such person.
    """
    row = _held(session, person_id)
    if row is None and person_id == LOCAL.person_id:
        with suppress(IntegrityError), session.begin_nested():  # another thread may make her at this moment
            session.add(PersonRow(person_id=LOCAL.person_id, login=LOCAL.login, name=LOCAL.name, created_at=now()))
            session.flush()
            session.add_all(RoleRow(person_id=LOCAL.person_id, role=role) for role in sorted(LOCAL.roles))
        row = _held(session, person_id)
    if row is None:
        raise NotKept("pessoa", "person", person_id)
    return row


def login_of(written: str) -> str:
    """A login as it is kept: case and blanks around do not matter."""
    return plain(written.strip().casefold())


def stated_login(written: str) -> str:
    """A login as somebody wrote it, without blanks around.

    Raises:
        UsageError: nothing is left.
    """
    if not written.strip():
        raise UsageError(pt="o login está vazio; dê um nome ou e-mail", en="the login is empty; give a name or e-mail")
    return written.strip()


def _held(session: Session, person_id: str) -> PersonRow | None:
    return session.get(PersonRow, person_id, with_for_update={"read": True, "key_share": True})
