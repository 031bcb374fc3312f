"""What travels through retrieval and answering. Records only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from corpus.records import Lecture, Segment

Mode = Literal["hybrid", "dense", "lexical"]


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the encoder must see it: only this type is ever given the ``query: `` prefix."""

    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to be found: only this type is ever given the ``passage: `` prefix."""

    text: str


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """Which encoder made a vector. Two vectors may be compared only when `same_space` holds.

    Attributes:
        name: Hub name of the model, such as ``intfloat/multilingual-e5-small``.
        revision: the Hub commit, or the name of the carried copy.
        sha256: of the weights file.
        dim: length of a vector.
        source: where the weights came from: ``local``, ``hub-cache``, ``hub`` or ``carried``.
        runtime: what computed: ``torch``, ``onnx`` or ``onnx-int8``.
    """

    name: str
    revision: str
    sha256: str
    dim: int
    source: str
    runtime: str
    query_prefix: str = "query: "
    passage_prefix: str = "passage: "

    def same_space(self, other: EncoderIdentity) -> bool:
        """Same weights and prefixes. The runtime may differ: its vectors agree to cosine 0.995."""
        return (self.sha256, self.dim, self.query_prefix, self.passage_prefix) == (
            other.sha256,
            other.dim,
            other.query_prefix,
            other.passage_prefix,
        )


@dataclass(frozen=True, slots=True)
class StageScore:
    """Where one stage of retrieval put a segment: 1-based rank and that stage's own score."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment found for a query. ``score`` is the deciding stage's; ``stages`` has every stage's."""

    segment: Segment
    lecture: Lecture
    rank: int
    score: float
    stages: Mapping[str, StageScore] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a citation number points to; times are of the cited sentence, not of the segment.

    ``interpolated`` says that ``start_s`` was computed inside a cue whose words have no times.
    """

    n: int
    segment_id: int
    lecture_id: str
    title: str
    url: str | None
    start_s: float | None
    end_s: float | None
    quote: str
    interpolated: bool = False


Support = Literal["supported", "partly", "not"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer with the numbers it cites, and how far what they point to backs it."""

    text: str
    citations: tuple[int, ...]
    support: Support

    @property
    def supported(self) -> bool:
        """Whether it may stand as the lectures', in part at least."""
        return self.support != "not"


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds from the question: passages ready, the model's first token, the end, quotes chosen."""

    retrieve_ms: float
    first_token_ms: float | None
    total_ms: float
    quotes_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked before, and what was said to it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with everything it rests on.

    Attributes:
        question: as it was typed.
        text: what the student reads, citation numbers included; never empty.
        abstained: the answer says that the lectures do not answer.
        mode: ``generated`` by a model, or ``quotes`` alone.
        error: one plain sentence where the model failed, else ``None``.
        understood: the whole question that a follow-up was taken for; ``None`` where nothing was rewritten.
    """

    question: str
    text: str
    abstained: bool
    references: tuple[Reference, ...]
    hits: tuple[Hit, ...]
    sentences: tuple[Sentence, ...]
    mode: Literal["generated", "quotes"]
    llm: str
    prompt_sha256: str | None
    index_generation: str
    timings: Timings
    error: str | None = None
    understood: str | None = None
