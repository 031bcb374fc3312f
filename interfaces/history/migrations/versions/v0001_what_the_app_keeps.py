"""People, conversations, turns and their events, feedback, runs, annotations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _people()
    _conversations()
    _answers()
    _evaluation()


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
        sa.UniqueConstraint("login", name="uq_people_login"),
    )
    op.create_table(
        "roles",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "role", name="pk_roles"),
        _foreign("roles", "person_id", "people.person_id"),
    )
    op.create_table(
        "processes",
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("beat_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("process_id", name="pk_processes"),
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_conversations"),
        _foreign("conversations", "person_id", "people.person_id"),
    )
    op.create_index("ix_conversations_person_id_changed_at", "conversations", ["person_id", "changed_at"])
    op.create_index("ix_conversations_course", "conversations", ["course"])
    op.create_table(
        "turns",
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("lectures", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("record", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("done_at", _MOMENT),
        sa.Column("replaces", sa.Text()),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.Column("abstained", sa.Boolean()),
        sa.Column("mode", sa.Text()),
        sa.PrimaryKeyConstraint("turn_id", name="pk_turns"),
        sa.UniqueConstraint("conversation_id", "number", name="uq_turns_conversation_id_number"),
        _foreign("turns", "conversation_id", "conversations.conversation_id"),
        _foreign("turns", "replaces", "turns.turn_id", "SET NULL"),
    )
    for column in ("replaces", "state", "asked_at"):
        op.create_index(f"ix_turns_{column}", "turns", [column])


def _answers() -> None:
    op.create_table(
        "turn_events",
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "number", name="pk_turn_events"),
        _foreign("turn_events", "turn_id", "turns.turn_id"),
    )
    op.create_table(
        "turn_segments",
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("segment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lecture_id", sa.Text(), nullable=False),
        sa.Column("start_s", sa.Double()),
        sa.Column("end_s", sa.Double()),
        sa.Column("rank", sa.Integer()),
        sa.Column("reference", sa.Integer()),
        sa.PrimaryKeyConstraint("turn_id", "segment_id", name="pk_turn_segments"),
        _foreign("turn_segments", "turn_id", "turns.turn_id"),
    )
    op.create_table(
        "feedback",
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "person_id", name="pk_feedback"),
        _foreign("feedback", "turn_id", "turns.turn_id"),
        _foreign("feedback", "person_id", "people.person_id"),
    )
    op.create_index("ix_feedback_person_id", "feedback", ["person_id"])


def _evaluation() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text()),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("process_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
        _foreign("runs", "person_id", "people.person_id", "SET NULL"),
    )
    op.create_index("ix_runs_person_id", "runs", ["person_id"])
    op.create_index("ix_runs_course", "runs", ["course"])
    op.create_table(
        "annotations",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("answer_sha256", sa.Text(), nullable=False),
        sa.Column("annotator", sa.Text(), nullable=False),
        sa.Column("annotator_kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text()),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("score", sa.Double()),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "topic_id", "answer_sha256", "annotator", name="pk_annotations"),
        _foreign("annotations", "run_id", "runs.run_id"),
        _foreign("annotations", "person_id", "people.person_id"),
    )
    op.create_index("ix_annotations_person_id", "annotations", ["person_id"])


def _foreign(table: str, column: str, target: str, when_deleted: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=when_deleted)
