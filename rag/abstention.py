"""When to say that the lectures do not answer: calibrated, and set by what it may cost.

The first quote of a question that is answered stands out from the other stretches, and from the quotes after it; a
small model's odds that the quotes answer say more. Both are far from certain (AUROC 0.69 and 0.73 on questions that had
no say), so the setting is not a probability but a price: the share of answerable questions that may be declined.
`python -m benchmarks.abstention` fits it; the figures are in docs/decisions/0012-quotes-first.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.quotes import Quote

# Logistic regressions, without and with a small model's odds, and of these alone; below which probability each share
# of the answerable questions that they were fitted on lies.
SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Fit:
    """Intercept and weights of `quote_signals`, in order, and a threshold for each of `SHARES`."""

    intercept: float
    weights: tuple[float, ...]
    thresholds: tuple[float, ...]


QUOTES_ONLY = Fit(-0.644, (0.074, 0.077), (0.0, 0.4253, 0.44, 0.453, 0.4575, 0.4666, 0.4801, 0.4962))
WITH_ODDS = Fit(0.043, (0.196, 0.627), (0.0, 0.2871, 0.329, 0.3527, 0.3712, 0.3913, 0.4479, 0.5679))
ODDS_ALONE = Fit(0.607, (0.59,), (0.0, 0.2799, 0.3187, 0.3484, 0.4068, 0.4253, 0.4613, 0.5494))

# Among few stretches none can stand out: ten hits of speech have 150 and more, a course of one page a handful. There
# only a model that reads them can tell.
_FEWEST = 60


def quote_signals(quotes: Sequence[Quote], odds: Sequence[float] = ()) -> tuple[float, ...]:
    """What is looked at: how far the last quote's score lies below the first one's, and the odds' mean.

    Without odds, the first quote's standardised score and that margin; with odds of few stretches, their mean alone.
    """
    margin = quotes[0].score - quotes[-1].score
    if not odds:
        return quotes[0].score, margin
    mean = sum(odds) / len(odds)
    return (mean,) if _few(quotes) else (margin, mean)


def probability(quotes: Sequence[Quote], odds: Sequence[float] = ()) -> float:
    """That the lectures answer the question of these quotes, 0 to 1; 0 without any.

    ``odds`` are a small model's of the first quotes (`rag.odds`), where one was asked.
    """
    if not quotes:
        return 0.0
    fit = _fit_for(quotes, odds)
    signals = zip(fit.weights, quote_signals(quotes, odds), strict=True)
    return 1.0 / (1.0 + math.exp(-(fit.intercept + sum(weight * seen for weight, seen in signals))))


def declines(quotes: Sequence[Quote], odds: Sequence[float], at_most: float) -> bool:
    """Whether to say that the lectures do not answer, where ``at_most`` of the answerable questions may be declined.

    Nothing found is declined; what was chosen from few stretches is not where no model read them.
    """
    if quotes and _few(quotes) and not odds:
        return False
    return probability(quotes, odds) < float(np.interp(at_most, SHARES, _fit_for(quotes, odds).thresholds))


def _few(quotes: Sequence[Quote]) -> bool:
    return quotes[0].among < _FEWEST


def _fit_for(quotes: Sequence[Quote], odds: Sequence[float]) -> Fit:
    if not odds:
        return QUOTES_ONLY
    return ODDS_ALONE if quotes and _few(quotes) else WITH_ODDS
