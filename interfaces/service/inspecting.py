"""A search seen from inside: every stage's rank and score for each segment, what matched, and what lies around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from corpus.records import Segment
from interfaces.access import need
from interfaces.history.records import Person
from interfaces.service.desk import Desk
from interfaces.service.membership import need_course
from rag.candidates import Candidates, combine
from rag.errors import UsageError
from rag.excerpts import sentence_scores
from rag.fusion import order
from rag.index import CourseIndex, Filters
from rag.lexical import places_of
from rag.pipeline import Monitoria
from rag.records import Hit, Mode, Query, StageScore
from rag.sentences import TimedSentence, timed_sentences

# In the order in which they have their say.
STAGES = ("dense", "windows", "lexical", "late", "expansion", "neighbours", "rerank", "fusion")
MOST_HITS = 50
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Inspected:
    """A segment that was found.

    Attributes:
        stages: the hit's, with ``neighbours``: what those before and after added to its score.
        words: where its text has words of the question, in characters, half-open.
        best: the stretch of its cues that comes nearest to the question, as late interaction sees it.
        before, after: its neighbours in the lecture.
    """

    hit: Hit
    stages: Mapping[str, StageScore]
    words: tuple[Span, ...]
    best: TimedSentence | None
    before: Segment | None
    after: Segment | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a question finds, and how its words were read: each as itself, as another word, or ``None``: never said."""

    question: str
    mode: Mode
    generation: str
    read_as: Mapping[str, str | None] = field(default_factory=dict)
    found: tuple[Inspected, ...] = ()

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that took part, in `STAGES`' order."""
        present = {name for one in self.found for name in one.stages}
        return tuple(name for name in (*STAGES, *sorted(present - set(STAGES))) if name in present)


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment in its lecture, with its neighbours."""

    segment: Segment
    title: str
    url: str | None
    before: Segment | None
    after: Segment | None


def inspect(
    desk: Desk,
    person: Person,
    course: str,
    question: str,
    *,
    mode: Mode = "hybrid",
    lectures: Sequence[str] = (),
    k: int | None = None,
) -> Inspection:
    """Search as a student's question does, and say of each hit why it is there.

    Raises:
        AccessDenied: the person may not see segments.
        UsageError: an empty question; an unknown course, mode or ``k``.
    """
    need(person, "see segments")
    k = desk.settings.retrieval.k if k is None else k
    if k > MOST_HITS:
        raise UsageError(
            pt=f"são mostrados no máximo {MOST_HITS} trechos, e foram pedidos {k}",
            en=f"at most {MOST_HITS} segments are shown, and {k} were asked for",
        )
    need_course(desk, person, course)
    opened = desk.courses.opened(course)
    filters = Filters(lectures=tuple(lectures)) if lectures else None
    hits = opened.search(question, k=k, mode=mode, filters=filters)
    beside = _neighbours_say(opened, question, k, filters) if mode == "hybrid" else {}
    asked = opened.retriever.segments.encoder.token_vectors([Query(question)])[0]
    terms = frozenset(opened.index.lexical.terms(question))
    found = []
    for hit in hits:
        segment = hit.segment
        sentences = timed_sentences(segment)
        best = None
        if sentences:
            best = sentences[int(np.argmax(sentence_scores(opened.index, asked, hit, sentences)))]
        said = beside.get(segment.segment_id)
        stages = dict(hit.stages) | ({} if said is None else {"neighbours": said})
        words = tuple(places_of(terms, segment.text, hit.lecture.language))
        found.append(Inspected(hit, stages, words, best, *_around(opened.index, segment.segment_id)))
    return Inspection(question, mode, opened.index.generation, _read_as(opened.index, question), tuple(found))


def segment_at(desk: Desk, person: Person, course: str, segment_id: int) -> Placed:
    """One segment of the live generation, by its id.

    Raises:
        AccessDenied: the person may not see segments.
        UsageError: there is no such segment, or no longer.
    """
    need(person, "see segments")
    need_course(desk, person, course)
    index = desk.courses.opened(course).index
    try:
        segment = index.segment(index.table.row_of(segment_id))
    except KeyError:
        raise UsageError(
            pt=f"o trecho {segment_id} já não está no curso; procure-o de novo",
            en=f"segment {segment_id} is no longer in the course; search for it again",
        ) from None
    lecture = index.lecture(segment.lecture_id)
    return Placed(segment, lecture.title, lecture.url, *_around(index, segment_id))


def _around(index: CourseIndex, segment_id: int) -> tuple[Segment | None, Segment | None]:
    try:
        beside = index.neighbours[index.table.row_of(segment_id)]
    except KeyError:
        return None, None
    before, after = (None if row < 0 else index.segment(int(row)) for row in beside)
    return before, after


def _neighbours_say(course: Monitoria, question: str, k: int, filters: Filters | None) -> dict[int, StageScore]:
    """What the neighbours of each candidate add to its score, by segment id.

    Nothing where a model expands the question: asked again, it would say something else.
    """
    settings = course.settings.retrieval
    if settings.neighbour_weight == 0 or settings.expansion != "none":
        return {}
    found: Candidates | None = course.retriever.segments.candidates(question, k=k, filters=filters)
    if found is None:
        return {}
    alone = settings.model_copy(update={"neighbour_weight": 0.0})
    added = found.final - combine(course.index, alone, found.rows, found.columns, found.known)
    ids = course.index.table.ids[found.rows]
    return {
        int(ids[place]): StageScore(rank, float(added[place])) for rank, place in enumerate(order(added, ids), start=1)
    }


def _read_as(index: CourseIndex, question: str) -> dict[str, str | None]:
    """In the language of the lectures that knows most of the question's words."""
    readings = [index.lexical.read_as(question, language) for language in index.languages]
    return max(readings, key=lambda read: sum(word is not None for word in read.values()), default={})
