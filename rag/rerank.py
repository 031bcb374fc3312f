"""Reranking: a second, slower look at the best candidates. One protocol, two ways; off by default.

`rag.cross_encoder` reads question and passage together with a model made for it; `rag.llm_reranker` asks the chat
model whether a passage answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.config import RerankSettings
from rag.cross_encoder import lowest_for_the_rest, open_cross_encoder
from rag.encoder import Encoder
from rag.errors import SettingsError
from rag.excerpts import excerpts
from rag.fusion import order, standardise
from rag.index import CourseIndex
from rag.llm import LLM
from rag.llm_reranker import LLMReranker
from rag.records import Hit, StageScore


class Reranker(Protocol):
    """Looks again at passages that retrieval found.

    Attributes:
        name: for records.
        max_passages: how many passages a question it reads.
        passage_tokens: the encoder's tokens that it should be given of each; ``None`` for whole segments.
    """

    @property
    def name(self) -> str:
        """See above."""
        ...

    @property
    def max_passages(self) -> int:
        """See above."""
        ...

    @property
    def passage_tokens(self) -> int | None:
        """See above."""
        ...

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """(n_passages,) float32, higher is better, comparable only within one question.

        Passages come best first. Those after the first ``max_passages`` are not read: they get the lowest score
        of those that were.

        Raises:
            MonitoriaError: the model failed; the message says what to do.
        """
        ...


def open_reranker(settings: RerankSettings, open_llm: Callable[[], LLM | None]) -> Reranker | None:
    """The reranker that the settings name; ``None`` where reranking is off. A cross-encoder is loaded here.

    Raises:
        SettingsError: a folder without a model's name, or a name that means nothing.
        ModelUnavailable: the cross-encoder is nowhere, or is none.
    """
    if settings.model in ("none", "llm") and settings.folder is not None:
        raise SettingsError(
            pt=f"rerank.folder = {str(settings.folder)!r} só vale com o nome do modelo, e rerank.model = "
            f"{settings.model!r}; escreva em rerank.model como ele se chama",
            en=f"rerank.folder = {str(settings.folder)!r} needs the model's name, and rerank.model = "
            f"{settings.model!r}; write in rerank.model what it is called",
        )
    if settings.model == "none":
        return None
    if settings.model == "llm":
        return LLMReranker(open_llm, max_passages=settings.candidates, passage_tokens=settings.passage_tokens)
    return open_cross_encoder(
        settings.model, settings.folder, max_tokens=settings.max_tokens, max_passages=settings.candidates
    )


@dataclass(frozen=True, slots=True)
class Reranking:
    """A reranker at its place in the search: it looks at the first ``candidates`` hits, and counts with ``weight``."""

    reranker: Reranker
    candidates: int
    weight: float

    def applied(self, index: CourseIndex, encoder: Encoder, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits in their new order, with what the reranker thought of those that it read.

        Its scores and those of the fusion are standardised over the hits that it read and added; the rest follow
        in their old order, each below the last of these.

        Raises:
            MonitoriaError: the model failed; the hits are as good as they were.
        """
        read, rest = list(hits[: self.candidates]), list(hits[self.candidates :])
        if not read:
            return rest
        scores = hit_scores(self.reranker, index, encoder, question, read)
        before = standardise(np.array([hit.score for hit in read], dtype=np.float32))
        final = before + self.weight * standardise(scores)
        ids = np.array([hit.segment.segment_id for hit in read], dtype=np.int64)
        ranks = {int(place): rank for rank, place in enumerate(order(scores, ids), start=1)}
        moved = [
            replace(
                read[place],
                score=float(final[place]),
                stages={**read[place].stages, "rerank": StageScore(ranks[int(place)], float(scores[place]))},
            )
            for place in order(final, ids)
        ]
        lowest = moved[-1].score
        moved += [replace(hit, score=lowest - 1.0 - place) for place, hit in enumerate(rest)]
        return [replace(hit, rank=rank) for rank, hit in enumerate(moved, start=1)]


def open_reranking(settings: RerankSettings, open_llm: Callable[[], LLM | None]) -> Reranking | None:
    """`open_reranker`, at its place in the search."""
    reranker = open_reranker(settings, open_llm)
    return None if reranker is None else Reranking(reranker, settings.candidates, settings.weight)


def hit_scores(
    reranker: Reranker, index: CourseIndex, encoder: Encoder, question: str, hits: Sequence[Hit]
) -> NDArray[np.float32]:
    """The reranker's score of each hit, ``(n_hits,) float32``; hits come best first.

    A reranker that reads little is given the sentences of each segment that are nearest to the question.
    """
    read = hits[: reranker.max_passages]
    if reranker.passage_tokens is None:
        texts = [hit.segment.text for hit in read]
    else:
        texts = [x.text for x in excerpts(index, encoder, question, read, reranker.passage_tokens * len(read))]
    return lowest_for_the_rest(reranker.scores(question, texts), len(hits))
