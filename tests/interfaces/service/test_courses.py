"""One opened course a process, exchanged when its index was built anew; one that cannot be opened says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from corpus.errors import UsageError
from interfaces.service.courses import Courses, course_id
from rag.build import build_index
from rag.config import Settings
from rag.encoder import Encoder
from rag.errors import IndexProblem
from tests.conftest import SAMPLE


def test_a_course_is_opened_once_and_named_by_its_lectures(sample_index: Path, settings: Settings) -> None:
    courses = Courses([sample_index], settings, "none")
    (listed,) = courses.listed()
    assert (listed.name, listed.fault, len(listed.lectures)) == ("Introdução ao Deep Learning", None, 8)
    assert courses.opened(listed.course_id) is courses.opened(listed.course_id)


def test_a_new_generation_takes_the_place_of_the_old_one_which_answers_on(
    tmp_path: Path, settings: Settings, encoder: Encoder
) -> None:
    sources, index = tmp_path / "aulas", tmp_path / "index"
    sources.mkdir()
    shutil.copy(SAMPLE / "licao-01.md", sources)
    build_index(index, [sources], encoder, settings)
    courses = Courses([index], settings, "none")
    identity = course_id(index)
    before = courses.opened(identity)
    assert len(courses.course(identity).lectures) == 1

    shutil.copy(SAMPLE / "licao-02.md", sources)
    build_index(index, [sources], encoder, settings)
    after = courses.opened(identity)
    assert after is not before
    assert {hit.lecture.lecture_id for hit in after.search("aumento de dados")} == {"licao-01", "licao-02"}
    assert {hit.lecture.lecture_id for hit in before.search("aumento de dados")} == {"licao-01"}
    assert len(courses.course(identity).lectures) == 2


def test_a_damaged_generation_stops_nobody_who_has_the_course_open(
    tmp_path: Path, settings: Settings, sample_index: Path
) -> None:
    index = tmp_path / "index"
    shutil.copytree(sample_index, index)
    courses = Courses([index], settings, "none")
    before = courses.opened(course_id(index))
    (index / "CURRENT").write_text("gen-000099", encoding="utf-8")
    assert courses.opened(course_id(index)) is before
    with pytest.raises(IndexProblem):
        Courses([index], settings, "none").opened(course_id(index))


def test_a_folder_without_an_index_is_listed_with_the_command_that_mends_it(tmp_path: Path, settings: Settings) -> None:
    courses = Courses([tmp_path / "nada"], settings, "none")
    (listed,) = courses.listed()
    assert "monitoria index" in str(listed.fault)
    with pytest.raises(UsageError, match="not here"):
        courses.opened("unknown")


def test_two_folders_of_one_name_are_two_courses(tmp_path: Path) -> None:
    assert course_id(tmp_path / "a" / "index") != course_id(tmp_path / "b" / "index")
    assert course_id(tmp_path / "a" / "index") == course_id(tmp_path / "a" / "x" / ".." / "index")
