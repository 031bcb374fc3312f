"""Which database is meant: a file's path or a URL into SQLAlchemy's URL, and how it is shown, without a password."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from interfaces.history.errors import HistoryUnavailable
from rag.config import AppSettings

FILE = "monitoria.sqlite3"
_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def database_of(app: AppSettings) -> str | Path:
    """What the settings name: a URL, or the file in the app's folder."""
    return app.database.strip() or app.folder / FILE


def locate(database: str | Path) -> URL:
    """The URL of a SQLite file or a PostgreSQL database, with the driver that is installed.

    >>> locate("postgresql://ana@localhost/curso").drivername
    'postgresql+psycopg'
    >>> locate(Path("notas.sqlite3")).database
    'notas.sqlite3'

    Raises:
        HistoryUnavailable: it is neither.
    """
    if isinstance(database, Path):
        return URL.create("sqlite", database=str(database))
    try:
        url = make_url(database)
    except (ArgumentError, ValueError) as error:
        raise _wrong(database) from error
    if url.drivername not in _DRIVERS or (url.drivername.startswith("sqlite") and _no_file(url)):
        raise _wrong(database)
    return url.set(drivername=_DRIVERS[url.drivername])


def shown(database: str | Path | URL) -> str:
    """How a database is named in messages: without its password, wherever in it that stands.

    >>> shown("postgresql://ana:segredo@localhost/curso")
    'postgresql://ana:***@localhost/curso'
    """
    text = database.render_as_string(hide_password=False) if isinstance(database, URL) else str(database)
    # Up to the last @, since a password may hold one that should have been written %40.
    text = re.sub(r"(?s)^([\w+.-]+:/*[^:]*):.*@", r"\1:***@", text)
    return re.sub(r"(?i)([?&](?:ssl)?pass(?:word|wd)?=)[^&]*", r"\1***", text)


def _no_file(url: URL) -> bool:
    return url.database in {None, "", ":memory:"} or bool(url.host)


def _wrong(database: str) -> HistoryUnavailable:
    return HistoryUnavailable(
        pt=f"app.database é {shown(database)!r}, que não é um banco que a Monitoria conheça; use "
        "sqlite:///pasta/arquivo.sqlite3 ou postgresql://pessoa:senha@servidor/banco",
        en=f"app.database is {shown(database)!r}, which is no database that Monitoria knows; use "
        "sqlite:///folder/file.sqlite3 or postgresql://user:password@host/database",
    )
