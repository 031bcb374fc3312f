"""An opened database: brought up to date, its sessions, and the beat by which others know that this process lives.

SQLite writes in WAL, so that readers never wait; a transaction that writes says so when it begins, so that it waits
for another's end instead of failing in the middle.
"""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from interfaces.history.columns import now
from interfaces.history.errors import HistoryProblem, HistoryUnavailable
from interfaces.history.locating import locate, shown
from interfaces.history.tables import ProcessRow
from interfaces.history.upgrading import upgrade

BEAT_S = 5.0
_BUSY_S = 30.0
_CONNECT_S = 10
_log = logging.getLogger(__name__)


class History:
    """What the app keeps. Safe to share between threads.

    Attributes:
        shown: the database's name without a password.
        process_id: who produces what is asked through this object: host, process, and a word of its own.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.shown = name
        self.process_id = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}"
        self._engine = engine
        one_moment = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        self._reader = engine.execution_options(reads_only=True, **one_moment)
        self._beating = threading.Lock()
        self._closed = threading.Event()
        self._pulse: threading.Thread | None = None

    @classmethod
    def open(cls, database: str | Path) -> History:
        """Open a SQLite file, made where there is none, or a PostgreSQL database by URL; bring its tables up to date.

        Raises:
            HistoryUnavailable: no such database, or it cannot be reached, read or written.
            HistoryNewer: a newer version made it.
        """
        url = locate(database)
        name = shown(url) if url.drivername != "sqlite" else str(url.database)
        engine = _sqlite(url) if url.drivername == "sqlite" else _postgresql(url)
        try:
            if url.drivername == "sqlite":
                _ready_file(Path(str(url.database)), engine)
            with engine.begin() as connection:
                upgrade(connection, name)
        except (DBAPIError, sqlite3.Error, OSError) as error:
            engine.dispose()
            raise _unavailable(name, error) from error
        except HistoryProblem:
            engine.dispose()
            raise
        return cls(engine, name)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that writes: all of it, or nothing."""
        with self._spoken(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads, and sees one moment throughout."""
        with self._spoken(), Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def live(self) -> None:
        """Let others know that this process lives, now and every `BEAT_S` seconds until it is closed or dies."""
        with self._beating:
            if self._pulse is None:
                self._beat()
                self._pulse = threading.Thread(target=self._keep_beating, name="history-beat", daemon=True)
                self._pulse.start()

    def scrub(self) -> None:
        """After deleting: have SQLite's log written back, so that no deleted text waits in it; not while readers do."""
        if self._engine.dialect.name != "sqlite":
            return
        raw = self._engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("PRAGMA busy_timeout = 1000")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}")
        except sqlite3.OperationalError as error:
            _log.warning("the log of %s was not written back: %s", self.shown, error)
            raw.invalidate()
        finally:
            raw.close()

    def close(self) -> None:
        """Close every connection; what is answered after this fails."""
        self._closed.set()
        if self._pulse is not None:
            self._pulse.join(timeout=BEAT_S)
        self._engine.dispose()

    def _beat(self) -> None:
        with self.session() as session:
            session.merge(ProcessRow(process_id=self.process_id, beat_at=now()))

    def _keep_beating(self) -> None:
        while not self._closed.wait(BEAT_S):
            try:
                self._beat()
            except HistoryProblem as problem:
                _log.warning("%s", problem.en)

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeout) as error:
            raise _unavailable(self.shown, error) from error


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_S}, pool_size=8, max_overflow=24, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def connected(connection: object, entry: ConnectionPoolEntry) -> None:
        # The driver's own transactions begin too late and without saying that they will write.
        connection.isolation_level = None  # type: ignore[attr-defined]
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in ("foreign_keys = ON", "synchronous = NORMAL", "secure_delete = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL) -> Engine:
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(_CONNECT_S)})
    return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=24, hide_parameters=True)


def _ready_file(path: Path, engine: Engine) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        until = time.monotonic() + _BUSY_S
        while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                # Another process may be turning it on at this moment, and SQLite does not wait for that.
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
    finally:
        raw.close()


def _unavailable(name: str, error: Exception) -> HistoryUnavailable:
    cause = getattr(error, "orig", None) or error
    said = getattr(cause, "strerror", None) or str(cause)
    reason = (said.strip().splitlines() or [type(cause).__name__])[0]
    return HistoryUnavailable(
        pt=f"o banco {name} não pôde ser usado ({reason}); veja se ele está no ar, se o endereço em app.database está "
        "certo e se você pode escrever nele",
        en=f"the database {name} could not be used ({reason}); see that it is up, that its address in app.database is "
        "right and that you may write to it",
    )
