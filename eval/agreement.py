"""How far two who judged the same answers agree: a person and a judge, two people, a judge and itself.

Verdicts are ordered, I below P below C. Chance-corrected agreement comes in Cohen's way and in Gwet's, which does not
collapse where nearly everything gets one verdict; rank correlations speak of scores. An interval is a bootstrap over
the answers. What one of the two did not judge is left out, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import stats

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
    rows = _resampled(len(pairs), seed)
    measures = {name: _estimate(pairs, measure, rows) for name, measure in _measures().items()}
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
    shares = counts / counts.sum()
    agreed = weights(weighting, len(counts))
    by_chance = float((agreed * np.outer(shares.sum(axis=1), shares.sum(axis=0))).sum())
    return _beyond(float((agreed * shares).sum()), by_chance)


def gwet(counts: NDArray[np.int64], weighting: Weighting = "none") -> float | None:
    """Gwet's AC2 (AC1 unweighted): chance is guessing, and there is little of it where one verdict rules.

    Gwet 2014, "Handbook of inter-rater reliability", 4th ed., chapter 4: chance is the sum of the weights over
    ``q (q - 1)``, times the sum of ``p (1 - p)`` over the verdicts' mean shares.
    """
    n_verdicts = len(counts)
    shares = counts / counts.sum()
    agreed = weights(weighting, n_verdicts)
    mean_shares = (shares.sum(axis=0) + shares.sum(axis=1)) / 2
    guessed = float((mean_shares * (1 - mean_shares)).sum())
    by_chance = float(agreed.sum()) / (n_verdicts * (n_verdicts - 1)) * guessed
    return _beyond(float((agreed * shares).sum()), by_chance)


def _beyond(agreed: float, by_chance: float) -> float | None:
    return None if by_chance > 1 - 1e-12 else (agreed - by_chance) / (1 - by_chance)


def rank_correlation(
    first: Sequence[float], second: Sequence[float], kind: Literal["Spearman", "Kendall"]
) -> float | None:
    """Spearman's rho or Kendall's tau-b of two series of scores; ``None`` where one of them does not vary."""
    if len(first) < _FEWEST or len(set(first)) < _FEWEST or len(set(second)) < _FEWEST:
        return None
    measure = stats.spearmanr if kind == "Spearman" else stats.kendalltau
    return float(measure(first, second).statistic)


Measure = Callable[[NDArray[np.int64]], float | None]


def _measures() -> dict[str, Measure]:
    found: dict[str, Measure] = {"exact": lambda pairs: float((pairs[:, 0] == pairs[:, 1]).mean())}
    for name, coefficient in (("kappa", kappa), ("AC2", gwet)):
        for weighting in WEIGHTINGS:
            found[f"{name} ({weighting})"] = _of_table(coefficient, weighting)
    found["Spearman"] = lambda pairs: rank_correlation(pairs[:, 0].tolist(), pairs[:, 1].tolist(), "Spearman")
    found["Kendall"] = lambda pairs: rank_correlation(pairs[:, 0].tolist(), pairs[:, 1].tolist(), "Kendall")
    return found


def _of_table(coefficient: Callable[[NDArray[np.int64], Weighting], float | None], weighting: Weighting) -> Measure:
    return lambda pairs: coefficient(confusion(pairs), weighting)


def _resampled(n: int, seed: int) -> NDArray[np.int64]:
    if n < _FEWEST:
        return np.empty((0, n), dtype=np.int64)
    return np.random.default_rng(seed).integers(0, n, size=(_RESAMPLES, n))


def _estimate(pairs: NDArray[np.int64], measure: Measure, rows: NDArray[np.int64]) -> Estimate:
    if len(pairs) < _FEWEST or (value := measure(pairs)) is None:
        return Estimate(None, None, None, len(pairs))
    # A resample in which the figure is not defined has no say; there are few where the sample itself has one.
    found = [one for chosen in rows if (one := measure(pairs[chosen])) is not None]
    low, high = np.quantile(found, (0.025, 0.975))
    return Estimate(value, float(low), float(high), len(pairs))
