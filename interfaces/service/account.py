"""What a person may do with all that is hers: take it with her, or have it deleted."""

from __future__ import annotations

import json

from corpus.errors import UsageError
from interfaces.access import need
from interfaces.history.admins import is_last_admin
from interfaces.history.conversations import conversations_of, turns_of
from interfaces.history.errors import LastAdmin, NotKept
from interfaces.history.people import check_password, delete_person, set_password
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


def change_password(desk: Desk, person: Person, old: str, new: str, again: str) -> None:
    """Give oneself another password; every session ends that was opened with the old one.

    Raises:
        UsageError: the old one does not match, or the new one is typed differently twice, or is the old one.
        PasswordRefused: the new one is too short or too long.
    """
    need(person, "read own")
    if check_password(desk.history, person.login, old) is None:
        raise UsageError(
            pt="a senha atual não confere; digite a que você usou para entrar",
            en="the present password does not match; type the one that you signed in with",
        )
    if new != again:
        raise UsageError(
            pt="a nova senha foi digitada de dois jeitos; digite a mesma duas vezes",
            en="the two that were typed as the new password differ; type the same twice",
        )
    if new == old:
        raise UsageError(
            pt="a nova senha é igual à atual; escolha outra",
            en="the new password is the same as the present one; choose another",
        )
    set_password(desk.history, person.person_id, new)


def delete_own(desk: Desk, person: Person) -> None:
    """Delete oneself with all that is one's own, as `delete_all` does.

    Raises:
        LastAdmin: with passwords, where nobody would be left who may manage people.
        IndexProblem: as `delete_all` does.
    """
    need(person, "read own")
    keeps_admin = desk.settings.app.login == "password"
    if keeps_admin and is_last_admin(desk.history, person.person_id):
        raise LastAdmin(person.login)
    delete_all(desk, person, keeps_admin=keeps_admin)


def delete_all(desk: Desk, person: Person, *, keeps_admin: bool = False) -> None:
    """Delete the person and all that is hers; answers that are being made for her are stopped and not kept.

    Corrections of hers are of the course, and stay without her name.

    Raises:
        IndexProblem: a course is busy or damaged, so that her name could not be taken off; nothing is deleted.
        LastAdmin: with ``keeps_admin``, where nobody would be left who may manage people.
    """
    need(person, "read own")
    forget(desk, person)
    for conversation in conversations_of(desk.history, person.person_id):
        for turn in turns_of(desk.history, conversation.conversation_id):
            desk.answering.abandon(turn.turn_id)
    delete_person(desk.history, person.person_id, keeps_admin=keeps_admin)
    keep_all_current(desk)
