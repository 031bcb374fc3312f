"""What goes wrong with what is kept. Part of the tree in `rag.errors`.

MonitoriaError
└── HistoryProblem
    ├── HistoryUnavailable   the database cannot be opened, reached or written
    ├── HistoryNewer         a newer Monitoria made the database
    ├── NotKept              no such person, conversation, turn or run (any more)
    └── EventGap             an event comes before those that lead to it
UsageError
├── PasswordRefused          too short or too long
└── LastAdmin                nobody would be left who may manage people
"""

from __future__ import annotations

from rag.errors import MonitoriaError, UsageError

__all__ = [
    "EventGap",
    "HistoryNewer",
    "HistoryProblem",
    "HistoryUnavailable",
    "LastAdmin",
    "NotKept",
    "PasswordRefused",
]


class HistoryProblem(MonitoriaError):
    """What is kept cannot be used as it was asked."""


class HistoryUnavailable(HistoryProblem):
    """The database cannot be opened, reached or written."""


class HistoryNewer(HistoryProblem):
    """A newer Monitoria made the database; it is left as it was."""


class NotKept(HistoryProblem):
    """There is no such person, conversation, turn or run, or no longer."""

    def __init__(self, what_pt: str, what_en: str, identity: str) -> None:
        super().__init__(
            pt=f"não há {what_pt} {identity!r:.80}; talvez já tenha sido apagado, escolha outro",
            en=f"there is no {what_en} {identity!r:.80}; it may have been deleted, choose another",
        )


class EventGap(HistoryProblem):
    """An event comes before those that lead to it; none of the batch was kept."""


class PasswordRefused(UsageError):
    """A password too short or too long to be one."""


class LastAdmin(UsageError):
    """Nobody would be left who may manage people and can sign in to do it."""

    def __init__(self, login: str) -> None:
        super().__init__(
            pt=f"só {login} é da administração e tem senha; dê antes esse papel a outra pessoa que tenha uma",
            en=f"{login} is the only admin with a password; give that role first to somebody else who has one",
        )
