"""What a course is made of: lectures, timed cues, and the segments that are retrieved.

Records only; nothing here reads, splits or searches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from corpus.language import Language


@dataclass(frozen=True, slots=True)
class Word:
    """One word with the time at which it is said, in seconds from the lecture's start."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Cue:
    """A timed caption, or a block of written material (then both times are ``None``).

    Attributes:
        text: whitespace-normalised, never empty.
        start_s: seconds from the lecture's start, ``None`` for written material.
        end_s: never before ``start_s``.
        words: where the source times its words; their texts joined by spaces are ``text``.
        heading: path of headings above a written block, outermost first.
        interpolated: the times were computed from a longer cue by character position.
    """

    text: str
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[Word, ...] = ()
    heading: tuple[str, ...] = ()
    interpolated: bool = False


@dataclass(frozen=True, slots=True)
class Lecture:
    """What is known of one source file: a lecture, a lesson, an article.

    ``date`` is ISO 8601 (``YYYY-MM-DD``) where known, so that dates compare as text.
    """

    lecture_id: str
    title: str
    url: str | None = None
    course: str | None = None
    date: str | None = None
    lecturer: str | None = None
    language: Language = "pt"
    kind: Literal["spoken", "written"] = "spoken"
    source: str = ""
    source_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """The retrieved unit: consecutive cues of one lecture, about two minutes of speech.

    ``segment_id`` (the specimen's Corpus ID) stays the same across re-indexing while lecture, times and
    text do. ``text`` is the cues' texts joined by single spaces.
    """

    segment_id: int
    lecture_id: str
    start_s: float | None
    end_s: float | None
    text: str
    cues: tuple[Cue, ...] = field(repr=False)
    heading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a multiple-choice question."""

    text: str
    correct: bool


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """A self-assessment question found in course material; ``choices`` is empty for an open question."""

    number: int
    question: str
    choices: tuple[Choice, ...] = ()
    reference_answer: str | None = None
    lecture_id: str | None = None


@dataclass(frozen=True, slots=True)
class SourceWarning:
    """Something in a source that was survived, with where it stands (``line`` is 1-based)."""

    name: str
    line: int | None
    pt: str
    en: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """A source file as read: its lecture, its cues in order, and what was found beside them."""

    lecture: Lecture
    cues: tuple[Cue, ...]
    quizzes: tuple[QuizQuestion, ...] = ()
    warnings: tuple[SourceWarning, ...] = ()
