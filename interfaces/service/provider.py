"""Who an identity provider says has come: its claims, and the roles that the settings give."""

from __future__ import annotations

import time
from collections.abc import Mapping

from corpus.errors import MonitoriaError
from interfaces.history.people import ensure_person, person_by_login
from interfaces.history.records import Person, Role
from interfaces.service.desk import Desk
from interfaces.service.sessions import LASTS_S


class SignInRefused(MonitoriaError):
    """The provider let somebody in, and what it says of her is not enough to know who she is here."""


def person_by_claims(desk: Desk, claims: Mapping[str, object]) -> Person:
    """The person that the claims speak of, made where there is none, with the roles of ``app.roles``.

    Raises:
        SignInRefused: as `login_by_claims` does.
    """
    login = login_by_claims(claims)
    name = _text(claims, "name") or login
    roles = roles_by_settings(desk, login)
    kept = person_by_login(desk.history, login)
    # Asked at every run of a page, and written only where something changed.
    if kept is not None and (kept.name, kept.roles) == (name, roles):
        return kept
    return ensure_person(desk.history, login, name, roles)


def roles_by_settings(desk: Desk, login: str) -> frozenset[Role]:
    """The roles of whom a provider lets in: those of ``app.roles``, else a student's."""
    return frozenset(desk.settings.app.roles.get(login, ("student",)))


def login_by_claims(claims: Mapping[str, object], now_s: float | None = None) -> str:
    """The e-mail of whom the claims speak of, or her ``sub`` where there is none, in lower case.

    An address that the provider has not seen her answer from might be anybody's, whose roles she would get; one of
    which it does not say (many institutions vouch for all of theirs) is believed.

    Raises:
        SignInRefused: nobody is named, the address is not verified, or it was said longer ago than a sign-in lasts.
    """
    login = (_text(claims, "email") or _text(claims, "sub")).casefold()
    if not login:
        raise SignInRefused(
            pt="o provedor não disse quem você é; peça à administração que ele envie o seu e-mail",
            en="the provider did not say who you are; ask an admin to have it send your e-mail address",
        )
    if "email_verified" in claims and str(claims["email_verified"]).casefold() != "true" and _text(claims, "email"):
        raise SignInRefused(
            pt=f"o provedor não verificou o endereço {login}; confirme-o com ele e entre de novo",
            en=f"the provider has not verified the address {login}; confirm it there and sign in again",
        )
    said_at = claims.get("iat")
    if isinstance(said_at, int | float) and said_at + LASTS_S <= (time.time() if now_s is None else now_s):
        hours = LASTS_S // 3600
        raise SignInRefused(
            pt=f"faz mais de {hours} horas que você entrou; entre de novo",
            en=f"you signed in more than {hours} hours ago; sign in again",
        )
    return login


def _text(claims: Mapping[str, object], name: str) -> str:
    said = claims.get(name)
    return said.strip() if isinstance(said, str) else ""
