"""How values lie in columns, the same on SQLite and PostgreSQL: moments, text of any kind, JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """Text that both engines take: NUL and halves of surrogate pairs become U+FFFD.

    >>> plain("a" + chr(0) + "b")
    'a�b'
    """
    if text.isascii():
        return text.replace("\0", REPLACEMENT)
    return "".join(REPLACEMENT if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """A moment as records have it: ISO 8601, always with microseconds, so that texts sort as moments do."""
    return moment.isoformat(timespec="microseconds")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which keeps no zone, gets it back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database, in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, aware of its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text as people and models write it, made `plain`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database, plain."""
        return None if value is None else plain(value)


class Document(TypeDecorator[Any]):
    """JSON kept as text, so that both engines give back the same keys in the same order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401
        """To the database, its texts plain."""
        return None if value is None else json.dumps(_plain_json(value), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """From the database."""
        return None if value is None else json.loads(value)


def _plain_json(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(str(key)): _plain_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_json(one) for one in value]
    return value
