"""A token says who signed in; nobody else can make one; time, another password and signing out end it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import update

from interfaces.history.people import delete_person, ensure_person, set_password, set_roles
from interfaces.history.records import Person
from interfaces.history.tables import PersonRow
from interfaces.service.desk import Desk
from interfaces.service.sessions import LASTS_S, holder, issue, sign_out


@pytest.fixture(autouse=True)
def _passwords(desk: Desk, ana: Person, bia: Person) -> None:
    for person in (ana, bia):
        set_password(desk.history, person.person_id, f"a senha de {person.name}")


def test_a_token_is_its_owners_until_it_ends(desk: Desk, ana: Person, bia: Person) -> None:
    token = issue(desk, ana)
    assert holder(desk, token) == ana
    assert holder(desk, issue(desk, bia)) == bia
    assert holder(desk, token, now_s=time.time() + LASTS_S - 2) == ana
    assert holder(desk, token, now_s=time.time() + LASTS_S + 2) is None


def test_it_tells_of_her_as_she_is_now(desk: Desk, ana: Person) -> None:
    token = issue(desk, ana)
    now = set_roles(desk.history, ana.person_id, ["researcher"])
    assert now != ana
    assert holder(desk, token) == now


def test_a_changed_or_invented_token_is_nobodys(desk: Desk, ana: Person, bia: Person) -> None:
    who, until, word, seal = issue(desk, ana).split(".")
    assert holder(desk, f"{who}.{until}.{word}.{seal}") == ana
    for forged in (
        f"{bia.person_id}.{until}.{word}.{seal}",
        f"{who}.{int(until) + 1}.{word}.{seal}",
        f"{who}.{until}.{'0' * 16}.{seal}",
        f"{who}.{until}.{word}.{'0' * 64}",
        f"{who}.{until}.{word}.{seal}\n",
        f"{who}.{until}.{seal}",
        "",
        "a.b.c.d",
        "é" * 100,
    ):
        assert holder(desk, forged) is None


def test_another_password_ends_all_that_was_opened_with_the_old_one(desk: Desk, ana: Person, bia: Person) -> None:
    before, again, others = issue(desk, ana), issue(desk, ana), issue(desk, bia)
    set_password(desk.history, ana.person_id, "outra senha")
    assert holder(desk, before) is None
    assert holder(desk, again) is None
    assert holder(desk, others) == bia
    assert holder(desk, issue(desk, ana)) == ana
    # The same words are kept with another salt: who sets them again means a new beginning.
    after = issue(desk, ana)
    set_password(desk.history, ana.person_id, "outra senha")
    assert holder(desk, after) is None


def test_so_does_the_command_of_whoever_runs_it(desk: Desk, ana: Person) -> None:
    token = issue(desk, ana)
    assert holder(desk, token) == ana
    command = [str(Path(sys.executable).parent / "monitoria"), "people", "password", ana.login]
    environment = os.environ | {"MONITORIA_APP__FOLDER": str(desk.settings.app.folder)}
    subprocess.run(command, input="da administração\n", text=True, env=environment, check=True, capture_output=True)
    assert holder(desk, token) is None


def test_without_a_password_nobody_is_in(desk: Desk, ana: Person) -> None:
    token = issue(desk, ana)
    with desk.history.session() as session:
        session.execute(update(PersonRow).where(PersonRow.person_id == ana.person_id).values(password_hash=None))
    assert holder(desk, token) is None
    assert holder(desk, issue(desk, ana)) is None


def test_a_person_made_anew_is_another(desk: Desk, ana: Person) -> None:
    token = issue(desk, ana)
    delete_person(desk.history, ana.person_id)
    assert holder(desk, token) is None
    anew = ensure_person(desk.history, ana.login, ana.name)
    set_password(desk.history, anew.person_id, f"a senha de {ana.name}")
    assert holder(desk, token) is None
    assert holder(desk, issue(desk, anew)) == anew


def test_signing_out_ends_one_token_and_no_other(desk: Desk, ana: Person) -> None:
    # Of one second, and still two: a person may sign out and in again faster than a clock ticks.
    now_s = time.time()
    here, elsewhere = issue(desk, ana, now_s), issue(desk, ana, now_s)
    assert here != elsewhere
    sign_out(here)
    sign_out("")
    assert holder(desk, here) is None
    assert holder(desk, elsewhere) == ana


def test_the_secret_is_readable_by_its_owner_alone(desk: Desk, ana: Person) -> None:
    issue(desk, ana)
    (secret,) = desk.settings.app.folder.glob("session-secret*")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_bytes()) == 32


def test_a_token_holds_nothing_but_figures_letters_and_dots(desk: Desk, ana: Person) -> None:
    assert set(issue(desk, ana)) <= set("0123456789abcdef.")
