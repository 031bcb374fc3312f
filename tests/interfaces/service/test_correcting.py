"""An instructor corrects: live in the opened course, the history with as many names as the settings allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UsageError
from interfaces.access import AccessDenied
from interfaces.history.people import delete_person
from interfaces.service import correcting
from interfaces.service.account import delete_all, export_all
from interfaces.service.authorship import forget
from interfaces.service.correcting import difference, shortened, waits
from interfaces.service.inspecting import inspect
from interfaces.service.works import Work
from rag.corrections import corrections
from rag.generations import build_lock
from tests.interfaces.service.teaching import Teaching
from tests.rag.corrections.correcting import HEARD, SAID, srt


def finished(teaching: Teaching, work: Work) -> Work:
    found = teaching.desk.works.waited_for(teaching.ines, work.work_id, 60)
    assert found.error is None, found.error
    assert found.state == "done"
    return found


def mended(teaching: Teaching, note: str = "") -> int:
    identity = teaching.misheard()
    text = correcting.editable(teaching.desk, teaching.ines, teaching.course, identity).placed.segment.text
    said = text.replace(HEARD, SAID)
    finished(teaching, correcting.correct(teaching.desk, teaching.ines, teaching.course, identity, said, note))
    return identity


def test_a_correction_is_found_by_the_next_question_in_the_same_process(teaching: Teaching) -> None:
    desk, course = teaching.desk, teaching.course
    reading = desk.courses.opened(course)
    identity = mended(teaching, "o nome é outro")
    found = inspect(desk, teaching.ines, course, "FastAPI com JSON").found[0]
    assert found.hit.segment.segment_id == identity
    assert SAID in found.hit.segment.text
    # Who still answers from the generation before is not disturbed.
    assert HEARD in reading.index.segment(reading.index.table.row_of(identity)).text


def test_the_original_the_history_and_the_way_back(teaching: Teaching) -> None:
    desk, ines, course = teaching.desk, teaching.ines, teaching.course
    identity = mended(teaching, "o nome é outro")
    shown = correcting.editable(desk, ines, course, identity)
    assert shown.is_corrected
    assert HEARD in shown.original
    assert [(past.change.note, past.author.mine) for past in shown.past] == [("o nome é outro", True)]
    finished(teaching, correcting.restore(desk, ines, course, identity))
    shown = correcting.editable(desk, ines, course, identity)
    assert not shown.is_corrected
    assert [past.change.text is None for past in shown.past] == [True, False]


@pytest.mark.parametrize("show_names", [False, True])
def test_names_are_shown_only_where_the_settings_say_so(teaching: Teaching, show_names: bool) -> None:
    identity = mended(teaching)
    app = teaching.desk.settings.app.model_copy(update={"show_names": show_names})
    settings = teaching.desk.settings.model_copy(update={"app": app})
    desk = replace(teaching.desk, settings=settings)
    other = teaching.ines.__class__("o", "otto", "Otto", frozenset({"instructor"}))
    (past,) = correcting.editable(desk, other, teaching.course, identity).past
    assert (past.author.mine, past.author.name) == (False, "Ines" if show_names else None)
    delete_person(desk.history, teaching.ines.person_id)
    (past,) = correcting.editable(desk, other, teaching.course, identity).past
    assert past.author.name is None


def test_a_conflict_is_listed_first_with_a_text_to_begin_from_and_can_be_resolved(teaching: Teaching) -> None:
    desk, ines, course = teaching.desk, teaching.ines, teaching.course
    identity = mended(teaching)
    (teaching.lectures / "aula-01.srt").write_text(srt("Pois é. " + HEARD), encoding="utf-8")
    teaching.build()
    (conflict,) = correcting.listed(desk, ines, course)
    assert (conflict.correction.status, waits(conflict.correction)) == ("conflict", True)
    (present, suggested) = conflict.suggested[0]
    assert f"Pois é. {SAID}" in suggested
    finished(
        teaching,
        correcting.resolve(desk, ines, course, identity, to=present.segment_id, text=suggested + " Certo."),
    )
    assert [one.correction.status for one in correcting.listed(desk, ines, course)] == ["restored", "live"]
    assert correcting.editable(desk, ines, course, present.segment_id).placed.segment.text.endswith("Certo.")


def test_a_lecture_that_is_gone_leaves_a_correction_that_can_be_dropped(teaching: Teaching) -> None:
    desk, ines, course = teaching.desk, teaching.ines, teaching.course
    identity = mended(teaching)
    (teaching.lectures / "aula-01.srt").unlink()
    teaching.build()
    (gone,) = correcting.listed(desk, ines, course)
    assert (gone.correction.status, gone.suggested) == ("gone", ())
    finished(teaching, correcting.resolve(desk, ines, course, identity, to=None))
    assert [waits(one.correction) for one in correcting.listed(desk, ines, course)] == [False]


def test_what_cannot_be_is_told_by_the_work(teaching: Teaching) -> None:
    desk, ines, course = teaching.desk, teaching.ines, teaching.course
    identity = teaching.misheard()
    for text, said in (("  ", "is empty"), ("palavra " * 600, "shorten it by")):
        work = correcting.correct(desk, ines, course, identity, text)
        work = desk.works.waited_for(ines, work.work_id, 60)
        assert work.state == "failed"
        assert said in str(work.error)
    with pytest.raises(UsageError, match="at most 20000"):
        correcting.correct(desk, ines, course, identity, "x" * 20_001)
    assert corrections(teaching.index) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda t, who: correcting.editable(t.desk, who, t.course, 1),
        lambda t, who: correcting.correct(t.desk, who, t.course, 1, "x"),
        lambda t, who: correcting.restore(t.desk, who, t.course, 1),
        lambda t, who: correcting.resolve(t.desk, who, t.course, 1, to=None),
        lambda t, who: correcting.listed(t.desk, who, t.course),
    ],
    ids=["look", "correct", "restore", "resolve", "list"],
)
def test_students_and_researchers_may_not(teaching: Teaching, act: Callable[..., object]) -> None:
    for who in (teaching.bia, teaching.rui):
        with pytest.raises(AccessDenied):
            act(teaching, who)


def test_who_leaves_takes_her_name_with_her_and_the_corrections_stay(teaching: Teaching) -> None:
    identity = mended(teaching)
    (hers,) = json.loads(export_all(teaching.desk, teaching.ines))["corrections"]
    assert (hers["segment_id"], hers["course"]) == (identity, teaching.course)
    with build_lock(teaching.index, wait_s=0):
        # A course that does not name her keeps nobody waiting.
        assert forget(teaching.desk, teaching.bia) == 0
    delete_all(teaching.desk, teaching.ines)
    (past,) = correcting.editable(teaching.desk, teaching.ines, teaching.course, identity).past
    assert (past.change.by, past.author.mine) == ("", False)


def test_a_correction_waits_for_a_build_of_another_process(teaching: Teaching) -> None:
    identity = teaching.misheard()
    with build_lock(teaching.index, wait_s=0):
        work = correcting.correct(teaching.desk, teaching.ines, teaching.course, identity, "A FastAPI responde.")
        assert not teaching.desk.works.waited_for(teaching.ines, work.work_id, 0.5).ended
    finished(teaching, work)


_TEXT = st.lists(st.sampled_from("a e o rede API".split()), max_size=40).map(" ".join)


@given(_TEXT, _TEXT)
def test_a_difference_has_both_texts_and_nothing_else(before: str, after: str) -> None:
    pieces = difference(before, after)
    for left_out, text in (("new", before), ("gone", after)):
        assert " ".join(piece.text for piece in pieces if piece.kind != left_out) == text
    changes = [piece for piece in pieces if piece.kind != "same"]
    assert [piece for piece in shortened(pieces) if piece.kind != "same"] == changes
