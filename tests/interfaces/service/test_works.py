"""Works in the background: one at a time a course, watched, and failing in words."""

from __future__ import annotations

import threading

import pytest

from corpus.errors import UsageError
from interfaces.access import LOCAL, AccessDenied
from interfaces.history.records import Person
from interfaces.service.works import Works


def test_a_work_tells_how_far_it_is_and_what_it_made() -> None:
    works, go = Works(), threading.Event()

    def run(step) -> str:
        step(1, 3)
        go.wait(10)
        return "made"

    begun = works.start("redes", "upload", LOCAL, run)
    while works.watched(LOCAL, begun.work_id).done == 0:
        pass
    work = works.watched(LOCAL, begun.work_id)
    assert (work.state, work.done, work.of, work.result) == ("running", 1, 3, None)
    assert works.running(LOCAL, "redes", "upload") == work
    go.set()
    work = works.waited_for(LOCAL, begun.work_id, 10)
    assert (work.state, work.result) == ("done", "made")
    assert works.running(LOCAL, "redes", "upload") is None


def test_works_of_a_course_take_turns_and_those_of_others_do_not_wait() -> None:
    works, go = Works(), threading.Event()
    first = works.start("redes", "upload", LOCAL, lambda _: go.wait(10))
    second = works.start("redes", "correction", LOCAL, lambda _: None)
    other = works.start("fisica", "correction", LOCAL, lambda _: None)
    assert works.waited_for(LOCAL, other.work_id, 10).state == "done"
    assert works.waited_for(LOCAL, second.work_id, 0.1).state == "waiting"
    go.set()
    assert works.waited_for(LOCAL, second.work_id, 10).state == "done"
    assert works.waited_for(LOCAL, first.work_id, 10).state == "done"


def test_what_fails_says_so_and_the_next_goes_on() -> None:
    works = Works()

    def refuse(_) -> None:
        raise UsageError(pt="não dá", en="it cannot be")

    def break_down(_) -> None:
        raise ZeroDivisionError("o que alguém perguntou")

    refused = works.start("redes", "correction", LOCAL, refuse)
    broken = works.start("redes", "correction", LOCAL, break_down)
    after = works.start("redes", "correction", LOCAL, lambda _: None)
    assert works.waited_for(LOCAL, after.work_id, 10).state == "done"
    assert str(works.watched(LOCAL, refused.work_id).error) == "it cannot be"
    found = works.watched(LOCAL, broken.work_id).error
    assert found is not None
    assert "ZeroDivisionError" in found.en
    assert "perguntou" not in found.pt + found.en


def test_only_who_may_have_it_done_may_begin_or_watch_it() -> None:
    works = Works()
    student = Person("s", "bia", "Bia", frozenset({"student"}))
    with pytest.raises(AccessDenied):
        works.start("redes", "verification", student, lambda _: None)
    begun = works.start("redes", "upload", LOCAL, lambda _: None)
    with pytest.raises(AccessDenied):
        works.watched(student, begun.work_id)
    with pytest.raises(UsageError, match="no longer known"):
        works.watched(LOCAL, "never")
