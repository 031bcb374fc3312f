"""Many people at once, together or not at all; and that somebody stays who may manage people."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from interfaces.history import people as known
from interfaces.history.admins import is_last_admin
from interfaces.history.database import History
from interfaces.history.enrolling import Newcomer, add_people, everybody
from interfaces.history.errors import LastAdmin
from interfaces.history.passwords import hashed, made
from interfaces.history.records import Person

HASH = hashed("um segredo longo")


def newcomer(login: str, *roles: str) -> Newcomer:
    return Newcomer(login, login.title(), frozenset(roles or ("student",)), HASH)  # type: ignore[arg-type]


def admin(history: History, login: str) -> Person:
    (person,) = add_people(history, [newcomer(login, "admin")])
    assert person is not None
    return person


def test_who_is_new_is_added_and_who_is_there_stays_as_she_is(history: History, ana: Person) -> None:
    added = add_people(
        history, [newcomer(" BIA "), newcomer("ANA@exemplo.br", "admin"), newcomer("caio", "instructor")]
    )
    assert [one and (one.login, one.roles) for one in added] == [
        ("bia", {"student"}),
        None,
        ("caio", {"instructor"}),
    ]
    assert [(person.login, able) for person, able in everybody(history)] == [
        ("ana@exemplo.br", False),
        ("bia", True),
        ("caio", True),
    ]
    assert everybody(history)[0][0] == ana
    assert known.check_password(history, "bia", "um segredo longo") == added[0]
    assert [person for person, _ in everybody(history)] == known.people(history)


def test_what_stops_one_stops_all(history: History) -> None:
    with pytest.raises(AttributeError):
        add_people(history, [newcomer("bia"), Newcomer("caio", None, frozenset(), HASH)])  # type: ignore[arg-type]
    assert everybody(history) == []


def test_two_that_add_the_same_class_at_once_add_it_once(history: History) -> None:
    students = [newcomer(f"aluno{n}") for n in range(5)]
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda _: add_people(history, students), range(4)))
    assert len(everybody(history)) == 5
    assert sum(one is not None for those in added for one in those) == 5


def test_the_last_admin_stays_one(history: History) -> None:
    ana, bia = admin(history, "ana"), admin(history, "bia")
    assert not is_last_admin(history, ana.person_id)
    assert known.set_roles(history, bia.person_id, ["student"], keeps_admin=True).roles == {"student"}
    assert is_last_admin(history, ana.person_id)
    for leave in (
        lambda: known.set_roles(history, ana.person_id, ["researcher", "student"], keeps_admin=True),
        lambda: known.delete_person(history, ana.person_id, keeps_admin=True),
    ):
        with pytest.raises(LastAdmin, match="ana is the only admin"):
            leave()
    assert known.person(history, ana.person_id).roles == {"admin"}
    assert known.set_roles(history, ana.person_id, ["admin", "student"], keeps_admin=True).roles == {"admin", "student"}
    # Whoever runs the machine may do as she likes, and add another.
    known.delete_person(history, ana.person_id)
    assert [person.login for person, _ in everybody(history)] == ["bia"]


def test_an_admin_who_cannot_sign_in_is_none(history: History) -> None:
    ana = admin(history, "ana")
    known.ensure_person(history, "bia", "Bia", ["admin"])
    assert is_last_admin(history, ana.person_id)
    with pytest.raises(LastAdmin):
        known.delete_person(history, ana.person_id, keeps_admin=True)


def test_two_admins_cannot_each_leave_it_to_the_other(history: History) -> None:
    for _ in range(5):
        both = [admin(history, "ana"), admin(history, "bia")]

        def leaves(one: Person) -> bool:
            try:
                known.set_roles(history, one.person_id, ["student"], keeps_admin=True)
            except LastAdmin:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(leaves, both)) == [False, True]
        for one in both:
            known.delete_person(history, one.person_id)


def test_a_password_of_the_app_s_making_is_unlike_any_other_and_easy_to_copy() -> None:
    passwords = {made() for _ in range(1000)}
    assert len(passwords) == 1000
    assert all(len(one) == 14 and set(one) <= set("abcdefghijkmnpqrstuvwxyz23456789-") for one in passwords)
