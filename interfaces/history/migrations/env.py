"""What Alembic runs: the revisions, on the connection and in the transaction that `upgrading` opened."""

from __future__ import annotations

from alembic import context

from interfaces.history.tables import Table
from interfaces.history.upgrading import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
