"""Fixtures of the corpus tests: a stand-in for the encoder's token count, and the development data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from corpus.readers import read_source
from corpus.records import Transcript

SHARED = Path(__file__).parents[2].parent / "shared"


def pieces(texts: Sequence[str]) -> list[int]:
    """Tokens of each text: four for prefix and special tokens, and one for every four characters of a word."""
    return [4 + sum((len(word) + 3) // 4 for word in text.split()) for text in texts]


@pytest.fixture(scope="session")
def count_tokens() -> Callable[[Sequence[str]], list[int]]:
    return pieces


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"the development data are not here: {SHARED}")
    return SHARED


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str, str | bytes], Transcript]:
    """Write a file and read it: ``read("aula.vtt", "WEBVTT…")``."""

    def written_and_read(name: str, content: str | bytes) -> Transcript:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_source(path, path.stem)

    return written_and_read
