"""Indexes for the test sets: built once a corpus, kept in a folder if the code that made them is the same."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import ROOT
from benchmarks.records import BenchSet
from corpus.records import Segment
from rag.build import build_index
from rag.config import Settings
from rag.encoder import Encoder, TokenVectors
from rag.index import CourseIndex
from rag.records import Passage, Query

# Read from the environment by nothing here: figures must not depend on who runs them.
SETTINGS = Settings.model_validate({"encoder": {"source": "carried", "runtime": "onnx-int8"}})


@dataclass(frozen=True, slots=True)
class BuiltCourse:
    """An index, opened; ``index_s`` is how long it took, now or when it was kept (``reused``)."""

    index: CourseIndex
    index_s: float
    reused: bool


class _DecodedIndex(CourseIndex):
    """An index that decodes each segment once: thousands of searches are asked of it."""

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self._decoded: dict[int, Segment] = {}

    def segment(self, row: int) -> Segment:
        if row not in self._decoded:
            self._decoded[row] = super().segment(row)
        return self._decoded[row]


class Courses:
    """The indexes of one working folder, each opened once."""

    def __init__(self, place: Path, encoder: Encoder) -> None:
        self._place = place
        self._encoder = encoder
        self._opened: dict[str, BuiltCourse] = {}
        made_by = _sha256([ROOT / "corpus", ROOT / "rag"])
        self._mark = f"{made_by} {encoder.identity.sha256} {encoder.identity.runtime}"

    def open(self, bench_set: BenchSet) -> BuiltCourse:
        """The index of a set's corpus."""
        if bench_set.corpus not in self._opened:
            self._opened[bench_set.corpus] = self._build(bench_set)
        return self._opened[bench_set.corpus]

    def _build(self, bench_set: BenchSet) -> BuiltCourse:
        folder = self._place / bench_set.corpus
        folder.mkdir(parents=True, exist_ok=True)
        index, note = folder / "index", folder / "made.json"
        kept = json.loads(note.read_text("utf-8")) if note.is_file() else {}
        # An index made by other code, or of other files, must never be measured.
        mark = f"{self._mark} {_sha256(bench_set.sources)}"
        if kept.get("mark") == mark:
            return BuiltCourse(_DecodedIndex(index), kept["index_s"], reused=True)
        note.unlink(missing_ok=True)
        shutil.rmtree(index, ignore_errors=True)
        started = time.perf_counter()
        report = build_index(index, bench_set.sources, self._encoder, SETTINGS)
        index_s = round(time.perf_counter() - started, 1)
        if report.unreadable:
            raise report.unreadable[0]
        note.write_text(json.dumps({"mark": mark, "index_s": index_s}), encoding="utf-8")
        return BuiltCourse(_DecodedIndex(index), index_s, reused=False)


def _sha256(folders: Sequence[Path]) -> str:
    """Of all files below the folders, their names included; nothing that Python compiled."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def remembering(encoder: Encoder) -> Encoder:
    """An encoder that computes each question once: configurations differ in what they do with its vectors."""
    return cast("Encoder", _Remembering(encoder))


class _Remembering:
    """What `Encoder` has beyond these two methods is the encoder's own."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._tokens: dict[Query, TokenVectors] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the encoder has)
        return getattr(self._encoder, name)

    def encode_queries(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        for query in queries:
            if query.text not in self._vectors:
                self._vectors[query.text] = self._encoder.encode_queries([query])[0]
        return np.stack([self._vectors[query.text] for query in queries])

    def token_vectors(self, texts: Sequence[Query] | Sequence[Passage]) -> list[TokenVectors]:
        found = []
        for text in texts:
            if not isinstance(text, Query):
                return self._encoder.token_vectors(texts)
            if text not in self._tokens:
                self._tokens[text] = self._encoder.token_vectors([text])[0]
            found.append(self._tokens[text])
        return found
