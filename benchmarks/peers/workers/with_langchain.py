"""LangChain: E5 through sentence-transformers, in the in-memory store or in FAISS. `MODEL_FOLDER STORE`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_huggingface import HuggingFaceEmbeddings
from protocol import serve


class LangChainStore:
    """One vector a segment, nearest by cosine."""

    def __init__(self, folder: str, store: str) -> None:
        self._embeddings = HuggingFaceEmbeddings(
            model_name=folder,
            model_kwargs={"device": "cpu"},
            encode_kwargs={"prompt": "passage: ", "normalize_embeddings": True},
            query_encode_kwargs={"prompt": "query: ", "normalize_embeddings": True},
        )
        self._is_faiss = store == "faiss"
        self._store: VectorStore | None = None

    def index(self, documents: Sequence[dict[str, str]]) -> None:
        """See `protocol.System`."""
        wrapped = [Document(page_content=d["text"], metadata={"id": d["id"]}) for d in documents]
        if self._is_faiss:
            from langchain_community.vectorstores import FAISS  # noqa: PLC0415 (it warns that it is being retired)

            self._store = FAISS.from_documents(wrapped, self._embeddings)
        else:
            self._store = InMemoryVectorStore.from_documents(wrapped, self._embeddings)

    def search(self, question: str, k: int) -> list[str]:
        """See `protocol.System`."""
        assert self._store is not None, "the driver indexes first"
        return [found.metadata["id"] for found in self._store.similarity_search(question, k=k)]


if __name__ == "__main__":
    serve(lambda: LangChainStore(*sys.argv[1:]))
