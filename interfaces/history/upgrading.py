"""Bring a database to this version's tables, whole or not at all; refuse one that a newer version made."""

from __future__ import annotations

import threading

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from interfaces.history.errors import HistoryNewer, HistoryUnavailable
from interfaces.history.tables import Table

VERSION_TABLE = "monitoria_version"
# Any number will do for the lock, as long as every Monitoria asks for the same.
_LOCK = 7_306_081
# Alembic keeps what it works on in a module.
_alone = threading.Lock()


def upgrade(connection: Connection, shown: str) -> None:
    """Run the revisions that are missing, in the transaction that ``connection`` is in; ``shown`` names the database.

    Two processes that open an empty database at once take turns.

    Raises:
        HistoryNewer: a newer version made it.
        HistoryUnavailable: it holds tables of another program under our names.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    scripts = ScriptDirectory.from_config(configuration(connection))
    heads = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    unknown = [head for head in heads if head not in {script.revision for script in scripts.walk_revisions()}]
    if unknown:
        newest = scripts.get_current_head()
        raise HistoryNewer(
            pt=f"o banco {shown} é de uma versão mais nova da Monitoria (esquema {unknown[0]}; esta conhece até "
            f"{newest}); atualize a Monitoria ou use outro banco em app.database",
            en=f"the database {shown} was made by a newer Monitoria (schema {unknown[0]}; this one knows up to "
            f"{newest}); update Monitoria or name another database in app.database",
        )
    if not heads:
        _refuse_strangers(connection, shown)
    if heads != (scripts.get_current_head(),):
        with _alone:
            command.upgrade(configuration(connection), "head")


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without a file: the packaged revisions on this connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "interfaces.history:migrations")
    return config


def _refuse_strangers(connection: Connection, shown: str) -> None:
    strangers = sorted(set(inspect(connection).get_table_names()) & set(Table.metadata.tables))
    if strangers:
        raise HistoryUnavailable(
            pt=f"o banco {shown} já tem a tabela {strangers[0]!r}, de outro programa; use outro banco em app.database",
            en=f"the database {shown} already has another program's table {strangers[0]!r}; name another database in "
            "app.database",
        )
