"""Evaluation runs: where each keeps its files, how far it is, how it ended."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from corpus.language import say
from interfaces.history.columns import iso, now
from interfaces.history.database import History
from interfaces.history.errors import NotKept
from interfaces.history.known import known_person
from interfaces.history.processes import left_behind
from interfaces.history.records import ENDED, EvaluationRun, RunState
from interfaces.history.tables import RunRow

_INTERRUPTED_PT = "o processo que avaliava terminou antes do fim; retome a avaliação"
_INTERRUPTED_EN = "the process that was evaluating ended before the run did; resume it"


def start_run(
    history: History, person_id: str, course: str, folder: str, of: int, run_id: str | None = None
) -> EvaluationRun:
    """A run that waits to be done by this process, over ``of`` topics, with its files in ``folder``.

    ``run_id`` is of one's own making where the folder is named after it.

    Raises:
        NotKept: no such person.
    """
    history.live()
    with history.session() as session:
        known_person(session, person_id)
        row = RunRow(
            run_id=run_id or uuid4().hex,
            person_id=person_id,
            course=course,
            folder=folder,
            state="waiting",
            done=0,
            of=of,
            created_at=now(),
            process_id=history.process_id,
        )
        session.add(row)
        session.flush()
        session.refresh(row)
        return run_record(row)


def run(history: History, run_id: str) -> EvaluationRun:
    """One run.

    Raises:
        NotKept: there is none of that id.
    """
    with history.reading() as session:
        return run_record(run_row(session, run_id))


def runs_of(history: History, course: str | None = None) -> list[EvaluationRun]:
    """The runs of a course, or all, the newest first."""
    asked = select(RunRow).order_by(RunRow.created_at.desc(), RunRow.run_id)
    if course is not None:
        asked = asked.where(RunRow.course == course)
    with history.reading() as session:
        return [run_record(row) for row in session.scalars(asked)]


def set_run(history: History, run_id: str, state: RunState, done: int | None = None, error: str | None = None) -> bool:
    """Move a run on; one that ended stays as it ended, and then this answers ``False`` (see `resume_run`).

    Raises:
        NotKept: the run is gone.
    """
    with history.session() as session:
        row = run_row(session, run_id, lock=True)
        if row.state in ENDED and row.state != state:
            return False
        row.state = state
        row.done = row.done if done is None else done
        row.error = row.error if error is None else error
        return True


def resume_run(history: History, run_id: str) -> EvaluationRun:
    """A run that ended early waits again, for this process; one that is done, or goes on, stays as it is.

    Raises:
        NotKept: the run is gone.
    """
    history.live()
    with history.session() as session:
        row = run_row(session, run_id, lock=True)
        if row.state in {"cancelled", "failed"}:
            row.state, row.error, row.process_id = "waiting", None, history.process_id
        return run_record(row)


def delete_run(history: History, run_id: str) -> None:
    """Delete a run with its annotations (its folder is not touched); nothing happens where there is none."""
    with history.session() as session:
        session.execute(delete(RunRow).where(RunRow.run_id == run_id))


def fail_abandoned_runs(history: History, older_than_s: float = 60.0) -> list[str]:
    """Runs that a dead process left become ``failed``, with the cause; their ids (`conversations.fail_abandoned`)."""
    with history.session() as session:
        rows = session.scalars(
            select(RunRow)
            .where(RunRow.state.in_(("waiting", "running")), left_behind(history, RunRow.process_id, older_than_s))
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            row.state, row.error = "failed", say(_INTERRUPTED_PT, _INTERRUPTED_EN)
        return [row.run_id for row in rows]


def run_record(row: RunRow) -> EvaluationRun:
    """The row as it is handed out."""
    return EvaluationRun(
        row.run_id,
        row.person_id,
        row.course,
        row.folder,
        row.state,  # type: ignore[arg-type]
        row.done,
        row.of,
        row.error,
        iso(row.created_at),
    )


def run_row(session: Session, run_id: str, *, lock: bool = False) -> RunRow:
    """The run's row; with ``lock`` nobody else changes it until the transaction ends.

    Raises:
        NotKept: there is none of that id.
    """
    row = session.get(RunRow, run_id, with_for_update=lock or None)
    if row is None:
        raise NotKept("avaliação", "evaluation run", run_id)
    return row
