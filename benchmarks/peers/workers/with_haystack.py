"""Haystack: in-memory BM25 and E5 vectors, joined by reciprocal rank fusion. `MODEL_FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from protocol import serve

_CPU = ComponentDevice.from_str("cpu")


class HaystackPipeline:
    """The hybrid pipeline of Haystack's own documentation."""

    def __init__(self, folder: str) -> None:
        # By default every hit brings its vector along, which takes longer than finding it.
        self._store = InMemoryDocumentStore(return_embedding=False)
        self._documents = SentenceTransformersDocumentEmbedder(
            model=folder, device=_CPU, prefix="passage: ", normalize_embeddings=True, progress_bar=False
        )
        question = SentenceTransformersTextEmbedder(
            model=folder, device=_CPU, prefix="query: ", normalize_embeddings=True, progress_bar=False
        )
        self._pipeline = Pipeline()
        self._pipeline.add_component("embedder", question)
        self._pipeline.add_component("vectors", InMemoryEmbeddingRetriever(self._store))
        self._pipeline.add_component("words", InMemoryBM25Retriever(self._store))
        self._pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        self._pipeline.connect("embedder.embedding", "vectors.query_embedding")
        self._pipeline.connect("vectors", "joiner")
        self._pipeline.connect("words", "joiner")

    def index(self, documents: Sequence[dict[str, str]]) -> None:
        """See `protocol.System`."""
        wrapped = [Document(id=document["id"], content=document["text"]) for document in documents]
        self._store.write_documents(self._documents.run(documents=wrapped)["documents"])

    def search(self, question: str, k: int) -> list[str]:
        """See `protocol.System`."""
        joined = self._pipeline.run(
            {
                "embedder": {"text": question},
                "vectors": {"top_k": k},
                "words": {"query": question, "top_k": k},
                "joiner": {"top_k": k},
            }
        )
        return [document.id for document in joined["joiner"]["documents"]]


if __name__ == "__main__":
    serve(lambda: HaystackPipeline(sys.argv[1]))
