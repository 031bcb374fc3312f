"""A token says who signed in; nobody else can make one, and it ends."""

from __future__ import annotations

import stat
import time

import pytest

from interfaces.history.records import Person
from interfaces.service.desk import Desk
from interfaces.service.sessions import LASTS_S, holder, issue


def test_a_token_is_its_owners_until_it_ends(desk: Desk, ana: Person, bia: Person) -> None:
    token = issue(desk, ana)
    assert holder(desk, token) == ana.person_id
    assert holder(desk, issue(desk, bia)) == bia.person_id
    assert holder(desk, token, now_s=time.time() + LASTS_S + 2) is None


def test_a_changed_or_invented_token_is_nobodys(desk: Desk, ana: Person, bia: Person) -> None:
    who, until, seal = issue(desk, ana).split(".")
    for forged in (
        f"{bia.person_id}.{until}.{seal}",
        f"{who}.{int(until) + 1}.{seal}",
        f"{who}.{until}.{'0' * 64}",
        f"{who}.{until}.{seal}\n",
        "",
        None,
        "a.b.c",
        "é" * 100,
    ):
        assert holder(desk, forged) is None


def test_the_secret_is_readable_by_its_owner_alone(desk: Desk, ana: Person) -> None:
    issue(desk, ana)
    (secret,) = desk.settings.app.folder.glob("session-secret*")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_bytes()) == 32


@pytest.mark.parametrize("n", range(3))
def test_a_token_holds_nothing_but_figures_letters_and_dots(desk: Desk, ana: Person, n: int) -> None:
    assert set(issue(desk, ana, now_s=float(n))) <= set("0123456789abcdef.")
