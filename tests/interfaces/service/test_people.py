"""What an admin does with people: who is there, one more, a class, roles, passwords, removal; and who may not."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from corpus.errors import UsageError
from interfaces.access import AccessDenied
from interfaces.history.conversations import conversations_of, start_conversation
from interfaces.history.errors import LastAdmin, NotKept, PasswordRefused
from interfaces.history.people import check_password, person, person_by_login, set_password
from interfaces.history.people import people as kept
from interfaces.history.records import Person
from interfaces.service import people
from interfaces.service.account import change_password, delete_own
from interfaces.service.desk import Desk
from interfaces.service.enrolling import passwords_csv
from interfaces.service.provider import person_by_claims
from interfaces.service.sessions import holder, issue

CLASS = "login;nome;papéis\nANA@example.org;Ana;admin\ncaio;=1+1;\ndu da;;chefe\nines;Inês;docente\n"


def with_login(desk: Desk, login: str, **more: object) -> Desk:
    app = desk.settings.app.model_copy(update={"login": login, **more})
    return replace(desk, settings=desk.settings.model_copy(update={"app": app}))


@pytest.fixture
def school(desk: Desk) -> Desk:
    return with_login(desk, "password")


@pytest.fixture
def sara(desk: Desk) -> Person:
    """The one admin."""
    school = with_login(desk, "password")
    boss = Person("", "", "", frozenset({"admin"}))
    return people.add(school, boss, "Sara@Example.org", "Sara", ["admin"], "a senha de sara")[0]


def test_she_adds_somebody_with_a_password_of_hers_or_the_app_s(school: Desk, sara: Person) -> None:
    bia, none = people.add(school, sara, " Bia@example.org", "", ["student"], "a senha de bia")
    assert (bia.login, bia.name, none) == ("bia@example.org", "Bia@example.org", None)
    assert check_password(school.history, "bia@example.org", "a senha de bia") == bia
    caio, handed = people.add(school, sara, "caio", "Caio", ["instructor", "student"])
    assert handed is not None
    assert handed.password not in repr(handed)
    assert check_password(school.history, handed.login, handed.password) == caio
    assert [(one.login, one.signs_in) for one in people.everybody(school, sara)] == [
        ("bia@example.org", True),
        ("caio", True),
        ("sara@example.org", True),
    ]


@pytest.mark.parametrize(
    ("login", "roles", "password", "fault", "told"),
    [
        (" ", ["student"], "", UsageError, "login is empty"),
        ("bia", [], "", UsageError, "at least one"),
        ("SARA@example.org", ["student"], "", UsageError, "is there already"),
        ("bia", ["student"], "curta", PasswordRefused, "5 characters"),
    ],
)
def test_who_cannot_be_added_is_told_why_and_nobody_is(
    school: Desk, sara: Person, login: str, roles: list, password: str, fault: type[Exception], told: str
) -> None:
    with pytest.raises(fault, match=told):
        people.add(school, sara, login, "", roles, password)
    assert kept(school.history) == [sara]


def test_a_class_is_added_line_by_line_and_its_passwords_open(school: Desk, sara: Person, ana: Person) -> None:
    steps: list[tuple[int, int]] = []
    enrolled = people.add_class(school, sara, CLASS, lambda done, of: steps.append((done, of)))
    assert [(one.number, one.login, one.outcome) for one in enrolled] == [
        (2, "ana@example.org", "there"),
        (3, "caio", "added"),
        (4, "du da", "refused"),
        (5, "ines", "added"),
    ]
    assert steps == [(1, 2), (2, 2)]
    assert "'chefe'" in str(enrolled[2].fault)
    assert person(school.history, ana.person_id) == ana, "who is there stays as she is"
    rows = list(csv.DictReader(io.StringIO(passwords_csv(enrolled).decode("utf-8-sig"))))
    assert [(row["login"], row["name"]) for row in rows] == [("caio", "'=1+1"), ("ines", "Inês")]
    for row in rows:
        assert check_password(school.history, row["login"], row["password"]) is not None
    assert not any(one.password and one.password in repr(enrolled) for one in enrolled)
    again = people.add_class(school, sara, CLASS)
    assert [one.outcome for one in again] == ["there", "there", "refused", "there"]
    assert passwords_csv(again).decode("utf-8-sig").splitlines() == ["login,name,password"]


def test_whoever_breaks_off_has_added_nobody(school: Desk, sara: Person) -> None:
    def stop(done: int, of: int) -> None:
        if done == of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        people.add_class(school, sara, CLASS, stop)
    assert kept(school.history) == [sara]


def test_roles_are_changed_but_never_the_last_admin_s(school: Desk, sara: Person, bia: Person) -> None:
    bia = people.change_roles(school, sara, bia.person_id, ["instructor", "admin"])
    assert bia.roles == {"instructor", "admin"}
    # She has no password, so that nobody could come in as an admin.
    with pytest.raises(LastAdmin, match="sara"):
        people.change_roles(school, sara, sara.person_id, ["student"])
    set_password(school.history, bia.person_id, "a senha de bia")
    assert people.change_roles(school, sara, sara.person_id, ["student"]).roles == {"student"}
    with pytest.raises(UsageError, match="at least one"):
        people.change_roles(school, bia, sara.person_id, [])
    with pytest.raises(NotKept):
        people.change_roles(school, bia, "nobody", ["student"])


def test_another_password_ends_her_sessions_and_one_s_own_is_changed_elsewhere(
    school: Desk, sara: Person, bia: Person
) -> None:
    set_password(school.history, bia.person_id, "a senha de bia")
    token = issue(school, bia)
    handed = people.give_password(school, sara, bia.person_id)
    assert handed is not None
    assert holder(school, token) is None
    assert check_password(school.history, handed.login, handed.password) == bia
    assert people.give_password(school, sara, bia.person_id, "outra senha") is None
    assert check_password(school.history, bia.login, "outra senha") == bia
    with pytest.raises(UsageError, match="your own"):
        people.give_password(school, sara, sara.person_id, "outra senha")
    with pytest.raises(PasswordRefused):
        people.give_password(school, sara, bia.person_id, "curta")


def test_who_is_removed_is_gone_with_all_that_was_hers(school: Desk, sara: Person, bia: Person) -> None:
    start_conversation(school.history, bia.person_id, "curso", "o que é dropout?")
    assert people.remove(school, sara, bia.person_id) == bia
    assert person_by_login(school.history, bia.login) is None
    assert list(conversations_of(school.history, bia.person_id)) == []
    with pytest.raises(UsageError, match="your own account"):
        people.remove(school, sara, sara.person_id)
    with pytest.raises(NotKept):
        people.remove(school, sara, bia.person_id)


def test_the_last_admin_cannot_delete_herself_until_there_is_another(school: Desk, sara: Person) -> None:
    with pytest.raises(LastAdmin, match="sara"):
        delete_own(school, sara)
    people.add(school, sara, "caio", "Caio", ["admin"])
    delete_own(school, sara)
    assert person_by_login(school.history, sara.login) is None


def test_her_own_password_needs_the_old_one_and_ends_every_other_session(school: Desk, sara: Person) -> None:
    token = issue(school, sara)
    for old, new, again, told in (
        ("errada demais", "a nova senha", "a nova senha", "does not match"),
        ("a senha de sara", "a nova senha", "a outra senha", "differ"),
        ("a senha de sara", "curta", "curta", "5 characters"),
        ("a senha de sara", "a senha de sara", "a senha de sara", "same as"),
    ):
        with pytest.raises(UsageError, match=told) as caught:
            change_password(school, sara, old, new, again)
        assert "senha" not in str(caught.value)
    assert holder(school, token) == sara
    change_password(school, sara, "a senha de sara", "a nova senha", "a nova senha")
    assert holder(school, token) is None
    assert check_password(school.history, sara.login, "a nova senha") == sara
    assert holder(school, issue(school, sara)) == sara


ACTIONS: list[Callable[[Desk, Person, Person], object]] = [
    lambda desk, who, other: people.everybody(desk, who),
    lambda desk, who, other: people.add(desk, who, "caio", "Caio", ["student"]),
    lambda desk, who, other: people.add_class(desk, who, CLASS),
    lambda desk, who, other: people.change_roles(desk, who, other.person_id, ["admin"]),
    lambda desk, who, other: people.give_password(desk, who, other.person_id),
    lambda desk, who, other: people.remove(desk, who, other.person_id),
]


@pytest.mark.parametrize("act", ACTIONS, ids=["see", "add", "class", "roles", "password", "remove"])
def test_nobody_but_an_admin_does_any_of_it(school: Desk, ana: Person, bia: Person, act) -> None:
    staff = replace(ana, roles=frozenset({"student", "instructor", "researcher"}))
    before = kept(school.history)
    for who in (ana, staff):
        with pytest.raises(AccessDenied, match="manage people"):
            act(school, who, bia)
    assert kept(school.history) == before


@pytest.mark.parametrize("act", ACTIONS[1:5], ids=["add", "class", "roles", "password"])
def test_with_a_provider_passwords_and_roles_are_not_given_here(desk: Desk, sara: Person, bia: Person, act) -> None:
    with pytest.raises(UsageError, match=r"app\.roles"):
        act(with_login(desk, "oidc"), sara, bia)


def test_with_a_provider_roles_are_told_as_the_settings_give_them(desk: Desk, sara: Person) -> None:
    ours = with_login(desk, "oidc", roles={"rita@example.org": ("researcher",), "eva@example.org": ("admin",)})
    person_by_claims(ours, {"email": "rita@example.org", "name": "Rita"})
    # Of a time with passwords; when she comes she is what the settings say.
    told = [(one.login, one.name, set(one.roles), bool(one.person_id)) for one in people.everybody(ours, sara)]
    assert told == [
        ("eva@example.org", "eva@example.org", {"admin"}, False),
        ("rita@example.org", "Rita", {"researcher"}, True),
        ("sara@example.org", "Sara", {"student"}, True),
    ]
    rita = person_by_login(desk.history, "rita@example.org")
    assert rita is not None
    assert people.remove(ours, sara, rita.person_id) == rita
