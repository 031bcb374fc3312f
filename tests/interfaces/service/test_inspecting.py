"""A search from inside: the very hits a student gets, with every stage, the words and the cue that matched."""

from __future__ import annotations

import pytest

from corpus.errors import UsageError
from interfaces.access import AccessDenied
from interfaces.service.inspecting import STAGES, inspect, segment_at
from tests.interfaces.service.teaching import Teaching

QUESTION = "A Festa API responde em Jason?"


def test_the_hits_are_a_students_and_each_has_every_stage(teaching: Teaching) -> None:
    found = inspect(teaching.desk, teaching.ines, teaching.course, QUESTION)
    students = teaching.desk.courses.opened(teaching.course).search(QUESTION)
    assert [one.hit for one in found.found] == students
    assert found.stages == ("dense", "windows", "lexical", "late", "neighbours", "fusion")
    assert set(found.stages) <= set(STAGES)
    assert all(set(one.stages) == set(found.stages) for one in found.found)
    assert [one.stages["fusion"].rank for one in found.found] == list(range(1, len(students) + 1))


def test_what_the_neighbours_add_is_what_the_score_lacks_without_them(teaching: Teaching) -> None:
    found = inspect(teaching.desk, teaching.ines, teaching.course, QUESTION)
    course = teaching.desk.courses.opened(teaching.course)
    alone = course.settings.retrieval.model_copy(update={"neighbour_weight": 0.0})
    retriever = course.retriever.segments
    without = type(retriever)(course.index, retriever.encoder, alone)
    scores = {hit.segment.segment_id: hit.score for hit in without.search(QUESTION, k=len(course.index))}
    for one in found.found:
        identity = one.hit.segment.segment_id
        assert one.stages["neighbours"].score == pytest.approx(one.hit.score - scores[identity])
    ranks = {one.stages["neighbours"].rank for one in found.found}
    assert len(ranks) == len(found.found)


def test_the_words_that_matched_and_the_cue_that_came_nearest_are_marked(teaching: Teaching) -> None:
    found = inspect(teaching.desk, teaching.ines, teaching.course, QUESTION)
    first = found.found[0]
    text = first.hit.segment.text
    marked = {text[begin:end] for begin, end in first.words}
    assert {"Festa", "API", "responde", "Jason"} <= marked
    assert not marked & {"A", "em", "o", "para"}
    assert first.best is not None
    assert "Festa API" in first.best.text
    assert first.best.start_s == 30.0


def test_misspelt_and_unsaid_words_are_told(teaching: Teaching) -> None:
    found = inspect(teaching.desk, teaching.ines, teaching.course, "o que é convolucão, gradeinte e zebrafish?")
    assert found.read_as == {"convolucão": "convolucão", "gradeinte": "gradiente", "zebrafish": None}
    first = found.found[0]
    words = {one.hit.segment.text[a:b] for one in found.found for a, b in one.words}
    assert words & {"convolução", "gradiente"}
    assert first.words


def test_neighbours_are_those_of_the_lecture(teaching: Teaching) -> None:
    index = teaching.desk.courses.opened(teaching.course).index
    first, second = (index.segment(row) for row in (0, 1))
    assert first.lecture_id == second.lecture_id
    placed = segment_at(teaching.desk, teaching.ines, teaching.course, first.segment_id)
    assert (placed.before, placed.after) == (None, second)
    found = inspect(teaching.desk, teaching.ines, teaching.course, QUESTION)
    for one in found.found:
        beside = [other for other in (one.before, one.after) if other is not None]
        assert {other.lecture_id for other in beside} <= {one.hit.segment.lecture_id}


def test_lectures_and_modes_filter(teaching: Teaching) -> None:
    desk, ines, course = teaching.desk, teaching.ines, teaching.course
    only = inspect(desk, ines, course, QUESTION, lectures=("aula-02",))
    assert {one.hit.segment.lecture_id for one in only.found} == {"aula-02"}
    assert inspect(desk, ines, course, QUESTION, mode="lexical").stages == ("lexical",)
    assert inspect(desk, ines, course, QUESTION, mode="dense").stages == ("dense",)
    assert inspect(desk, ines, course, QUESTION, k=1).found[0].hit.rank == 1


def test_who_may_not_and_what_is_not_there_is_refused(teaching: Teaching) -> None:
    desk, course = teaching.desk, teaching.course
    with pytest.raises(AccessDenied):
        inspect(desk, teaching.bia, course, QUESTION)
    with pytest.raises(AccessDenied):
        segment_at(desk, teaching.bia, course, teaching.misheard())
    with pytest.raises(UsageError, match="empty"):
        inspect(desk, teaching.rui, course, "  ")
    with pytest.raises(UsageError, match="at most 50"):
        inspect(desk, teaching.rui, course, QUESTION, k=51)
    with pytest.raises(UsageError, match="no longer in the course"):
        segment_at(desk, teaching.ines, course, 12)
