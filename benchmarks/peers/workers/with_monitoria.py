"""Ours, driven like the others but in the project's environment. `INDEX [SOURCE …]`; no SOURCE: only encodes.

It reads, cuts and indexes the source files; the others are given the segments that it made.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from protocol import Kind, serve

from rag.build import build_index
from rag.config import Settings
from rag.encoder import open_encoder
from rag.index import CourseIndex
from rag.records import Passage, Query
from rag.retriever import SegmentRetriever


class Ours:
    """The default settings, with the runtime and the weights that every benchmark uses."""

    def __init__(self, index: str, *sources: str) -> None:
        self._encoder = open_encoder(source="carried", runtime="onnx-int8")
        self._path = Path(index)
        self._sources = [Path(source) for source in sources]
        self._retriever: SegmentRetriever | None = None

    def index(self, documents: Sequence[dict[str, str]]) -> None:
        """See `protocol.System`; the documents are not looked at."""
        del documents
        build_index(self._path, self._sources, self._encoder, Settings())
        self._retriever = SegmentRetriever(CourseIndex(self._path), self._encoder)

    def search(self, question: str, k: int) -> list[str]:
        """See `protocol.System`."""
        assert self._retriever is not None, "the driver indexes first"
        return [str(hit.segment.segment_id) for hit in self._retriever.search(question, k=k)]

    def encode(self, texts: list[str], kind: Kind) -> object:
        """See `protocol.System`."""
        if kind == "query":
            return self._encoder.encode_queries([Query(text) for text in texts])
        return self._encoder.encode_passages([Passage(text) for text in texts])


if __name__ == "__main__":
    serve(lambda: Ours(*sys.argv[1:]))
