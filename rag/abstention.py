"""When to say that the lectures do not answer: calibrated, and set by what it may cost.

The first quote of a question that is answered stands out from the other stretches, and from the quotes after it. On
speech that tells little (AUROC about 0.7 on questions that had no say), so the setting is not a probability but a
price: the share of answerable questions that may be declined. `python -m benchmarks.abstention` fits it; the figures
are in docs/decisions/0012-quotes-first.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.quotes import Quote

# Logistic regression; and below which probability each share of the answerable questions that it was fitted on lies.
_INTERCEPT = -1.237
_WEIGHTS = (0.207, 0.054)
SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
_THRESHOLDS = (0.0, 0.3858, 0.4002, 0.4269, 0.4395, 0.4468, 0.4711, 0.507)


# Among few stretches none can stand out: ten hits of speech have 150 and more, a course of one page a handful.
_FEWEST = 60


@dataclass(frozen=True, slots=True)
class QuoteSignals:
    """The first quote's standardised score, and how far the last one's lies below it."""

    best: float
    margin: float


def quote_signals(quotes: Sequence[Quote]) -> QuoteSignals:
    """The signals of a question's quotes, best first; zeros without any."""
    if not quotes:
        return QuoteSignals(0.0, 0.0)
    return QuoteSignals(quotes[0].score, quotes[0].score - quotes[-1].score)


def probability(quotes: Sequence[Quote]) -> float:
    """That the lectures answer the question of these quotes, 0 to 1; 0 without any."""
    if not quotes:
        return 0.0
    seen = quote_signals(quotes)
    return 1.0 / (1.0 + math.exp(-(_INTERCEPT + _WEIGHTS[0] * seen.best + _WEIGHTS[1] * seen.margin)))


def declines(quotes: Sequence[Quote], at_most: float) -> bool:
    """Whether to say that the lectures do not answer, where ``at_most`` of the answerable questions may be declined.

    Nothing found is declined; what was chosen from too few stretches to be judged is not.
    """
    if quotes and quotes[0].among < _FEWEST:
        return False
    return probability(quotes) < float(np.interp(at_most, SHARES, _THRESHOLDS))
