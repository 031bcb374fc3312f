"""Questions in, hits out: the stages, their fusion, and the same thing as a LangChain retriever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray
from pydantic import ConfigDict

from rag.config import RetrievalSettings
from rag.encoder import Encoder, pool
from rag.errors import UsageError
from rag.fusion import fuse, order
from rag.index import CourseIndex, Filters, check_encoder
from rag.records import Hit, Mode, Query, StageScore


class SegmentRetriever:
    """Finds the segments of one index that a question asks for. Safe to use from several threads."""

    def __init__(self, index: CourseIndex, encoder: Encoder, settings: RetrievalSettings | None = None) -> None:
        """Bind an index to the encoder that made it.

        Raises:
            IndexForeign: the encoder is another one.
        """
        check_encoder(index.path, index.manifest, encoder)
        self.index = index
        self.encoder = encoder
        self.settings = settings or RetrievalSettings()

    def search(
        self,
        question: str,
        *,
        k: int | None = None,
        mode: Mode | None = None,
        filters: Filters | None = None,
    ) -> list[Hit]:
        """The ``k`` best segments, best first; equal scores by ascending segment id.

        ``dense`` ranks by E5's raw cosine over the segment's text alone, ``lexical`` by BM25, ``hybrid`` by
        the weighted sum of both and of late interaction, each standardised over the candidates. Every hit
        carries the rank and score of each stage that ran.

        Raises:
            UsageError: an empty question, or ``k`` below 1.
        """
        k = self.settings.k if k is None else k
        mode = mode or self.settings.mode
        _check_request(question, k, mode)
        if len(self.index) == 0:
            return []
        allowed = self.index.allowed(filters)
        if allowed is not None and not allowed.any():
            return []
        rows, columns = self._score(question, k, mode, allowed)
        final = fuse(self._corrected(rows, columns), self._weights()) if mode == "hybrid" else columns[mode]
        return self._hits(rows, columns, final.astype(np.float64), k, mode)

    def _weights(self) -> dict[str, float]:
        settings = self.settings
        return {"dense": settings.dense_weight, "lexical": settings.lexical_weight, "late": settings.late_weight}

    def _corrected(
        self, rows: NDArray[np.int64], columns: dict[str, NDArray[np.float32]]
    ) -> dict[str, NDArray[np.float32]]:
        """The columns as the fusion takes them: cosines less half of the segment's nearness to any question."""
        return columns | {"dense": columns["dense"] - 0.5 * self.index.dense_hubness[rows]}

    def _score(
        self, question: str, k: int, mode: Mode, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]:
        """Candidate rows, and for each stage its score of every one of them."""
        if mode == "lexical":
            words = self.index.lexical.scores(question)
            rows = self._best_rows(words, k, allowed)
            return rows, {"lexical": words[rows]}
        if mode == "dense":
            vector = self.encoder.encode_queries([Query(question)])[0]
            rows = np.sort(self.index.dense.search(vector, k, allowed)[0])
            return rows, {"dense": self.index.dense.scores_of(vector, rows)}
        return self._score_all(question, k, allowed)

    def _score_all(
        self, question: str, k: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]:
        """The best of vectors and words together, then late interaction over those."""
        depth = max(k, self.settings.candidates)
        tokens = self.encoder.token_vectors([Query(question)])[0]
        vector = pool(tokens.vectors)
        words = self.index.lexical.scores(question)
        nearest = self.index.dense.search(vector, depth, allowed)[0]
        rows = np.unique(np.concatenate([nearest, self._best_rows(words, depth, allowed)]))
        columns = {"dense": self.index.dense.scores_of(vector, rows), "lexical": words[rows]}
        if self.settings.late_weight == 0:
            return rows, columns
        # Both first stages alike: which of them is right is what late interaction is asked.
        first = fuse(self._corrected(rows, columns), {"dense": 1.0, "lexical": 1.0})
        kept = np.sort(order(first, self.index.table.ids[rows])[: max(k, self.settings.late_candidates)])
        rows = rows[kept]
        columns = {name: column[kept] for name, column in columns.items()}
        return rows, columns | {"late": self.index.late.scores(tokens, rows)}

    def _best_rows(
        self, scores: NDArray[np.float32], depth: int, allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Rows that hold a query term, the best ``depth`` of them; ties by segment id."""
        rows = np.flatnonzero((scores > 0) if allowed is None else (scores > 0) & allowed).astype(np.int64)
        return rows[order(scores[rows], self.index.table.ids[rows])[:depth]]

    def _hits(
        self,
        rows: NDArray[np.int64],
        columns: dict[str, NDArray[np.float32]],
        final: NDArray[np.float64],
        k: int,
        mode: Mode,
    ) -> list[Hit]:
        ids = self.index.table.ids[rows]
        ranks = {name: _ranks(column, ids) for name, column in columns.items()}
        hits = []
        for rank, place in enumerate(order(final, ids)[:k], start=1):
            segment = self.index.segment(int(rows[place]))
            stages = {name: StageScore(int(ranks[name][place]), float(columns[name][place])) for name in columns}
            if mode == "hybrid":
                stages["fusion"] = StageScore(rank, float(final[place]))
            lecture = self.index.lecture(segment.lecture_id)
            hits.append(Hit(segment, lecture, rank, float(final[place]), stages))
        return hits


class CourseRetriever(BaseRetriever):
    """The retriever as LangChain knows it: `invoke`, `ainvoke`, `batch`, and a place in any chain.

    Documents carry the segment's text and, as metadata, everything a reference needs.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    segments: SegmentRetriever
    k: int | None = None
    mode: Mode | None = None
    filters: Filters | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun | None = None
    ) -> list[Document]:
        return documents(self.segments.search(query, k=self.k, mode=self.mode, filters=self.filters))


def documents(hits: Sequence[Hit]) -> list[Document]:
    """Hits as LangChain documents, in order."""
    return [Document(page_content=hit.segment.text, metadata=_metadata(hit)) for hit in hits]


def _metadata(hit: Hit) -> dict[str, Any]:
    segment, lecture = hit.segment, hit.lecture
    return {
        "segment_id": segment.segment_id,
        "lecture_id": segment.lecture_id,
        "title": lecture.title,
        "url": lecture.url,
        "course": lecture.course,
        "language": lecture.language,
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "heading": list(segment.heading),
        "rank": hit.rank,
        "score": hit.score,
        "stages": {name: {"rank": stage.rank, "score": stage.score} for name, stage in hit.stages.items()},
    }


def _ranks(scores: NDArray[np.float64] | NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """1-based rank of each position."""
    ranks = np.empty(scores.shape[0], dtype=np.int64)
    ranks[order(scores, ids)] = np.arange(1, scores.shape[0] + 1)
    return ranks


def _check_request(question: str, k: int, mode: str) -> None:
    if not question.strip():
        raise UsageError(pt="a pergunta está vazia; escreva uma", en="the question is empty; write one")
    if k < 1:
        raise UsageError(pt=f"k precisa ser pelo menos 1, e é {k}", en=f"k must be at least 1, and is {k}")
    if mode not in ("hybrid", "dense", "lexical"):
        raise UsageError(
            pt=f"o modo {mode!r} não existe; use hybrid, dense ou lexical",
            en=f"there is no mode {mode!r}; use hybrid, dense or lexical",
        )
