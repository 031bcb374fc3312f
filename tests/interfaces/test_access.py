"""Roles: what each may do, and the refusal."""

from __future__ import annotations

from typing import get_args

import pytest

from corpus.language import set_interface_language
from interfaces.access import LOCAL, MAY, ROLES, AccessDenied, Action, may, need, own
from interfaces.history.records import Conversation, Person, Role


def person(*roles: Role) -> Person:
    return Person("p1", "ana", "Ana", frozenset(roles))


def test_each_role_may_do_what_its_journey_needs_and_no_more() -> None:
    allowed = {role: {action for action in get_args(Action) if may(person(role), action)} for role in ROLES}
    assert allowed["student"] == {"ask", "read own"}
    assert allowed["instructor"] - allowed["student"] == {
        "see segments",
        "correct segments",
        "upload",
        "see asked questions",
        "see every course",
    }
    assert allowed["researcher"] - allowed["student"] == {"see segments", "evaluate", "annotate"}
    assert allowed["admin"] == set(get_args(Action))


def test_roles_add_up_and_without_any_nothing_is_allowed() -> None:
    need(person("instructor", "researcher"), "annotate")
    need(person("instructor", "researcher"), "upload")
    assert not any(may(person(), action) for action in get_args(Action))
    for action in get_args(Action):
        need(LOCAL, action)


def test_the_refusal_says_who_may_in_both_languages() -> None:
    with pytest.raises(AccessDenied, match=r"ana may not correct segments; ask an admin .*: instructor, admin"):
        need(person("student"), "correct segments")
    set_interface_language("pt")
    with pytest.raises(AccessDenied, match=r"ana não pode corrigir trechos; .*: docente, administração"):
        need(person("student"), "correct segments")


@pytest.mark.parametrize("roles", [("student",), ("admin",), ROLES])
def test_nobody_reads_another_s_conversation(roles: tuple[Role, ...]) -> None:
    own(person(*roles), Conversation("c1", "p1", "redes", "minha", "", ""))
    with pytest.raises(AccessDenied, match="not ana's"):
        own(person(*roles), Conversation("c2", "p2", "redes", "dela", "", ""))


def test_the_table_of_roles_cannot_be_changed_by_who_reads_it() -> None:
    with pytest.raises(TypeError):
        MAY["student"] = frozenset(get_args(Action))  # type: ignore[index]
