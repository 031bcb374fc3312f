"""What a student does: ask, follow up, stop, ask again, rate, and keep her conversations.

Every action takes the person; a conversation is only ever its owner's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from corpus.errors import UsageError
from corpus.language import interface_language, say
from interfaces.access import need, own
from interfaces.history import conversations as kept
from interfaces.history import feedback as ratings
from interfaces.history.records import Conversation, Feedback, Person, Rating
from interfaces.history.records import Turn as StoredTurn
from interfaces.service.answering import TooBusy
from interfaces.service.desk import Desk
from interfaces.service.live import Job, Snapshot
from interfaces.service.membership import need_course
from rag.question_words import asks_something
from rag.records import Turn

MOST_CHARACTERS = 2000
_TITLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn as a page shows it, one of those that ask the same again: ``versions`` has their ids, the oldest first."""

    turn: StoredTurn
    snapshot: Snapshot
    versions: tuple[str, ...]
    feedback: Feedback | None

    @property
    def number(self) -> int:
        """Which of the versions it is, from 1."""
        return self.versions.index(self.turn.turn_id) + 1


def conversations(desk: Desk, person: Person, course: str) -> list[Conversation]:
    """The person's conversations about a course, the last one changed first."""
    need(person, "read own")
    return list(kept.conversations_of(desk.history, person.person_id, course))


def conversation(desk: Desk, person: Person, conversation_id: str) -> Conversation:
    """One of the person's own conversations.

    Raises:
        NotKept: there is none of that id.
        AccessDenied: it is somebody else's.
    """
    found = kept.conversation(desk.history, conversation_id)
    own(person, found)
    return found


def ask(
    desk: Desk,
    person: Person,
    course: str,
    question: str,
    *,
    conversation_id: str | None = None,
    lectures: Sequence[str] = (),
) -> StoredTurn:
    """Ask, in a new conversation where none is named; the answer is made in the background.

    Raises:
        UsageError: nothing was asked, or too much; an unknown course.
        AccessDenied: a course whose members she is not among.
        NotKept: no such conversation.
        TooBusy: too many questions wait.
    """
    need(person, "ask")
    question = _checked(question)
    if conversation_id is not None:
        course = conversation(desk, person, conversation_id).course
    need_course(desk, person, course)
    if conversation_id is None:
        conversation_id = kept.start_conversation(
            desk.history, person.person_id, course, _title(question)
        ).conversation_id
    before = _before(desk, conversation_id)
    added = kept.add_turn(desk.history, conversation_id, question, lectures=tuple(lectures))
    return _start(desk, added, course, before)


def ask_again(desk: Desk, person: Person, turn_id: str, question: str | None = None) -> StoredTurn:
    """Answer a turn's question anew; a ``question`` given is a whole one and stands in its place."""
    need(person, "ask")
    asked, about = _own_turn(desk, person, turn_id)
    need_course(desk, person, about.course)
    before = () if question is not None else _before(desk, asked.conversation_id, asked.number)
    wanted = asked.question if question is None else _checked(question)
    desk.answering.stop(turn_id)
    added = kept.add_turn(desk.history, asked.conversation_id, wanted, lectures=asked.lectures, replaces=turn_id)
    return _start(desk, added, about.course, before)


def stop(desk: Desk, person: Person, turn_id: str) -> None:
    """Stop an answer of one's own; what is written stays."""
    _own_turn(desk, person, turn_id)
    desk.answering.stop(turn_id)


def watch(desk: Desk, person: Person, turn_id: str) -> Snapshot:
    """A turn of one's own as it stands now."""
    _own_turn(desk, person, turn_id)
    return desk.answering.snapshot(turn_id)


def shown_turns(desk: Desk, person: Person, conversation_id: str, earlier: Collection[str] = ()) -> list[Shown]:
    """The conversation's turns in the order asked, each in its newest version.

    A version whose id is in ``earlier`` comes in the newest's place.
    """
    conversation(desk, person, conversation_id)
    hers = ratings.ratings_in(desk.history, conversation_id, person.person_id)
    shown = []
    for versions in _versions(kept.turns_of(desk.history, conversation_id)):
        turn = next((turn for turn in versions if turn.turn_id in earlier), versions[-1])
        snapshot = desk.answering.snapshot_of(turn)
        rating = hers.get(turn.turn_id) if snapshot.ended else None
        shown.append(Shown(turn, snapshot, tuple(version.turn_id for version in versions), rating))
    return shown


def rename(desk: Desk, person: Person, conversation_id: str, title: str) -> None:
    """Give a conversation of one's own another title."""
    conversation(desk, person, conversation_id)
    title = " ".join(title.split())[:MOST_CHARACTERS]
    if not title:
        raise UsageError(pt="o título está vazio; escreva um", en="the title is empty; write one")
    kept.rename_conversation(desk.history, conversation_id, title)


def delete(desk: Desk, person: Person, conversation_id: str) -> None:
    """Delete a conversation of one's own, with all its turns."""
    conversation(desk, person, conversation_id)
    for turn in kept.turns_of(desk.history, conversation_id):
        desk.answering.abandon(turn.turn_id)
    kept.delete_conversation(desk.history, conversation_id)


def rate(desk: Desk, person: Person, turn_id: str, rating: Rating | None, reason: str = "") -> None:
    """Say whether an answer was good; ``None`` takes it back."""
    _own_turn(desk, person, turn_id)
    if rating is None:
        ratings.withdraw(desk.history, turn_id, person.person_id)
    else:
        ratings.rate(desk.history, turn_id, person.person_id, rating, reason.strip()[:MOST_CHARACTERS])


def _own_turn(desk: Desk, person: Person, turn_id: str) -> tuple[StoredTurn, Conversation]:
    found = kept.turn(desk.history, turn_id)
    return found, conversation(desk, person, found.conversation_id)


def _start(desk: Desk, turn: StoredTurn, course: str, before: tuple[Turn, ...]) -> StoredTurn:
    try:
        desk.answering.start(Job(turn.turn_id, course, turn.question, turn.lectures, before, interface_language()))
    except TooBusy as error:
        kept.set_state(desk.history, turn.turn_id, "failed", error=str(error))
        raise
    return turn


def _versions(turns: Sequence[StoredTurn]) -> list[list[StoredTurn]]:
    """Turns that replace each other together, oldest version first, in the order in which the first were asked."""
    groups: dict[str, list[StoredTurn]] = {}
    first_of: dict[str, str] = {}
    for turn in sorted(turns, key=lambda turn: turn.number):
        first = turn.turn_id if turn.replaces is None else first_of.get(turn.replaces, turn.turn_id)
        first_of[turn.turn_id] = first
        groups.setdefault(first, []).append(turn)
    return list(groups.values())


def _before(desk: Desk, conversation_id: str, number: int | None = None) -> tuple[Turn, ...]:
    """What was asked and answered, oldest first; before the turn of that number, where one is given."""
    turns = []
    for versions in _versions(kept.turns_of(desk.history, conversation_id)):
        if number is not None and any(turn.number == number for turn in versions):
            break
        newest = versions[-1]
        record = newest.record or desk.answering.snapshot_of(newest).record
        turns.append(Turn(newest.question, record["answer"] if record else ""))
    return tuple(turns)


def _checked(question: str) -> str:
    question = question.strip()
    if not asks_something(question):
        raise UsageError(
            pt="a pergunta não tem letra nem número; escreva o que quer saber",
            en="the question has neither letter nor digit; write what you want to know",
        )
    if len(question) > MOST_CHARACTERS:
        raise UsageError(
            pt=f"a pergunta tem {len(question)} caracteres; use no máximo {MOST_CHARACTERS}",
            en=f"the question has {len(question)} characters; use at most {MOST_CHARACTERS}",
        )
    return question


def _title(question: str) -> str:
    """A conversation's first title: its first question, cut between words."""
    line = " ".join(question.split())
    if len(line) <= _TITLE_CHARACTERS:
        return line or say("Conversa", "Conversation")
    return line[:_TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"
