"""What a stream tells while an answer is made, in this order; quotes and passages stay whatever the model does."""

from __future__ import annotations

from dataclasses import dataclass

from rag.records import Answer, Hit, Reference, Sentence


@dataclass(frozen=True, slots=True)
class QuestionUnderstood:
    """A follow-up was rewritten into the whole question that is answered; comes only then, and before all else."""

    question: str


@dataclass(frozen=True, slots=True)
class HitsFound:
    """The passages are there; comes before any model is asked for an answer."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class QuotesChosen:
    """The lecture's own words that come nearest to an answer, each with its second; numbered from 1."""

    quotes: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class TextWritten:
    """A piece of the model's text as it is written, not checked yet."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceChecked:
    """What was written since the last check, with how far the lectures back it; ``not`` is taken back."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """The whole answer, checked; comes last."""

    answer: Answer


Event = QuestionUnderstood | HitsFound | QuotesChosen | TextWritten | SentenceChecked | AnswerReady
