"""When to say that the lectures do not answer: calibrated, and set by what it may cost.

The first quote of a question that is answered stands out from the other stretches, and from the quotes after it; a
small model's odds that the quotes answer say more. Both are far from certain (AUROC 0.65 and 0.85 on questions that had
no say), so the setting is not a probability but a price: the share of answerable questions that may be declined.
`python -m benchmarks.abstention` fits it; the figures are in docs/decisions/0012-quotes-first.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.quotes import Quote

# Logistic regressions, without and with a small model's odds; and below which probability each share of the answerable
# questions that they were fitted on lies.
SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Fit:
    """Intercept and weights of `quote_signals`, in order, and a threshold for each of `SHARES`."""

    intercept: float
    weights: tuple[float, ...]
    thresholds: tuple[float, ...]


QUOTES_ONLY = Fit(-0.658, (0.099, 0.038), (0.0, 0.4305, 0.4427, 0.4568, 0.4619, 0.4669, 0.4809, 0.4964))
WITH_ODDS = Fit(0.062, (0.167, 0.527), (0.0, 0.2762, 0.2971, 0.3612, 0.3925, 0.4093, 0.4471, 0.5625))


# Among few stretches none can stand out: ten hits of speech have 150 and more, a course of one page a handful.
_FEWEST = 60


def quote_signals(quotes: Sequence[Quote], odds: Sequence[float] = ()) -> tuple[float, ...]:
    """What is looked at: how far the last quote's score lies below the first one's, and the odds' mean.

    Without odds, the first quote's standardised score and that margin.
    """
    margin = quotes[0].score - quotes[-1].score
    return (margin, sum(odds) / len(odds)) if odds else (quotes[0].score, margin)


def probability(quotes: Sequence[Quote], odds: Sequence[float] = ()) -> float:
    """That the lectures answer the question of these quotes, 0 to 1; 0 without any.

    ``odds`` are a small model's of the first quotes (`rag.odds`), where one was asked.
    """
    if not quotes:
        return 0.0
    fit = _fit_for(odds)
    signals = zip(fit.weights, quote_signals(quotes, odds), strict=True)
    return 1.0 / (1.0 + math.exp(-(fit.intercept + sum(weight * seen for weight, seen in signals))))


def declines(quotes: Sequence[Quote], odds: Sequence[float], at_most: float) -> bool:
    """Whether to say that the lectures do not answer, where ``at_most`` of the answerable questions may be declined.

    Nothing found is declined; what was chosen from too few stretches to be judged is not.
    """
    if quotes and quotes[0].among < _FEWEST:
        return False
    return probability(quotes, odds) < float(np.interp(at_most, SHARES, _fit_for(odds).thresholds))


def _fit_for(odds: Sequence[float]) -> Fit:
    return WITH_ODDS if odds else QUOTES_ONLY
