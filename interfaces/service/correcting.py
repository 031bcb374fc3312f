"""What an instructor does with a segment's text: correct it, take that back, decide on corrections in conflict.

Corrections are `rag.corrections`'; here they are made in the background, live in the opened course when they are done,
and shown with names only where the settings say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from corpus.errors import UsageError
from corpus.records import Segment
from interfaces.access import need
from interfaces.history.errors import NotKept
from interfaces.history.people import person as person_of
from interfaces.history.records import Person
from interfaces.service.desk import Desk
from interfaces.service.inspecting import Placed, segment_at
from interfaces.service.works import Step, Work
from rag import corrections as made
from rag.corrected import carried_over
from rag.corrections import Change, Correction
from rag.encoder import Encoder

MOST_CHARACTERS = 20_000
_AROUND_WORDS = 6


@dataclass(frozen=True, slots=True)
class Author:
    """Who changed a text: ``mine`` is the person who looks; ``name`` is ``None`` unless names are shown."""

    mine: bool
    name: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """One change of a segment, and who made it."""

    change: Change
    author: Author


@dataclass(frozen=True, slots=True)
class Editable:
    """A segment to be corrected: as it is found now, as the source has it, and what was done to it, newest first."""

    placed: Placed
    original: str
    past: tuple[Past, ...]

    @property
    def is_corrected(self) -> bool:
        """Whether it is found with another text than the source's."""
        return self.placed.segment.text != self.original


@dataclass(frozen=True, slots=True)
class Listed:
    """A correction in the list; for one in conflict each present segment with the text that is suggested for it."""

    correction: Correction
    author: Author
    suggested: tuple[tuple[Segment, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that both texts have, that only the first has (``gone``), or only the second (``new``)."""

    kind: Literal["same", "gone", "new"]
    text: str


def editable(desk: Desk, person: Person, course: str, segment_id: int) -> Editable:
    """A segment with all that one needs to correct it.

    Raises:
        AccessDenied: the person may not correct segments.
        UsageError: there is no such segment, or no longer.
        IndexProblem: the index or the file of corrections is damaged.
    """
    need(person, "correct segments")
    placed = segment_at(desk, person, course, segment_id)
    folder = desk.courses.course(course).folder
    past = made.history(folder, segment_id)
    of_this = [change for change in past if change.segment_id == segment_id]
    is_live = bool(of_this) and of_this[-1].text == placed.segment.text
    original = of_this[-1].original if is_live else placed.segment.text
    shown = tuple(Past(change, _author(desk, person, change.by)) for change in reversed(past))
    return Editable(placed, original, shown)


def correct(desk: Desk, person: Person, course: str, segment_id: int, text: str, note: str = "") -> Work:
    """Give a segment another text, in the background; a `Correction` is the work's result.

    Raises:
        AccessDenied: the person may not correct segments.
        UsageError: the text is longer than any segment; an unknown course.
    """
    _checked(text, note)
    return _start(
        desk,
        person,
        course,
        segment_id,
        lambda encoder: made.correct(
            desk.courses.course(course).folder, segment_id, text, by=person.person_id, encoder=encoder, note=note
        ),
    )


def restore(desk: Desk, person: Person, course: str, segment_id: int) -> Work:
    """Give a segment the source's text again, in the background; the history stays."""
    return _start(
        desk,
        person,
        course,
        segment_id,
        lambda encoder: made.restore(
            desk.courses.course(course).folder, segment_id, by=person.person_id, encoder=encoder
        ),
    )


def resolve(
    desk: Desk, person: Person, course: str, segment_id: int, *, to: int | None, text: str | None = None
) -> Work:
    """Give the text of a correction in conflict to a present segment, or drop it (``to`` is ``None``)."""
    _checked(text or "", "")
    return _start(
        desk,
        person,
        course,
        segment_id,
        lambda encoder: made.resolve(
            desk.courses.course(course).folder, segment_id, to=to, by=person.person_id, encoder=encoder, text=text
        ),
    )


def listed(desk: Desk, person: Person, course: str) -> list[Listed]:
    """Every correction of a course, those that wait for a decision first, then the newest."""
    need(person, "correct segments")
    found = [
        Listed(
            one,
            _author(desk, person, one.by),
            tuple((s, carried_over(one.original, one.text or "", s.text)) for s in one.present),
        )
        for one in made.corrections(desk.courses.course(course).folder)
    ]
    return sorted(found, key=lambda one: not waits(one.correction))


def waits(correction: Correction) -> bool:
    """Whether a correction waits for somebody's decision."""
    return correction.status in ("conflict", "gone")


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """What has to change, word by word, to make the second text of the first.

    >>> [(piece.kind, piece.text) for piece in difference("a Festa API é", "a FastAPI é")]
    [('same', 'a'), ('gone', 'Festa API'), ('new', 'FastAPI'), ('same', 'é')]
    """
    old, new = before.split(), after.split()
    pieces: list[Piece] = []

    def add(kind: Literal["same", "gone", "new"], words: Sequence[str]) -> None:
        if words:
            pieces.append(Piece(kind, " ".join(words)))

    for tag, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            add("same", old[first:last])
        else:
            add("gone", old[first:last])
            add("new", new[begin:end])
    return tuple(pieces)


def shortened(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """A difference with a few words around each change, and what lies between left out.

    >>> [piece.text for piece in shortened([Piece("new", "sim"), Piece("same", "a b c d e f g h i j k l m n o p")])]
    ['sim', 'a b c d e f …']
    """
    shown = []
    for place, piece in enumerate(pieces):
        words = piece.text.split()
        if piece.kind != "same" or len(words) <= 2 * _AROUND_WORDS + 1:
            shown.append(piece)
            continue
        begin = words[:_AROUND_WORDS] if place > 0 else []
        end = words[-_AROUND_WORDS:] if place < len(pieces) - 1 else []
        shown.append(Piece("same", " ".join([*begin, "…", *end])))
    return tuple(shown)


def _start(desk: Desk, person: Person, course: str, segment_id: int, change: Callable[[Encoder], Correction]) -> Work:
    need(person, "correct segments")
    desk.courses.course(course)

    def run(_: Step) -> Correction:
        result = change(desk.courses.opened(course).retriever.segments.encoder)
        # Opened anew here, so that the next question, whoever's, finds it.
        desk.courses.opened(course)
        return result

    return desk.works.start(course, "correction", person, run, about=segment_id)


def _author(desk: Desk, person: Person, by: str) -> Author:
    if by == person.person_id:
        return Author(mine=True, name=None)
    if not desk.settings.app.show_names or not by:
        return Author(mine=False, name=None)
    try:
        known = person_of(desk.history, by)
    except NotKept:
        return Author(mine=False, name=None)
    return Author(mine=False, name=known.name or known.login)


def _checked(text: str, note: str) -> None:
    if max(len(text), len(note)) > MOST_CHARACTERS:
        raise UsageError(
            pt=f"o texto tem {max(len(text), len(note))} caracteres; um trecho tem no máximo {MOST_CHARACTERS}",
            en=f"the text has {max(len(text), len(note))} characters; a segment has at most {MOST_CHARACTERS}",
        )
