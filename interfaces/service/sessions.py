"""That somebody signed in, told by a token that only this installation can have made; a reload then asks for nothing.

A token is who, until when, and an HMAC-SHA256 of both by a secret beside the database. Nothing is kept of it.
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

from interfaces.history.records import Person
from interfaces.service.desk import Desk

LASTS_S = 12 * 3600
_TOKEN = re.compile(r"([0-9a-f]{1,64})\.([0-9]{1,12})\.([0-9a-f]{64})")


def issue(desk: Desk, person: Person, now_s: float | None = None) -> str:
    """A token for who has just signed in, of figures, letters and dots."""
    until = int((time.time() if now_s is None else now_s) + LASTS_S)
    return f"{person.person_id}.{until}.{_seal(desk.settings.app.folder, person.person_id, until)}"


def holder(desk: Desk, token: str | None, now_s: float | None = None) -> str | None:
    """Whose the token is, by id; ``None`` where it is nobody's, or too old."""
    found = _TOKEN.fullmatch(token or "")
    if found is None:
        return None
    person_id, until, seal = found.group(1), int(found.group(2)), found.group(3)
    if not hmac.compare_digest(seal, _seal(desk.settings.app.folder, person_id, until)):
        return None
    return person_id if until > (time.time() if now_s is None else now_s) else None


def _seal(folder: Path, person_id: str, until: int) -> str:
    return hmac.new(_secret(folder), f"{person_id}.{until}".encode(), sha256).hexdigest()


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
