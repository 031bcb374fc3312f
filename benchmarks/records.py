"""What a test set is: questions, what to index for them, and what counts as found. Records only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from eval.topics import GoldSpan


@dataclass(frozen=True, slots=True)
class BenchQuestion:
    """A question and where it is answered; gold without times is a whole document, and any gold counts."""

    question_id: str
    question: str
    gold: tuple[GoldSpan, ...]


@dataclass(frozen=True, slots=True)
class Convention:
    """What is ranked, and which measures are fair to the gold; the first ones are those to quote.

    ``unit`` is ``segment`` (hits as they are) or ``document`` (several segments of one document are one hit,
    at the rank of the first).
    """

    unit: Literal["segment", "document"]
    measures: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class BenchSet:
    """A test set.

    Attributes:
        corpus: what is indexed; sets of one corpus share an index.
        language: of the questions, and of the documents where theirs is another: ``pt``, ``pt→en``.
        left_out: how many questions were not taken, by reason.
        note: what a reader of the figures must know.
    """

    name: str
    corpus: str
    language: str
    sources: list[Path]
    questions: list[BenchQuestion]
    convention: Convention
    left_out: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


SPANS = Convention(
    "segment",
    ("hit@5", "MRR@10", "hit@1", "hit@3", "hit@10"),
    "segments are ranked; one is relevant if it overlaps a gold time span by 5 s or more (`eval.measures`)",
)
ONE_DOCUMENT = Convention(
    "document",
    ("nDCG@10", "Recall@1", "hit@5", "MRR@10"),
    "documents are ranked, each by its best segment; the gold document is the only relevant one",
)
# With seven or eight documents a random order would reach a hit@5 above 0.6.
FEW_DOCUMENTS = Convention(
    "document",
    ("Recall@1", "MRR@10"),
    "few documents are ranked, each by its best segment; one of them is gold",
)
CANDIDATES = Convention(
    "document",
    ("MRR@10", "hit@1", "hit@5"),
    "documents are ranked, each by its best segment; any of several candidates counts, as if it held the answer",
)
