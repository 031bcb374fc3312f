"""Who saw what others say: kept once, gone with the person or the run, and what she says after it is not blind."""

from __future__ import annotations

from alembic import command
from sqlalchemy import create_engine, text

from eval.annotations import Annotation
from interfaces.access import LOCAL
from interfaces.history.annotating import annotate, annotations_of, look, looked
from interfaces.history.database import History
from interfaces.history.locating import locate
from interfaces.history.people import delete_person, ensure_person
from interfaces.history.records import Person
from interfaces.history.runs import delete_run, start_run
from interfaces.history.upgrading import configuration


def test_what_is_said_after_a_look_is_not_blind_and_what_was_said_before_is(history: History, ana: Person) -> None:
    bia = ensure_person(history, "bia@exemplo.br", "Bia")
    run, other = (start_run(history, ana.person_id, "redes", f"runs/{n}", of=3).run_id for n in range(2))
    annotate(history, run, Annotation("t1", "a", ana.login, "person", "C"))
    annotate(history, run, Annotation("t2", "b", ana.login, "person", "C"))
    assert looked(history, run, ana.person_id) is None
    look(history, run, ana.person_id)
    annotate(history, run, Annotation("t2", "b", ana.login, "person", "P"))
    annotate(history, run, Annotation("t3", "c", ana.login, "person", "P"))
    # Neither another person, nor another run, nor a program has looked.
    annotate(history, run, Annotation("t3", "c", bia.login, "person", "P"))
    annotate(history, run, Annotation("t3", "c", "um-programa", "program", "P"))
    annotate(history, other, Annotation("t1", "a", ana.login, "person", "C"))
    assert {(one.annotator, one.topic_id): one.blind for one in annotations_of(history, run)} == {
        (ana.login, "t1"): True,
        (ana.login, "t2"): False,
        (ana.login, "t3"): False,
        (bia.login, "t3"): True,
        ("um-programa", "t3"): True,
    }
    assert [one.blind for one in annotations_of(history, other)] == [True]


def test_the_first_look_counts_and_to_insist_is_remembered(history: History, ana: Person) -> None:
    run = start_run(history, ana.person_id, "redes", "runs/1", of=3).run_id
    seen = []
    for insists in (False, True, False):
        look(history, run, ana.person_id, insists=insists)
        found = looked(history, run, ana.person_id)
        assert found is not None
        seen.append((found.at, found.insisted))
    assert [insisted for _, insisted in seen] == [False, True, True]
    assert len({at for at, _ in seen}) == 1


def test_a_look_goes_with_the_person_and_with_the_run(history: History, ana: Person) -> None:
    first, second = (start_run(history, ana.person_id, "redes", f"runs/{n}", of=3).run_id for n in range(2))
    for person in (ana, LOCAL):
        look(history, first, person.person_id)
        look(history, second, person.person_id)
    delete_person(history, ana.person_id)
    delete_run(history, second)
    kept = [(run, who.login) for run in (first, second) for who in (ana, LOCAL) if looked(history, run, who.person_id)]
    assert kept == [(first, "local")]


def test_annotations_of_an_older_version_stay_and_are_taken_for_blind(database: str) -> None:
    engine = create_engine(locate(database))
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        connection.execute(
            text(
                'INSERT INTO runs (run_id, course, folder, state, done, "of", created_at, process_id) '
                "VALUES ('r', 'redes', 'runs/r', 'done', 1, 1, '2026-11-25 10:00:00', 'p')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO annotations "
                "(run_id, topic_id, answer_sha256, annotator, annotator_kind, verdict, at, note) "
                "VALUES ('r', 't1', 'abc', 'juiz', 'program', 'C', '', 'ok')"
            )
        )
    engine.dispose()
    opened = History.open(database)
    assert annotations_of(opened, "r") == [Annotation("t1", "abc", "juiz", "program", "C", note="ok")]
    opened.close()
