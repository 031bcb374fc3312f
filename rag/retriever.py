"""Questions in, hits out: the stages, their fusion, and the same thing as a LangChain retriever."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray
from pydantic import ConfigDict

from rag.candidates import Candidates, Request, find_candidates
from rag.config import RetrievalSettings
from rag.encoder import Encoder, TokenVectors
from rag.errors import MonitoriaError, UsageError
from rag.fusion import order
from rag.index import CourseIndex, Filters, check_encoder
from rag.records import Hit, Mode, Passage, Query, StageScore
from rag.rerank import Reranking
from rag.rewriting import Expander

_log = logging.getLogger(__name__)


def _log_fault(fault: MonitoriaError) -> None:
    _log.warning("%s", fault)


class SegmentRetriever:
    """Finds the segments of one index that a question asks for. Safe to use from several threads.

    Attributes:
        on_fault: told what went wrong with a model that expands or reranks; the search goes on without it.
    """

    def __init__(
        self,
        index: CourseIndex,
        encoder: Encoder,
        settings: RetrievalSettings | None = None,
        *,
        expander: Expander | None = None,
        reranking: Reranking | None = None,
    ) -> None:
        """Bind an index to the encoder that made it, and to what may help at the price of seconds.

        Raises:
            IndexForeign: the encoder is another one.
        """
        check_encoder(index.path, index.manifest, encoder)
        self.index = index
        self.encoder = encoder
        self.settings = settings or RetrievalSettings()
        self._expander = expander
        self._reranking = reranking
        self.on_fault: Callable[[MonitoriaError], None] = _log_fault

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
        the weighted sum of late interaction, the best window's cosine and BM25, each standardised over the
        candidates, and of the segment's neighbours. Every hit carries the rank and score of each stage that ran.

        Raises:
            UsageError: an empty question, or ``k`` below 1.
        """
        k = self.settings.k if k is None else k
        mode = mode or self.settings.mode
        _check_request(question, k, mode)
        found = self.candidates(question, k=k, mode=mode, filters=filters)
        if found is None:
            return []
        reranking = self._reranking if mode == "hybrid" else None
        hits = self._hits(found, max(k, reranking.candidates) if reranking else k, mode)
        if reranking is not None:
            try:
                hits = reranking.applied(self.index, self.encoder, question, hits)
            except MonitoriaError as error:
                self.on_fault(error)
        return hits[:k]

    def candidates(
        self, question: str, *, k: int, mode: Mode = "hybrid", filters: Filters | None = None
    ) -> Candidates | None:
        """What each stage said of the segments that may answer; ``None`` where nothing may be found."""
        if len(self.index) == 0:
            return None
        allowed = self.index.allowed(filters)
        if allowed is not None and not allowed.any():
            return None
        expansion = self._expansion(question) if mode == "hybrid" else []
        request = Request(question, k, mode, allowed)
        return find_candidates(self.index, self.encoder, self.settings, request, expansion)

    def _expansion(self, question: str) -> list[TokenVectors]:
        """Token vectors of what a model made of the question; a hypothetical answer is a passage, a wording asks."""
        if self._expander is None:
            return []
        made = self._expander.expand(question, self.index.main_language)
        if made.fault is not None:
            self.on_fault(made.fault)
        if not made.texts:
            return []
        if self._expander.kind == "hypothetical":
            return self.encoder.token_vectors([Passage(text) for text in made.texts])
        return self.encoder.token_vectors([Query(text) for text in made.texts])

    def _hits(self, found: Candidates, k: int, mode: Mode) -> list[Hit]:
        ids = self.index.table.ids[found.rows]
        ranks = {name: _ranks(column, ids) for name, column in found.columns.items()}
        hits = []
        for rank, place in enumerate(order(found.final, ids)[:k], start=1):
            segment = self.index.segment(int(found.rows[place]))
            score = float(found.final[place])
            stages = {
                name: StageScore(int(ranks[name][place]), float(column[place]))
                for name, column in found.columns.items()
            }
            if mode == "hybrid":
                stages["fusion"] = StageScore(rank, score)
            hits.append(Hit(segment, self.index.lecture(segment.lecture_id), rank, score, stages))
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
