"""What an identity provider says of somebody, and who she is by that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from interfaces.history.people import people, set_roles
from interfaces.service.desk import Desk
from interfaces.service.provider import SignInRefused, login_by_claims, person_by_claims
from interfaces.service.sessions import LASTS_S

RITA = {"email": "Rita@Example.org ", "email_verified": True, "name": "Rita", "sub": "7"}


@pytest.fixture
def school(desk: Desk) -> Desk:
    """A desk whose settings have one researcher."""
    app = desk.settings.app.model_copy(update={"roles": {"rita@example.org": ("researcher",)}})
    return replace(desk, settings=desk.settings.model_copy(update={"app": app}))


def test_roles_are_those_of_the_settings_and_a_student_is_everybody_else(school: Desk) -> None:
    rita = person_by_claims(school, RITA)
    assert (rita.login, rita.name, rita.roles) == ("rita@example.org", "Rita", {"researcher"})
    assert person_by_claims(school, RITA) == rita
    other = person_by_claims(school, {"sub": "ABC-7"})
    assert (other.login, other.name, other.roles) == ("abc-7", "abc-7", {"student"})
    assert len(people(school.history)) == 2


def test_what_changed_meanwhile_is_kept(school: Desk) -> None:
    rita = person_by_claims(school, RITA)
    set_roles(school.history, rita.person_id, ["admin"])
    assert person_by_claims(school, RITA).roles == {"researcher"}, "the settings say it anew"
    assert person_by_claims(school, RITA | {"name": "Rita Lima"}).name == "Rita Lima"
    assert [person.name for person in people(school.history)] == ["Rita Lima"]


@pytest.mark.parametrize("verified", [False, "false", "False", 0, None, "no", ""])
def test_an_address_that_is_not_verified_is_nobodys(school: Desk, verified: object) -> None:
    with pytest.raises(SignInRefused, match=r"rita@example\.org"):
        person_by_claims(school, RITA | {"email_verified": verified})
    assert people(school.history) == []


@pytest.mark.parametrize("verified", [True, "true"])
def test_a_verified_address_counts_and_so_does_one_of_which_nothing_is_said(verified: object) -> None:
    assert login_by_claims(RITA | {"email_verified": verified}) == "rita@example.org"
    assert login_by_claims({"email": "rita@example.org"}) == "rita@example.org"
    # Without an address there is none to verify.
    assert login_by_claims({"sub": "7", "email_verified": False}) == "7"


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"email": "  "}, {"email": ["rita@example.org"]}, {"name": "R"}])
def test_without_a_name_to_go_by_nobody_is_let_in(school: Desk, claims: dict[str, object]) -> None:
    with pytest.raises(SignInRefused, match="did not say who you are"):
        person_by_claims(school, claims)
    assert people(school.history) == []


def test_what_was_said_ends_as_a_sign_in_with_a_password_does() -> None:
    said = RITA | {"iat": 1_000}
    assert login_by_claims(said, now_s=1_000 + LASTS_S - 1) == "rita@example.org"
    with pytest.raises(SignInRefused, match="12 hours"):
        login_by_claims(said, now_s=1_000 + LASTS_S)
