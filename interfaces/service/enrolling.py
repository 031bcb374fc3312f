"""A whole class added at once: each line is told what became of it, and those added get a password of the app's making.

Passwords are hashed first, which takes its time; then all are added in one moment. Whoever breaks off in between has
added nobody, and nobody is there with a password that was never read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from corpus.errors import MonitoriaError
from corpus.language import say
from interfaces.history.database import History
from interfaces.history.enrolling import Newcomer, add_people, everybody
from interfaces.history.known import login_of
from interfaces.history.passwords import hashed, made
from interfaces.history.records import Role
from interfaces.service.class_list import Row, to_csv

Outcome = Literal["added", "there", "refused"]
Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What became of a line; ``password`` is empty but for whoever was added, ``fault`` says why one was refused."""

    number: int
    login: str
    name: str
    outcome: Outcome
    roles: frozenset[Role] = frozenset()
    password: str = field(default="", repr=False)
    fault: MonitoriaError | None = None


def enrol(history: History, rows: Sequence[Row], report: Step | None = None) -> list[Enrolled]:
    """Add whoever is not there yet, all in one moment; ``report`` is told how many of the passwords are made."""
    there = {person.login for person, _ in everybody(history)}
    fresh = [row for row in rows if row.fault is None and login_of(row.login) not in there]
    given = {}
    newcomers = []
    for done, row in enumerate(fresh, start=1):
        given[row.number] = made()
        newcomers.append(Newcomer(row.login, row.name, row.roles, hashed(given[row.number])))
        if report is not None:
            report(done, len(fresh))
    added = add_people(history, newcomers)
    logins = {row.number: person.login for row, person in zip(fresh, added, strict=True) if person is not None}
    return [_outcome(row, logins.get(row.number), given.get(row.number, "")) for row in rows]


def passwords_csv(enrolled: Sequence[Enrolled]) -> bytes:
    """Login, name and password of those who were added, for a spreadsheet."""
    headings = (say("login", "login"), say("nome", "name"), say("senha", "password"))
    return to_csv(headings, [(one.login, one.name, one.password) for one in enrolled if one.outcome == "added"])


def _outcome(row: Row, added: str | None, password: str) -> Enrolled:
    if row.fault is not None:
        return Enrolled(row.number, row.login, row.name, "refused", fault=row.fault)
    if added is None:
        return Enrolled(row.number, login_of(row.login), row.name, "there")
    return Enrolled(row.number, added, row.name, "added", row.roles, password)
