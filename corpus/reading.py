"""What a reader is given and what it gives back; how a reader says that something was survived."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from corpus.language import Language, how_many
from corpus.records import Cue, QuizQuestion, SourceWarning

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Document:
    """One file's text, with ``name`` as it is shown in messages."""

    name: str
    text: str

    def line_at(self, offset: int) -> int:
        """The 1-based line of a character offset."""
        return self.text.count("\n", 0, max(0, offset)) + 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found; ``None`` where the format does not say."""

    cues: tuple[Cue, ...]
    warnings: tuple[SourceWarning, ...] = ()
    quizzes: tuple[QuizQuestion, ...] = ()
    title: str | None = None
    language: Language | None = None
    kind: Literal["spoken", "written"] = "spoken"


class Reader(Protocol):
    """Reads one format; raises ``UnreadableSource`` where nothing of it can be read."""

    def __call__(self, document: Document) -> Reading:
        """Read ``document``."""
        ...  # pragma: no cover


@dataclass(slots=True)
class Survivals:
    """Collects warnings of one file; past the first few of them only their number is kept.

    A file damaged on every line would otherwise say so a million times.
    """

    name: str
    found: list[SourceWarning] = field(default_factory=list)
    left_out: int = 0

    def add(self, line: int | None, *, pt: str, en: str) -> None:
        """Note one thing that was survived at ``line`` (1-based)."""
        if len(self.found) < _SHOWN:
            self.found.append(SourceWarning(self.name, line, pt, en))
        else:
            self.left_out += 1

    def all(self, more: Sequence[SourceWarning] = ()) -> tuple[SourceWarning, ...]:
        """Everything found, then ``more``, then how many were left out."""
        found = [*self.found, *more]
        if self.left_out:
            found.append(
                SourceWarning(
                    self.name,
                    None,
                    f"e mais {how_many(self.left_out, 'aviso', 'avisos')} como estes.",
                    f"and {how_many(self.left_out, 'more warning', 'more warnings')} like these.",
                )
            )
        return tuple(found)


def known_language(declared: object) -> Language | None:
    """The language a file declares, where it is one of ours (``pt-BR``, ``Portuguese``, ``en_US``).

    >>> known_language("pt-BR"), known_language("English"), known_language("fr")
    ('pt', 'en', None)
    """
    if not isinstance(declared, str):
        return None
    name = declared.strip().lower()
    if name in {"portuguese", "português"} or re.fullmatch(r"(?:pt|por)(?:[-_].*)?", name):
        return "pt"
    if name in {"english", "inglês"} or re.fullmatch(r"(?:en|eng)(?:[-_].*)?", name):
        return "en"
    return None
