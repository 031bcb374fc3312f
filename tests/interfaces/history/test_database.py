"""Opening: an empty database is made ready, an old one is brought up to date, what cannot be used is said plainly."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from corpus.language import set_interface_language
from interfaces.history.conversations import conversations_of, start_conversation
from interfaces.history.database import History
from interfaces.history.errors import HistoryNewer, HistoryUnavailable
from interfaces.history.locating import database_of, locate
from interfaces.history.people import ensure_person, people
from interfaces.history.tables import Table
from interfaces.history.upgrading import VERSION_TABLE, configuration, upgrade
from rag.config import AppSettings


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Another program's way into the same database."""
    made = create_engine(locate(database))
    yield made
    made.dispose()


def test_the_migrated_schema_is_what_the_models_say(history: History, engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Table.metadata) == []


def test_foreign_keys_and_what_they_do_are_the_same_too(history: History, engine: Engine) -> None:
    # compare_metadata reads over ON DELETE on some engines, and what is a person's goes by it.
    found = {
        (table, key["constrained_columns"][0], key["options"]["ondelete"])
        for table in Table.metadata.tables
        for key in inspect(engine).get_foreign_keys(table)
    }
    meant = {
        (table.name, key.parent.name, key.ondelete)
        for table in Table.metadata.tables.values()
        for key in table.foreign_keys
    }
    assert found == meant


def test_opening_again_changes_nothing_and_keeps_what_was_kept(database: str, engine: Engine) -> None:
    first = History.open(database)
    ana = ensure_person(first, "ana", "Ana")
    talk = start_conversation(first, ana.person_id, "redes", "Dropout")
    first.close()
    before = _schema(engine)
    second = History.open(database)
    assert conversations_of(second, ana.person_id) == [talk]
    second.close()
    assert _schema(engine) == before


def test_every_older_revision_is_brought_up_to_date(database: str, engine: Engine) -> None:
    from alembic import command

    with engine.begin() as connection:
        scripts = ScriptDirectory.from_config(configuration(connection))
        oldest = scripts.get_base()
        assert oldest is not None
        command.upgrade(configuration(connection), oldest)
    opened = History.open(database)
    ensure_person(opened, "ana", "Ana")
    opened.close()
    with engine.connect() as connection:
        heads = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    assert heads == (scripts.get_current_head(),)


def test_an_empty_file_is_a_database_to_be() -> None:
    with tempfile.NamedTemporaryFile(suffix=".sqlite3") as file:
        opened = History.open(Path(file.name))
        assert people(opened) == []
        opened.close()


def test_a_migration_that_is_broken_off_leaves_nothing(database: str) -> None:
    opened = History.open(database)
    opened.close()
    broken = opened._engine
    Table.metadata.drop_all(broken)
    with broken.begin() as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    with broken.connect() as connection, connection.begin() as transaction:
        upgrade(connection, "x")
        assert "turns" in inspect(connection).get_table_names()
        transaction.rollback()
    assert inspect(broken).get_table_names() == []
    broken.dispose()
    History.open(database).close()


def test_several_that_open_an_empty_database_at_once_take_turns(database: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: History.open(database), range(6)))
    for one in opened:
        assert people(one) == []
        one.close()


def test_a_newer_version_s_database_is_refused_and_left_alone(database: str, engine: Engine) -> None:
    History.open(database).close()
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    before = _schema(engine)
    with pytest.raises(HistoryNewer, match=r"schema 9999.*update Monitoria"):
        History.open(database)
    assert _schema(engine) == before


def test_another_program_s_tables_are_left_alone(database: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE people (id integer)"))
    with pytest.raises(HistoryUnavailable, match="another program's table 'people'"):
        History.open(database)
    assert inspect(engine).get_table_names() == ["people"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("mysql://ana:segredo@servidor/curso", r"'mysql://ana:\*\*\*@servidor/curso'.*postgresql://"),
        ("postgresql:/ana:segredo@servidor", "no database that Monitoria knows"),
        ("postgresql://ana:segredo@servidor:porta/x", r"ana:\*\*\*@servidor:porta"),
        ("sqlite://", "no database that Monitoria knows"),
        ("curso", "use sqlite:///"),
        ("postgresql://ana:segredo@127.0.0.1:1/curso", r"ana:\*\*\*@127\.0\.0\.1:1/curso could not be used"),
        ("postgresql://127.0.0.1:1/curso?password=segredo&user=ana", r"password=\*\*\*&user=ana could not be used"),
    ],
)
def test_a_wrong_or_unreachable_url_is_said_without_its_password(wrong: str, message: str) -> None:
    with pytest.raises(HistoryUnavailable, match=message) as caught:
        History.open(wrong)
    assert "segredo" not in caught.value.pt + caught.value.en


def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notas.txt"
    file.write_text("a lista de compras\n" * 100, encoding="utf-8")
    set_interface_language("pt")
    with pytest.raises(HistoryUnavailable, match=r"notas\.txt não pôde ser usado \(file is not a database\)"):
        History.open(file)
    assert file.read_text(encoding="utf-8") == "a lista de compras\n" * 100


def test_a_folder_where_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "arquivo").touch()
    with pytest.raises(HistoryUnavailable, match="you may write to it"):
        History.open(tmp_path / "arquivo" / "monitoria.sqlite3")
    with pytest.raises(HistoryUnavailable, match="could not be used"):
        History.open(tmp_path)


def test_a_read_only_folder_is_said() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        am_root = os.geteuid() == 0
        try:
            if am_root:
                os.seteuid(65534)  # root may write anywhere
            with pytest.raises(HistoryUnavailable, match=r"monitoria\.sqlite3 could not be used"):
                History.open(Path(folder) / "monitoria.sqlite3")
        finally:
            if am_root:
                os.seteuid(0)
        assert list(Path(folder).iterdir()) == []


def test_the_file_is_written_ahead_and_keeps_foreign_keys(tmp_path: Path) -> None:
    file = tmp_path / "nova" / "pasta" / "monitoria.sqlite3"
    opened = History.open(file)
    with opened.reading() as session:
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.scalar(text("PRAGMA synchronous")) == 1
    opened.close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_connections_that_the_server_dropped_are_made_anew(empty_postgresql: str) -> None:
    opened = History.open(empty_postgresql)
    ensure_person(opened, "ana", "Ana")
    with psycopg.connect(empty_postgresql, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert [one.login for one in people(opened)] == ["ana"]
    opened.close()


def test_a_database_that_goes_away_is_said_without_what_was_asked(tmp_path: Path) -> None:
    opened = History.open(tmp_path / "monitoria.sqlite3")
    with opened.session() as session:
        session.execute(text("DROP TABLE annotations"))
        session.execute(text("DROP TABLE feedback"))
        session.execute(text("DROP TABLE people"))
    with pytest.raises(HistoryUnavailable, match="no such table: people") as caught:
        ensure_person(opened, "login-secreto", "Ana")
    assert "login-secreto" not in f"{caught.value} {caught.value.__cause__}"
    opened.close()


def test_settings_name_the_database(tmp_path: Path) -> None:
    assert database_of(AppSettings(folder=tmp_path)) == tmp_path / "monitoria.sqlite3"
    assert database_of(AppSettings(database="postgresql://localhost/x")) == "postgresql://localhost/x"


def _schema(engine: Engine) -> dict[str, list[str]]:
    found = inspect(engine)
    return {table: [column["name"] for column in found.get_columns(table)] for table in found.get_table_names()}
