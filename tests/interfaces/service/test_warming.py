"""Warming up: what the first question would wait for is open before it; a fault is told to who asks, later."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from interfaces.service.courses import Courses
from interfaces.service.warming import Warming
from rag.config import Settings


def courses(settings: Settings, *folders: Path, **llm: object) -> Courses:
    return Courses(folders, settings.model_copy(update={"llm": settings.llm.model_copy(update=llm)}))


def test_the_course_is_open_when_it_is_over(tmp_path: Path, sample_index: Path, settings: Settings) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sample_index, folder)
    ours = courses(settings, folder, spec="none")
    warming = Warming(ours)
    assert not warming.going_on
    warming.start()
    warming.start()
    assert warming.wait(60)
    assert warming.fetched is None
    identity = ours.listed()[0].course_id
    # With its folder gone nothing could open it now.
    shutil.rmtree(folder)
    assert ours.opened(identity).search("o que é dropout?", k=1)


def test_a_course_that_cannot_be_opened_is_passed_over(
    tmp_path: Path, sample_index: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    warming = Warming(courses(settings, tmp_path / "nowhere", sample_index, spec="none"))
    warming.start()
    assert warming.wait(60)
    assert caplog.records == []


def test_a_model_that_cannot_be_opened_is_a_line_in_the_log(
    tmp_path: Path, sample_index: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(hashlib.sha256(b"no model").digest())
    warming = Warming(courses(settings, sample_index, spec="embedded", model_file=damaged))
    warming.start()
    assert warming.wait(60)
    assert len(caplog.records) == 1
    assert "damaged.gguf" in caplog.text
    assert "Traceback" not in caplog.text
