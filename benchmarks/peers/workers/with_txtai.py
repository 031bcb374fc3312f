"""txtai: hybrid index (its BM25 and E5 vectors, scores added). `MODEL_FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from protocol import serve
from txtai import Embeddings


class TxtaiIndex:
    """`Embeddings(hybrid=True)` with E5's two prefixes as its instructions."""

    def __init__(self, folder: str) -> None:
        self._embeddings = Embeddings(
            path=folder, hybrid=True, instructions={"query": "query: ", "data": "passage: "}, gpu=False
        )

    def index(self, documents: Sequence[dict[str, str]]) -> None:
        """See `protocol.System`."""
        self._embeddings.index([(document["id"], document["text"], None) for document in documents])

    def search(self, question: str, k: int) -> list[str]:
        """See `protocol.System`."""
        return [document_id for document_id, _ in self._embeddings.search(question, k)]


if __name__ == "__main__":
    serve(lambda: TxtaiIndex(sys.argv[1]))
