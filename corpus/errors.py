"""What goes wrong with sources. The whole tree is drawn in `rag.errors`."""

from __future__ import annotations

from corpus.language import say


class MonitoriaError(Exception):
    """Anything that Monitoria says to a person: what was wrong, the value, and what to do next.

    Both wordings are given where the error is raised; `str()` speaks the interface's language.
    """

    exit_code = 1

    def __init__(self, *, pt: str, en: str) -> None:
        super().__init__(pt, en)
        self.pt = pt
        self.en = en

    def __str__(self) -> str:
        return say(self.pt, self.en)


class UsageError(MonitoriaError):
    """The request itself is wrong: an unknown option, a value out of range, a file that is not there."""

    exit_code = 2


class UnreadableSource(MonitoriaError):
    """A source file that cannot be read as what it is; ``line`` is 1-based, or ``None`` where it has no lines."""

    def __init__(self, name: str, *, pt: str, en: str, line: int | None = None) -> None:
        place = name if line is None else f"{name}:{line}"
        super().__init__(pt=f"{place}: {pt}", en=f"{place}: {en}")
        self.name = name
        self.line = line


class DuplicateLecture(UsageError):
    """Two files claim one lecture id."""


class StoreError(MonitoriaError):
    """A file of segments or lectures that cannot be written, read, or trusted."""
