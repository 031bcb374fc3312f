"""What a person may do with all that is hers: take it with her, or have it deleted."""

from __future__ import annotations

import json

from interfaces.access import need
from interfaces.history.conversations import conversations_of, turns_of
from interfaces.history.errors import NotKept
from interfaces.history.people import delete_person
from interfaces.history.people import export_person as everything_of
from interfaces.history.records import Person
from interfaces.service.authorship import corrections_by, forget
from interfaces.service.desk import Desk
from interfaces.service.folders import keep_all_current


def export_all(desk: Desk, person: Person) -> str:
    """All that is the person's, as JSON."""
    need(person, "read own")
    try:
        everything = everything_of(desk.history, person.person_id)
    except NotKept:
        # Nothing was ever kept for the one person of an app without logins.
        everything = {"person": {"login": person.login}, "conversations": []}
    everything["corrections"] = corrections_by(desk, person)
    return json.dumps(everything, ensure_ascii=False, indent=1) + "\n"


def count_conversations(desk: Desk, person: Person) -> int:
    """How many conversations are kept for her, of all courses."""
    need(person, "read own")
    return len(conversations_of(desk.history, person.person_id))


def delete_all(desk: Desk, person: Person) -> None:
    """Delete the person and all that is hers; answers that are being made for her are stopped and not kept.

    Corrections of hers are of the course, and stay without her name.

    Raises:
        IndexProblem: a course is busy or damaged, so that her name could not be taken off; nothing is deleted.
    """
    need(person, "read own")
    forget(desk, person)
    for conversation in conversations_of(desk.history, person.person_id):
        for turn in turns_of(desk.history, conversation.conversation_id):
            desk.answering.abandon(turn.turn_id)
    delete_person(desk.history, person.person_id)
    keep_all_current(desk)
