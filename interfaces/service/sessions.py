"""That somebody signed in, told by a token that only this installation can have made; a reload then asks for nothing.

A token is who, until when, a word of its own, and an HMAC-SHA256 of these and of the password's hash by a secret beside
the database: another password, or a person deleted and made anew, and it is nobody's. Nothing is kept of it, but those
that were signed out of, in memory and until they would have ended.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import time
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from interfaces.history.people import with_password
from interfaces.history.records import Person
from interfaces.service.desk import Desk

LASTS_S = 12 * 3600
_TOKEN = re.compile(r"(([0-9a-f]{1,64})\.([0-9]{1,12})\.[0-9a-f]{16})\.([0-9a-f]{64})")
_signed_out: dict[str, int] = {}


def issue(desk: Desk, person: Person, now_s: float | None = None) -> str:
    """A token for who has just signed in with her password, of figures, letters and dots."""
    until = int((time.time() if now_s is None else now_s) + LASTS_S)
    told = f"{person.person_id}.{until}.{secrets.token_hex(8)}"
    kept = with_password(desk.history, person.person_id)
    return f"{told}.{_seal(desk.settings.app.folder, told, kept[1] if kept else None)}"


def holder(desk: Desk, token: str, now_s: float | None = None) -> Person | None:
    """Whose the token is, as she is now; ``None`` where it is nobody's, too old, or was signed out of."""
    found = _TOKEN.fullmatch(token)
    if found is None or token in _signed_out:
        return None
    told, person_id, until, seal = found.groups()
    if int(until) <= (time.time() if now_s is None else now_s):
        return None
    kept = with_password(desk.history, person_id)
    if kept is None or kept[1] is None:
        return None
    return kept[0] if hmac.compare_digest(seal, _seal(desk.settings.app.folder, told, kept[1])) else None


def sign_out(token: str) -> None:
    """Let a token be nobody's from here on, in whatever tab or copy it is; this process knows it, until it ends."""
    now_s = time.time()
    for ended in [one for one, until in list(_signed_out.items()) if until <= now_s]:
        _signed_out.pop(ended, None)
    if found := _TOKEN.fullmatch(token):
        _signed_out[token] = int(found.group(3))


def _seal(folder: Path, told: str, password_hash: str | None) -> str:
    # Of the hash, so that neither the token nor the secret alone says anything about it.
    password = sha256((password_hash or "").encode()).hexdigest()
    return hmac.new(_secret(folder), f"{told}.{password}".encode(), sha256).hexdigest()


@lru_cache(maxsize=4)
def _secret(folder: Path) -> bytes:
    """The installation's secret, made where there is none; readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "session-secret"
    made = folder / f"session-secret.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            # Whoever comes first wins, and all others read hers.
            path.hardlink_to(made)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_bytes()
