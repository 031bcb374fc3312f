"""Every test that takes ``database`` or ``history`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from interfaces.history.conversations import add_turn, start_conversation
from interfaces.history.database import History
from interfaces.history.people import ensure_person
from interfaces.history.records import Conversation, Person, Turn
from tests.conftest import skip_or_fail
from tests.postgresql_server import find_binaries, running

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    binaries = find_binaries()
    if binaries is None:
        skip_or_fail("needs PostgreSQL's server: apt-get install postgresql")
    assert binaries is not None
    with running(binaries) as url:
        yield url


@pytest.fixture
def empty_postgresql(postgresql_server: str) -> str:
    name = f"monitoria_{next(_numbers)}"
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return f"{postgresql_server}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("empty_postgresql"))
    return f"sqlite:///{tmp_path / 'monitoria.sqlite3'}"


@pytest.fixture
def history(database: str) -> Iterator[History]:
    opened = History.open(database)
    yield opened
    opened.close()


@pytest.fixture
def ana(history: History) -> Person:
    return ensure_person(history, "ana@exemplo.br", "Ana")


@pytest.fixture
def talk(history: History, ana: Person) -> Conversation:
    return start_conversation(history, ana.person_id, "redes", "Dropout")


@pytest.fixture
def asked(history: History, talk: Conversation) -> Turn:
    return add_turn(history, talk.conversation_id, "O que é dropout?")
