"""How likely it is that the lectures answer a question at all, from what retrieval saw of it.

No absolute cosine takes part: each signal compares the first hit with the other candidates of the same question, or
counts words. A question that nothing answers still finds something, but what it finds stands out less and holds
fewer of its telling words. On noisy speech that says little, on written material a good deal
(docs/decisions/0009-evidence-that-the-lectures-answer.md has the figures).
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np

from rag.candidates import Candidates
from rag.fusion import order, standardise
from rag.index import CourseIndex

# Logistic regression over six sets, answerable against unanswerable (`python -m benchmarks.evidence`).
_INTERCEPT = -2.504
_WEIGHTS = (0.447, 0.173, 0.972)


@dataclass(frozen=True, slots=True)
class Signals:
    """What the first hit shows.

    Attributes:
        late: its late-interaction score, in standard deviations above the candidates' mean.
        windows: the same of its best window's cosine.
        words: share of the question's words that it holds, weighted by how rare they are, 0 to 1.
    """

    late: float
    windows: float
    words: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The probability that the lectures answer, 0 to 1, and the signals that it comes from."""

    probability: float
    signals: Signals


def signals(index: CourseIndex, question: str, found: Candidates) -> Signals | None:
    """The signals of a question's candidates (of a ``hybrid`` search); ``None`` without any."""
    if found.rows.size == 0:
        return None
    first = int(order(found.final, index.table.ids[found.rows])[0])
    row = int(found.rows[first])
    language = index.lecture(index.table.lecture_ids[row]).language
    stands_out = {name: float(standardise(column)[first]) for name, column in found.columns.items()}
    words = index.lexical.cover_by(question, index.table.texts[row], language)
    return Signals(stands_out.get("late", 0.0), stands_out.get("windows", 0.0), words)


def evidence(index: CourseIndex, question: str, found: Candidates | None) -> Evidence:
    """The probability that the lectures answer a question; 0 where nothing was found."""
    seen = None if found is None else signals(index, question, found)
    if seen is None:
        return Evidence(0.0, Signals(0.0, 0.0, 0.0))
    logit = _INTERCEPT + float(np.dot(_WEIGHTS, astuple(seen)))
    return Evidence(1.0 / (1.0 + math.exp(-logit)), seen)
