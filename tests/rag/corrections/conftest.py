"""The course to be corrected, indexed for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag.build import BuildReport, build_index
from rag.config import Settings
from rag.encoder import Encoder
from tests.rag.corrections.correcting import srt


@pytest.fixture
def lectures(tmp_path: Path) -> Path:
    folder = tmp_path / "aulas"
    folder.mkdir()
    (folder / "aula-01.srt").write_text(srt(), encoding="utf-8")
    (folder / "aula-02.srt").write_text(srt("Hoje falamos de convolução."), encoding="utf-8")
    (folder / "notas.md").write_text("# Notas\n\nO gradiente desce a ladera.\n", encoding="utf-8")
    return folder


@pytest.fixture
def build(tmp_path: Path, encoder: Encoder, settings: Settings):
    def run(*sources: Path, remove: tuple[str, ...] = ()) -> BuildReport:
        return build_index(tmp_path / "index", list(sources), encoder, settings, remove=remove)

    return run


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test's vectors are kept, so that the others need not make them again."""
    return tmp_path_factory.mktemp("corrections") / "embeddings"


@pytest.fixture
def index(build, lectures: Path, tmp_path: Path, embedded: Path) -> Path:
    if embedded.exists():
        shutil.copytree(embedded, tmp_path / "index" / "embeddings")
    build(lectures)
    if not embedded.exists():
        shutil.copytree(tmp_path / "index" / "embeddings", embedded)
    return tmp_path / "index"
