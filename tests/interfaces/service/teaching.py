"""A small course of one's own to teach in: an index that may be changed, an instructor, a student, a researcher."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from interfaces.history.people import ensure_person
from interfaces.history.records import Person
from interfaces.service.courses import course_id
from interfaces.service.desk import Desk, open_desk
from rag.build import BuildReport, build_index
from rag.config import Settings
from rag.encoder import Encoder
from rag.index import CourseIndex
from tests.rag.corrections.correcting import HEARD, srt


@dataclass(frozen=True)
class Teaching:
    """A desk over one small course, and those who come to it."""

    desk: Desk
    course: str
    index: Path
    lectures: Path
    encoder: Encoder
    ines: Person
    bia: Person
    rui: Person

    def build(self) -> BuildReport:
        """Index the lectures' folder as the command line does."""
        return build_index(self.index, [self.lectures], self.encoder, self.desk.settings)

    def misheard(self) -> int:
        """The segment that has what was misheard."""
        opened = CourseIndex(self.index)
        segments = (opened.segment(row) for row in range(len(opened)))
        return next(one.segment_id for one in segments if HEARD.split()[1] in one.text)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test's vectors are kept, so that the others need not make them again."""
    return tmp_path_factory.mktemp("teaching") / "embeddings"


@pytest.fixture
def teaching(tmp_path: Path, encoder: Encoder, settings: Settings, embedded: Path) -> Iterator[Teaching]:
    lectures, index = tmp_path / "aulas", tmp_path / "index"
    lectures.mkdir()
    (lectures / "aula-01.srt").write_text(srt(), encoding="utf-8")
    (lectures / "aula-02.srt").write_text(srt("Hoje falamos de convolução."), encoding="utf-8")
    (lectures / "notas.md").write_text("# Notas\n\nO gradiente desce a ladera.\n", encoding="utf-8")
    ours = settings.model_copy(
        update={
            "llm": settings.llm.model_copy(update={"spec": "none"}),
            "app": settings.app.model_copy(update={"folder": tmp_path / "app"}),
        }
    )
    if embedded.exists():
        shutil.copytree(embedded, index / "embeddings")
    build_index(index, [lectures], encoder, ours)
    if not embedded.exists():
        shutil.copytree(index / "embeddings", embedded)
    desk = open_desk([index], settings=ours)
    people = (
        ensure_person(desk.history, f"{name}@example.org", name.title(), [role])
        for name, role in (("ines", "instructor"), ("bia", "student"), ("rui", "researcher"))
    )
    yield Teaching(desk, course_id(index), index, lectures, encoder, *people)
    desk.close()
