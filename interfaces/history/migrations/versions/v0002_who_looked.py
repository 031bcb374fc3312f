"""Who saw what others say of a run's answers, and which annotations were made after that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table; of annotations that are there already nothing is known."""
    op.add_column("annotations", sa.Column("blind", sa.Boolean()))
    op.create_table(
        "looks",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("insisted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "person_id", name="pk_looks"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_looks_run_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_looks_person_id", ondelete="CASCADE"),
    )
    op.create_index("ix_looks_person_id", "looks", ["person_id"])
