"""What each stage of retrieval says of the segments that may answer: candidates, columns of scores, the final ones.

Vectors and words find candidates, late interaction looks at the best hundred, neighbours have their say. Which of
them are shown, and as what, is `rag.retriever`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.config import RetrievalSettings
from rag.encoder import Encoder, TokenVectors, pool
from rag.fusion import fuse, order, with_neighbours
from rag.index import CourseIndex
from rag.records import Mode, Query

Allowed = NDArray[np.bool_] | None
# How many of the first stage have their windows looked at: 0.5 ms for 400, and late interaction takes 100 of them.
_WINDOWED = 400


@dataclass(frozen=True, slots=True)
class Request:
    """What is searched: at least ``k`` candidates where there are as many.

    ``allowed``, ``(n_segments,)`` booleans, filters inside every search.
    """

    question: str
    k: int
    mode: Mode = "hybrid"
    allowed: Allowed = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """What one question's stages said.

    Attributes:
        rows: of the index, ``(n,)``.
        columns: each stage's own scores of them, ``(n,)``.
        final: what decides, ``(n,)``; higher is better.
        known: share of the question's words that the index holds, 0 to 1.
    """

    rows: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.float32]]
    final: NDArray[np.float64]
    known: float = 1.0


def find_candidates(
    index: CourseIndex,
    encoder: Encoder,
    settings: RetrievalSettings,
    request: Request,
    expansion: Sequence[TokenVectors] = (),
) -> Candidates:
    """Candidates scored by the stages of the request's mode.

    ``expansion`` are texts that a model made of the question; late interaction takes them beside it (``hybrid`` only).
    """
    question, k, allowed = request.question, request.k, request.allowed
    if request.mode == "lexical":
        words = index.lexical.scores(question)
        rows = _best_rows(index, words, k, allowed)
        return Candidates(rows, {"lexical": words[rows]}, words[rows].astype(np.float64))
    if request.mode == "dense":
        vector = encoder.encode_queries([Query(question)])[0]
        rows = np.sort(index.dense.search(vector, k, allowed)[0])
        cosines = index.dense.scores_of(vector, rows)
        return Candidates(rows, {"dense": cosines}, cosines.astype(np.float64))
    tokens = encoder.token_vectors([Query(question)])[0]
    known = index.lexical.cover(question)
    rows, columns = _first_stage(index, request, pool(tokens.vectors), max(k, settings.candidates))
    if settings.late_weight > 0:
        # Which of vectors and words is right is what late interaction is asked: both alike choose for it.
        alike = {"dense": 0.5, "windows": 0.5, "lexical": known if settings.lexical_weight > 0 else 0.0}
        rows, columns = _best(index, rows, columns, alike, max(k, settings.late_candidates))
        columns["late"] = index.late.scores(tokens, rows)
        if expansion:
            said = [index.late.scores(text, rows) for text in expansion]
            columns["expansion"] = np.mean(said, axis=0, dtype=np.float32)
    return Candidates(rows, columns, combine(index, settings, rows, columns, known), known)


def combine(
    index: CourseIndex,
    settings: RetrievalSettings,
    rows: NDArray[np.int64],
    columns: Mapping[str, NDArray[np.float32]],
    known: float,
) -> NDArray[np.float64]:
    """The final scores ``(n,)`` of candidate ``rows``, ascending, from what each stage said of them.

    Words of another language than the lectures' say little: their weight is times ``known``, the share of the
    question's words that the index holds.
    """
    weights = {
        "dense": settings.dense_weight,
        "windows": settings.window_weight,
        "lexical": settings.lexical_weight * known,
        "late": settings.late_weight,
        "expansion": settings.expansion_weight,
    }
    fused = fuse(_corrected(index, rows, columns), weights)
    return with_neighbours(fused, index.neighbours[rows], rows, settings.neighbour_weight)


def _first_stage(
    index: CourseIndex, request: Request, vector: NDArray[np.float32], depth: int
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]:
    """The ``depth`` best by the segments' vectors and by words, ascending rows, each scored by both.

    The better ones of them, together, are scored by their windows too: the rest are none of the hits.
    """
    words = index.lexical.scores(request.question)
    nearest = index.dense.search(vector, depth, request.allowed)[0]
    rows = np.unique(np.concatenate([nearest, _best_rows(index, words, depth, request.allowed)]))
    columns = {"dense": index.dense.scores_of(vector, rows), "lexical": words[rows]}
    if len(rows) > (most := max(request.k, _WINDOWED)):
        rows, columns = _best(index, rows, columns, {"dense": 1.0, "lexical": 1.0}, most)
    return rows, columns | {"windows": index.windows.scores(vector, rows)}


def _best(
    index: CourseIndex,
    rows: NDArray[np.int64],
    columns: Mapping[str, NDArray[np.float32]],
    weights: Mapping[str, float],
    most: int,
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]:
    """The ``most`` best rows by these weights, ascending, with their columns."""
    best = order(fuse(_corrected(index, rows, columns), weights), index.table.ids[rows])
    kept = np.sort(best[:most])
    return rows[kept], {name: column[kept] for name, column in columns.items()}


def _corrected(
    index: CourseIndex, rows: NDArray[np.int64], columns: Mapping[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """The columns as the fusion takes them: cosines less half of the segment's nearness to any question."""
    return dict(columns) | {"dense": columns["dense"] - 0.5 * index.dense_hubness[rows]}


def _best_rows(index: CourseIndex, scores: NDArray[np.float32], depth: int, allowed: Allowed) -> NDArray[np.int64]:
    """Rows that hold a query term, the best ``depth`` of them; ties by segment id."""
    matches = scores if allowed is None else np.where(allowed, scores, np.float32(0))
    depth = min(depth, len(matches))
    # Ordering all rows with a common word takes 90 ms at a million segments, finding the cut 1 ms.
    cut = np.partition(matches, len(matches) - depth)[len(matches) - depth]
    rows = np.flatnonzero(matches >= cut if cut > 0 else matches > 0).astype(np.int64)
    return rows[order(matches[rows], index.table.ids[rows])[:depth]]
