"""How far two who judged the same answers agree: a person and a judge, two people, a judge and itself.

Verdicts are ordered, I below P below C. Chance-corrected agreement comes in Cohen's way and in Gwet's, which does not
collapse where nearly everything gets one verdict; rank correlations speak of scores. An interval is a bootstrap over
the answers. What one of the two did not judge is left out, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from eval.grading import ORDER, Verdict

Weighting = Literal["none", "linear", "quadratic"]
WEIGHTINGS: tuple[Weighting, ...] = get_args(Weighting)
_RESAMPLES = 2_000
_FEWEST = 2  # one answer has no agreement beyond chance


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over ``n`` answers with its 95 % bootstrap interval; ``None`` where it is not defined.

    Kappa is not where both give a single verdict to everything, a rank correlation where one of them does.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two sets of verdicts on the same answers have in common.

    Attributes:
        table: counts ``table[first][second]``, verdicts in the order I, P, C.
        measures: ``exact``, ``kappa (none|linear|quadratic)``, ``AC2 (…)``, ``Spearman``, ``Kendall``.
        n: answers that both judged, of ``n_items`` that either did.
    """

    table: Mapping[Verdict, Mapping[Verdict, int]]
    measures: Mapping[str, Estimate]
    n: int
    n_items: int


def agree(first: Mapping[str, Verdict], second: Mapping[str, Verdict], *, seed: int = 7) -> Agreement:
    """Compare verdicts by the answer they are on; ``first`` are the rows of the table.

    >>> agree({"a": "C", "b": "I"}, {"a": "C", "b": "P", "c": "I"}).measures["exact"].value
    0.5
    """
    both = sorted(first.keys() & second.keys())
    pairs = np.array([(ORDER.index(first[key]), ORDER.index(second[key])) for key in both], dtype=np.int64)
    pairs = pairs.reshape(-1, 2)
    counts = confusion(pairs)
    table = {row: dict(zip(ORDER, map(int, counts[i]), strict=True)) for i, row in enumerate(ORDER)}
    resampled = _resampled(pairs, seed)
    measures = {name: _estimate(counts, measure, resampled) for name, measure in _MEASURES.items()}
    return Agreement(table, measures, len(both), len(first.keys() | second.keys()))


def confusion(pairs: NDArray[np.int64], n_verdicts: int = len(ORDER)) -> NDArray[np.int64]:
    """Counts ``(n_verdicts, n_verdicts)`` of pairs ``(n, 2)`` of verdicts' places."""
    counts = np.zeros((n_verdicts, n_verdicts), dtype=np.int64)
    np.add.at(counts, (pairs[:, 0], pairs[:, 1]), 1)
    return counts


def weights(weighting: Weighting, n_verdicts: int = len(ORDER)) -> NDArray[np.float64]:
    """How much two verdicts agree, 1 on the diagonal, ``(n_verdicts, n_verdicts)`` (Cohen 1968; Fleiss & Cohen 1973).

    >>> weights("quadratic").tolist()
    [[1.0, 0.75, 0.0], [0.75, 1.0, 0.75], [0.0, 0.75, 1.0]]
    """
    distance = np.abs(np.subtract.outer(np.arange(n_verdicts), np.arange(n_verdicts))) / max(1, n_verdicts - 1)
    if weighting == "none":
        return np.asarray(distance == 0, dtype=np.float64)
    return np.asarray(1.0 - (distance if weighting == "linear" else distance**2))


def kappa(counts: NDArray[np.int64], weighting: Weighting = "none") -> float | None:
    """Cohen's kappa of a confusion matrix: agreement beyond what the two's own shares of verdicts give by chance.

    ``None`` where chance already agrees in full.
    """
    return _single(_kappas(counts[None], weighting))


def gwet(counts: NDArray[np.int64], weighting: Weighting = "none") -> float | None:
    """Gwet's AC2 (AC1 unweighted): chance is guessing, and there is little of it where one verdict rules.

    Gwet 2014, "Handbook of inter-rater reliability", 4th ed., chapter 4: chance is the sum of the weights over
    ``q (q - 1)``, times the sum of ``p (1 - p)`` over the verdicts' mean shares.
    """
    return _single(_gwets(counts[None], weighting))


def spearman(counts: NDArray[np.int64]) -> float | None:
    """Spearman's rho of a confusion matrix: the correlation of mid-ranks; ``None`` where one side does not vary."""
    return _single(_spearmans(counts[None]))


def kendall(counts: NDArray[np.int64]) -> float | None:
    """Kendall's tau-b of a confusion matrix (Agresti 2010, section 7.1); ``None`` where one side does not vary."""
    return _single(_kendalls(counts[None]))


# Each of these takes tables ``(n, q, q)`` and gives ``(n,)``, NaN where the figure is not defined: a bootstrap looks
# at thousands of tables.
Tables = NDArray[np.int64]
Measure = Callable[[Tables], NDArray[np.float64]]


def _kappas(tables: Tables, weighting: Weighting) -> NDArray[np.float64]:
    shares = tables / tables.sum(axis=(1, 2), keepdims=True)
    agreed = weights(weighting, tables.shape[1])
    by_chance = np.einsum("ni,ij,nj->n", shares.sum(axis=2), agreed, shares.sum(axis=1))
    return _beyond((shares * agreed).sum(axis=(1, 2)), by_chance)


def _gwets(tables: Tables, weighting: Weighting) -> NDArray[np.float64]:
    n_verdicts = tables.shape[1]
    shares = tables / tables.sum(axis=(1, 2), keepdims=True)
    agreed = weights(weighting, n_verdicts)
    mean_shares = (shares.sum(axis=1) + shares.sum(axis=2)) / 2
    guessed = (mean_shares * (1 - mean_shares)).sum(axis=1)
    by_chance = agreed.sum() / (n_verdicts * (n_verdicts - 1)) * guessed
    return _beyond((shares * agreed).sum(axis=(1, 2)), by_chance)


def _spearmans(tables: Tables) -> NDArray[np.float64]:
    def centred_ranks(margin: NDArray[np.int64]) -> NDArray[np.float64]:
        total = margin.sum(axis=1, keepdims=True)
        return np.asarray(np.cumsum(margin, axis=1) - margin / 2 - total / 2)

    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    of_rows, of_columns = centred_ranks(rows), centred_ranks(columns)
    together = np.einsum("ni,nij,nj->n", of_rows, tables, of_columns)
    return _over_root(together, (rows * of_rows**2).sum(axis=1) * (columns * of_columns**2).sum(axis=1))


def _kendalls(tables: Tables) -> NDArray[np.float64]:
    n_verdicts = tables.shape[1]
    agreeing = np.zeros(len(tables))
    for i in range(n_verdicts):
        for j in range(n_verdicts):
            after, before = tables[:, i + 1 :, j + 1 :], tables[:, i + 1 :, :j]
            agreeing += tables[:, i, j] * (after.sum(axis=(1, 2)) - before.sum(axis=(1, 2)))
    total = tables.sum(axis=(1, 2)).astype(np.float64)
    pairs = total * (total - 1) / 2
    tied = [(tables.sum(axis=axis) * (tables.sum(axis=axis) - 1) / 2).sum(axis=1) for axis in (2, 1)]
    return _over_root(agreeing, (pairs - tied[0]) * (pairs - tied[1]))


def _beyond(agreed: NDArray[np.float64], by_chance: NDArray[np.float64]) -> NDArray[np.float64]:
    left = np.where(by_chance > 1 - 1e-12, np.nan, 1 - by_chance)
    return np.asarray((agreed - by_chance) / left)


def _over_root(value: NDArray[np.float64], square: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(value / np.sqrt(np.where(square > 0, square, np.nan)))


def _single(values: NDArray[np.float64]) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])


def _exact(tables: Tables) -> NDArray[np.float64]:
    return np.asarray(np.trace(tables, axis1=1, axis2=2) / tables.sum(axis=(1, 2)))


_MEASURES: dict[str, Measure] = {
    "exact": _exact,
    **{f"kappa ({weighting})": partial(_kappas, weighting=weighting) for weighting in WEIGHTINGS},
    **{f"AC2 ({weighting})": partial(_gwets, weighting=weighting) for weighting in WEIGHTINGS},
    "Spearman": _spearmans,
    "Kendall": _kendalls,
}


def _resampled(pairs: NDArray[np.int64], seed: int) -> Tables:
    """The tables of so many draws, with replacement, from the pairs."""
    n_verdicts = len(ORDER)
    if len(pairs) < _FEWEST:
        return np.empty((0, n_verdicts, n_verdicts), dtype=np.int64)
    cells = pairs[:, 0] * n_verdicts + pairs[:, 1]
    drawn = cells[np.random.default_rng(seed).integers(0, len(cells), size=(_RESAMPLES, len(cells)))]
    counts = [(drawn == cell).sum(axis=1) for cell in range(n_verdicts**2)]
    return np.stack(counts, axis=1).reshape(-1, n_verdicts, n_verdicts)


def _estimate(counts: NDArray[np.int64], measure: Measure, resampled: Tables) -> Estimate:
    n = int(counts.sum())
    value = _single(measure(counts[None])) if n >= _FEWEST else None
    if value is None:
        return Estimate(None, None, None, n)
    # A resample in which the figure is not defined has no say; there are few where the sample itself has one.
    low, high = np.nanquantile(measure(resampled), (0.025, 0.975))
    return Estimate(value, float(low), float(high), n)
