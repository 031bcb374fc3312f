"""Passwords as argon2id hashes; nothing else of them is kept, and none is in a message."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from interfaces.history.errors import PasswordRefused

SHORTEST, LONGEST = 8, 1000
# Without l, o, 0 and 1, which look like others on paper.
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """The hash to keep.

    Raises:
        PasswordRefused: fewer than 8 characters, or more than 1000.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordRefused(
            pt=f"a senha tem {len(password)} caracteres; use de {SHORTEST} a {LONGEST}",
            en=f"the password has {len(password)} characters; use {SHORTEST} to {LONGEST}",
        )
    return _hasher.hash(_bytes(password))


def made() -> str:
    """A password to be handed out, of the app's making: three groups of four signs, 60 bits of chance."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(3))


def matches(kept: str | None, password: str) -> bool:
    """Whether the password is the one whose hash was kept; takes as long where there is none to compare with."""
    try:
        _hasher.verify(kept or _nobodys(), _bytes(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", errors="surrogatepass")


@cache
def _nobodys() -> str:
    return _hasher.hash(b"nobody has this password")
