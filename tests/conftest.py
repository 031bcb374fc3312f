"""What all tests share: the carried encoder, and the sample course indexed once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from corpus.language import set_interface_language
from rag.build import build_index
from rag.config import Settings, load_settings
from rag.encoder import Encoder, open_encoder
from rag.pipeline import Monitoria

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "corpus" / "sample"
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop running, beside which none can be started."""
    items.sort(key=lambda item: item.path.parent.name == "browser")


def skip_or_fail(reason: str) -> None:
    """Skip with a clear word; in CI, where everything must be there, fail with it."""
    if os.environ.get("MONITORIA_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _english_messages():
    """Messages are asserted in English unless a test asks for the other language."""
    set_interface_language("en")
    yield
    set_interface_language(None)


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings({"encoder": {"source": "carried", "runtime": "onnx-int8"}}, environment={})


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return open_encoder(source="carried", runtime="onnx-int8")


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, settings: Settings) -> Path:
    """The sample course's index. Read only: a test that changes an index builds its own."""
    index = tmp_path_factory.mktemp("sample") / "index"
    build_index(index, [SAMPLE], encoder, settings)
    return index


@pytest.fixture(scope="session")
def untitled_index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, settings: Settings) -> Path:
    """The sample's lectures as aula-01 to aula-06, without titles, as most people's first folder is. Read only."""
    folder = tmp_path_factory.mktemp("untitled")
    for file in SAMPLE.glob("aula-*"):
        shutil.copy(file, folder / file.name)
    build_index(folder / "index", [folder], encoder, settings)
    return folder / "index"


@pytest.fixture(scope="session")
def course(sample_index: Path, encoder: Encoder, settings: Settings) -> Monitoria:
    """The sample course opened without a language model."""
    without_llm = settings.model_copy(update={"llm": settings.llm.model_copy(update={"spec": "none"})})
    return Monitoria.open(sample_index, settings=without_llm, encoder=encoder)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data beside the project; tests that need it skip where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("needs the development data in ../shared, which is not part of the project")
    return SHARED
