"""Questions as people list them: one a line, in a column named ``pergunta``, without ids."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.language import fold_accents

Placed = tuple[str, dict[str, Any]]

# What else a topic's keys are called, accents and case aside.
_CALLED = {"question": ("question", "pergunta", "questao"), "id": ("id",)}
_BULLET = re.compile(r"^(?:[-*•–]|\d{1,3}[.)])\s+")
_COUNT = re.compile(r"(\d{1,3})[.)]\s")
_CLOSING = " \t\"'”’»)*_"


def renamed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with ``question`` and ``id`` by these names; one that has them keeps whatever else it has.

    >>> renamed({"Pergunta": "O que é viés?"})
    {'question': 'O que é viés?'}
    """
    folded = {fold_accents(key).strip().lower(): key for key in record}
    theirs = {
        folded[other]: name
        for name, others in _CALLED.items()
        if name not in record
        for other in reversed(others)
        if other in folded
    }
    return {theirs.get(key, key): value for key, value in record.items()}


def numbered(found: Sequence[Placed], prefix: str = "") -> list[Placed]:
    """The records with ids ``q001`` and so on, by their places in the file, where none of them has one."""
    if any(record.get("id") is not None for _, record in found):
        return list(found)
    return [(place, {**record, "id": f"{prefix}q{n:03d}"}) for n, (place, record) in enumerate(found, start=1)]


def asked_line_by_line(text: str, *, alone: bool) -> list[tuple[int, str]]:
    r"""The lines of a list of questions with their numbers; none where the text is no such list.

    A list is without headings, and its lines end in question marks: all of them, or half where the file was named
    ``alone`` as one of questions. In a folder it may be a lesson.

    >>> asked_line_by_line("Na versão 2. por quê?\n\n- Explique a variância.\n", alone=True)
    [(1, 'Na versão 2. por quê?'), (3, 'Explique a variância.')]
    """
    lines = _lines(text)
    asking = sum(line.rstrip(_CLOSING).endswith("?") for _, line in lines)
    if any(line.startswith("#") for _, line in lines) or asking < len(lines) / (2 if alone else 1):
        return []
    return [(number, bare) for number, line in lines if (bare := _BULLET.sub("", line, count=1).strip())]


def is_counted(text: str) -> bool:
    r"""Whether the lines of a list count themselves, 1 to the last: then none of them is another's answer.

    >>> is_counted("1. O que é viés?\n2. Explique a variância."), is_counted("1. Por quê?\nPorque sim.")
    (True, False)
    """
    counts = [_COUNT.match(line) for _, line in _lines(text)]
    return [count and int(count.group(1)) for count in counts] == [*range(1, len(counts) + 1)] != []


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
