"""The tests' identity provider gives nothing to the wrong client, for the wrong address, or twice."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey

from tests.oidc_provider import Provider, _base64url

VERIFIER = "a word that only the client knows"
BACK = "http://127.0.0.1:1/oauth2callback"


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return Provider().key


@pytest.fixture
def provider(key: RSAKey) -> Provider:
    claims = {"email": "ana@example.org"}
    return Provider(client_secret="s", url="http://127.0.0.1:2", returns_to=BACK, claims=claims, key=key)


def code(provider: Provider) -> str:
    asked = {
        "client_id": "monitoria",
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "openid email",
        "state": "a state",
        "nonce": "a nonce",
        "code_challenge": _base64url(hashlib.sha256(VERIFIER.encode()).digest()),
    }
    assert provider.authorize(asked).startswith(f"{BACK}?code=")
    return next(reversed(provider.codes))


def exchanged(provider: Provider, client: tuple[str, str] = ("monitoria", "s"), **other: str) -> dict[str, Any] | None:
    right = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
    return provider.exchange(client, right | other)


def test_a_code_is_good_once_for_a_token_that_the_key_signed(provider: Provider) -> None:
    given = code(provider)
    tokens = exchanged(provider, code=given)
    assert tokens is not None
    read = jwt.decode(tokens["id_token"], provider.key, algorithms=["RS256"])
    assert (read.claims["nonce"], read.claims["email"], read.claims["aud"]) == (
        "a nonce",
        "ana@example.org",
        "monitoria",
    )
    with pytest.raises(BadSignatureError):
        jwt.decode(tokens["id_token"], RSAKey.generate_key(2048), algorithms=["RS256"])
    assert exchanged(provider, code=given) is None
    assert provider.refused == ["code"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"client": ("monitoria", "guessed")}, "client"),
        ({"client": ("another", "s")}, "client"),
        ({"redirect_uri": "http://127.0.0.1:3/oauth2callback"}, "address"),
        ({"code_verifier": "guessed"}, "verifier"),
        ({"grant_type": "password"}, "grant"),
        ({"code": "guessed"}, "code"),
    ],
)
def test_whatever_does_not_fit_gets_nothing(provider: Provider, wrong: dict[str, Any], reason: str) -> None:
    assert exchanged(provider, **({"code": code(provider)} | wrong)) is None
    assert provider.refused == [reason]
    assert provider.tokens_given == 0
