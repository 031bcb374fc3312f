"""How stages, numbers, moments and marked texts read on the segments page."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.errors import MonitoriaError
from corpus.language import number, say
from corpus.records import Segment
from interfaces.pages.plain import JOINER, plain, spaced
from interfaces.render import lecture_label, span
from interfaces.service.correcting import Author, Piece
from rag.records import StageScore


def stage_name(stage: str) -> str:
    """A stage of retrieval by its name for people."""
    names = {
        "dense": say("Vetores", "Vectors"),
        "windows": say("Janelas", "Windows"),
        "lexical": say("Palavras", "Words"),
        "late": say("Interação tardia", "Late interaction"),
        "expansion": say("Expansão", "Expansion"),
        "neighbours": say("Vizinhos", "Neighbours"),
        "rerank": say("Releitura", "Reranking"),
        "fusion": say("Fusão", "Fusion"),
    }
    return names.get(stage, stage)


def score(stage: str, found: StageScore) -> str:
    """A stage's rank and score: ``2º · 0,842``; what neighbours add has its sign."""
    sign = "+" if stage == "neighbours" and found.score >= 0 else ""
    value = sign + number(found.score, 1 if stage == "lexical" else 3 if stage in ("dense", "windows", "late") else 2)
    value = value.replace("-", "−")
    rank = say(f"{found.rank}º", f"#{found.rank}")
    # In bold where the stage would have put it first.
    return f"**{plain(rank)}** · {plain(value)}" if found.rank == 1 else f"{plain(rank)} · {plain(value)}"


def place(segment: Segment, title: str) -> str:
    """Where a segment is: ``Aula 03 · Regularização · 12:34–14:20``."""
    parts = (
        lecture_label(segment.lecture_id, title),
        span(segment.start_s, segment.end_s),
        " › ".join(segment.heading) if segment.start_s is None else None,
    )
    return " · ".join(part for part in parts if part)


def who(author: Author) -> str:
    """Who changed a text, as far as that is said."""
    if author.mine:
        return say("você", "you")
    return author.name or say("alguém", "somebody")


def fault(error: MonitoriaError | None) -> str:
    """An error as Markdown that shows exactly it; nothing where there is none."""
    return "" if error is None else plain(str(error))


def with_marks(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text as Markdown, what lies in the spans on a coloured ground."""
    parts = []
    done = 0
    for begin, end in spans:
        # A colon just before would be read as another mark's beginning.
        apart = JOINER if text[done:begin].endswith(":") else ""
        parts += [spaced(text[done:begin]), f"{apart}:blue-background[{plain(text[begin:end])}]"]
        done = end
    return "".join([*parts, spaced(text[done:])]).strip()


def with_changes(pieces: Sequence[Piece]) -> str:
    """A difference as Markdown: what went is struck out, what came is on a coloured ground."""
    grounds = {"same": "{}", "gone": ":red-background[~~{}~~]", "new": ":green-background[{}]"}
    return " ".join(grounds[piece.kind].format(plain(piece.text)) for piece in pieces)
