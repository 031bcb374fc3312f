"""Which answers are passages alone although a model was to write; those that are there already are looked through."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AT_ONCE = 200
_TURNS = sa.table(
    "turns",
    sa.column("turn_id", sa.Text()),
    sa.column("record", sa.Text()),
    sa.column("abstained", sa.Boolean()),
    sa.column("mode", sa.Text()),
    sa.column("passages_only", sa.Boolean()),
)


def upgrade() -> None:
    """Add the column and fill it from the records; a turn without one has nothing in it."""
    op.add_column("turns", sa.Column("passages_only", sa.Boolean()))
    there = op.get_bind()
    there.execute(sa.update(_TURNS).where(_TURNS.c.record.is_not(None)).values(passages_only=False))
    quoted = sa.select(_TURNS.c.turn_id).where(_TURNS.c.mode == "quotes", _TURNS.c.abstained.is_not(True))
    turn_ids = list(there.scalars(quoted))
    for first in range(0, len(turn_ids), _AT_ONCE):
        some = turn_ids[first : first + _AT_ONCE]
        records = there.execute(
            sa.select(_TURNS.c.turn_id, _TURNS.c.record).where(_TURNS.c.turn_id.in_(some), _TURNS.c.record.is_not(None))
        )
        found = [turn_id for turn_id, record in records if _nothing_written(json.loads(record))]
        there.execute(sa.update(_TURNS).where(_TURNS.c.turn_id.in_(found)).values(passages_only=True))


def _nothing_written(record: dict[str, object]) -> bool:
    return record.get("llm", "none") != "none" or bool(record.get("error"))
