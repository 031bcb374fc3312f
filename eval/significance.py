"""Is a difference real, and what is a judge's mean worth once people have checked a part of it?

Two runs are compared question by question. A judge's mean over everything is corrected by what people said of some of
it (prediction-powered inference), and its interval knows how few that were.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from eval.measures import bootstrap_mean

_RESAMPLES = 10_000
# Below so many differing questions every swap of the two runs is tried; beyond, so many random ones.
_EXACT_UP_TO = 13
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure of two runs on the questions that both have.

    Attributes:
        difference: mean of second less first.
        low, high: its 95 % bootstrap interval.
        p: of a paired permutation test, two-sided.
        p_corrected: the same after Benjamini & Hochberg 1995 over all measures that were compared.
        n: questions compared, of ``n_questions`` that either run has.
    """

    measure: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    p_corrected: float
    n: int
    n_questions: int


def compare(
    first: Mapping[str, Mapping[str, float]], second: Mapping[str, Mapping[str, float]], *, seed: int = 7
) -> list[Comparison]:
    """Compare two runs' scores, ``{measure: {topic_id: score}}``, by every measure that both have a question for."""
    found = []
    for measure in sorted(first.keys() & second.keys()):
        both = sorted(first[measure].keys() & second[measure].keys())
        if both:
            n_questions = len(first[measure].keys() | second[measure].keys())
            pairs = np.array([(first[measure][key], second[measure][key]) for key in both], dtype=np.float64)
            found.append((measure, pairs, n_questions))
    ps = [paired_p(pairs[:, 1] - pairs[:, 0], seed=seed) for _, pairs, _ in found]
    corrected = stats.false_discovery_control(ps) if ps else []
    comparisons = []
    for (measure, pairs, n_questions), p, adjusted in zip(found, ps, corrected, strict=True):
        first_mean, second_mean = map(float, pairs.mean(axis=0))
        apart = bootstrap_mean((pairs[:, 1] - pairs[:, 0]).tolist(), n_questions, seed=seed)
        means = (first_mean, second_mean, apart.value, apart.low, apart.high)
        comparisons.append(Comparison(measure, *means, p, float(adjusted), apart.n, apart.n_topics))
    return comparisons


def paired_p(differences: NDArray[np.float64], *, seed: int = 7) -> float:
    """Two-sided p of a paired permutation test on ``(n,)`` differences: as if the two runs' names were swapped.

    All swaps are tried where few questions differ, else 10,000 random ones, the observed one among them (Phipson &
    Smyth 2010), so that p is never 0.

    >>> paired_p(np.array([1.0, 1.0, 1.0]))
    0.25
    """
    telling = differences[differences != 0]
    if telling.size == 0:
        return 1.0
    observed = abs(float(telling.sum())) - 1e-12
    if telling.size <= _EXACT_UP_TO:
        signs = 1 - 2 * ((np.arange(2**telling.size)[:, None] >> np.arange(telling.size)) & 1)
        return float((np.abs(signs @ telling) >= observed).mean())
    signs = np.random.default_rng(seed).choice((-1, 1), size=(_RESAMPLES, telling.size))
    return float((1 + (np.abs(signs @ telling) >= observed).sum()) / (1 + _RESAMPLES))


@dataclass(frozen=True, slots=True)
class Corrected:
    """A judge's mean corrected by people's verdicts, with a 95 % interval; ``None`` where too few were checked.

    Attributes:
        judged: the judge's own mean over all ``n_judged`` answers.
        checked: people's mean over the ``n_checked`` that they graded too.
        trust: how much the judge counts, 0 to 1: 1 is plain prediction-powered inference, 0 people alone.
    """

    value: float | None
    low: float | None
    high: float | None
    judged: float
    checked: float
    trust: float
    n_judged: int
    n_checked: int


def corrected_mean(judged: Mapping[str, float], checked: Mapping[str, float]) -> Corrected:
    """The mean that people would give to all judged answers (Angelopoulos et al. 2023, "Prediction-powered inference").

    ``trust`` times the judge's mean over the answers that nobody checked, plus the mean over the checked ones of the
    person's score less ``trust`` times the judge's. What people checked must be a fair sample of what was judged.
    """
    both = sorted(judged.keys() & checked.keys())
    alone = np.array([judged[key] for key in sorted(judged.keys() - checked.keys())], dtype=np.float64)
    said = np.array([checked[key] for key in both], dtype=np.float64)
    guessed = np.array([judged[key] for key in both], dtype=np.float64)
    means = (_mean(np.concatenate([guessed, alone])), _mean(said))
    if len(both) < _FEWEST:
        return Corrected(None, None, None, *means, 0.0, len(judged), len(both))
    trust = _trust(said, guessed, alone)
    value = float((said - trust * guessed).mean())
    variance = float((said - trust * guessed).var(ddof=1)) / len(both)
    if trust > 0:
        value += trust * float(alone.mean())
        variance += trust**2 * float(alone.var(ddof=1)) / alone.size
    half = float(stats.norm.ppf(0.975)) * math.sqrt(variance)
    return Corrected(value, value - half, value + half, *means, trust, len(judged), len(both))


def _mean(scores: NDArray[np.float64]) -> float:
    return float(scores.mean()) if scores.size else math.nan


def _trust(said: NDArray[np.float64], guessed: NDArray[np.float64], alone: NDArray[np.float64]) -> float:
    """The share of the judge that makes the interval shortest, kept between 0 and 1 (PPI++, section 6)."""
    if alone.size < _FEWEST:
        return 0.0
    every = np.concatenate([guessed, alone])
    spread = float(every.var(ddof=1))
    if spread == 0:
        return 0.0
    together = float(np.cov(said, guessed, ddof=1)[0, 1])
    return min(1.0, max(0.0, together / (spread * (1 + guessed.size / alone.size))))
