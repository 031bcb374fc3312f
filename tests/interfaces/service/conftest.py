"""A desk over the sample course: the real index, a database of its own, a chat model that speaks from a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interfaces.history.people import ensure_person
from interfaces.history.records import EvaluationRun, Person
from interfaces.service.courses import course_id
from interfaces.service.desk import Desk, open_desk
from rag.config import Settings
from tests.interfaces.service.evaluated import judged_by_length, run_of
from tests.interfaces.service.teaching import embedded, teaching  # noqa: F401 - fixtures
from tests.scripted_server import Script, scripted_server

PIECES = ["O gradiente", " descendente", " dá um passo", " para o lado", " que desce", " mais [1]."]


@pytest.fixture
def script() -> Script:
    return Script(pieces=PIECES)


@pytest.fixture
def desk(tmp_path: Path, sample_index: Path, settings: Settings, script: Script) -> Iterator[Desk]:
    with scripted_server(script) as url:
        ours = settings.model_copy(
            update={
                "llm": settings.llm.model_copy(update={"spec": "openai:scripted", "base_url": url}),
                "app": settings.app.model_copy(update={"folder": tmp_path / "app"}),
            }
        )
        opened = open_desk([sample_index], settings=ours)
        yield opened
        opened.close()


@pytest.fixture
def identity(desk: Desk, sample_index: Path) -> str:
    assert desk.courses.listed()[0].fault is None
    return course_id(sample_index)


@pytest.fixture
def ana(desk: Desk) -> Person:
    return ensure_person(desk.history, "ana@example.org", "Ana", ["student"])


@pytest.fixture
def bia(desk: Desk) -> Person:
    return ensure_person(desk.history, "bia@example.org", "Bia", ["student"])


@pytest.fixture
def rita(desk: Desk, script: Script) -> Person:
    """A researcher, whose judge gives each of its opinions now and then."""
    script.reply = judged_by_length
    return ensure_person(desk.history, "rita@example.org", "Rita", ["researcher"])


@pytest.fixture
def run(desk: Desk, identity: str, rita: Person) -> EvaluationRun:
    """A run of hers over eight questions that is over."""
    return run_of(desk, rita, identity, 8)
