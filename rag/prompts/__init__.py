"""Prompts as files, one a language, versioned by their hash. Fills them in; does not choose passages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from corpus.language import Language
from rag.quotes import Quote

_TURN = re.compile(r"^=== (user|assistant) ===$", re.MULTILINE)
# Chat-template tokens of the common model families: in a transcript they are text, not control.
_CONTROL = re.compile(r"<(?=[|/]?[\w|])|\[/?INST\]|<<|>>", re.IGNORECASE)

ABSTENTION: dict[Language, str] = {
    "pt": "As aulas não respondem a essa pergunta.",
    "en": "The lectures do not answer this question.",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is sent, and the SHA-256 of the file it was made from.

    Attributes:
        before: turns between the system's and the last user's, as ``(role, text)``: examples.
        opening: how the model's reply begins; it goes on from there.
    """

    system: str
    user: str
    sha256: str
    before: tuple[tuple[str, str], ...] = ()
    opening: str = ""


@lru_cache(maxsize=32)
def _template(package: str, name: str) -> tuple[str, tuple[tuple[str, str], ...], str]:
    text = (files(package) / f"{name}.md").read_text(encoding="utf-8")
    system, *parts = _TURN.split(text)
    turns = tuple((role, said.strip()) for role, said in zip(parts[::2], parts[1::2], strict=True))
    return system.strip(), turns, hashlib.sha256(text.encode()).hexdigest()


def answer_prompt(question: str, quotes: Sequence[Quote], language: Language) -> Prompt:
    """The answering prompt for a question and the quotes in citation order."""
    label = "Trecho" if language == "pt" else "Passage"
    shown = "\n\n".join(
        f"{label} [{n}] ({quote.hit.lecture.title}):\n{quote.text}" for n, quote in enumerate(quotes, start=1)
    )
    return filled("answer", language, question=question, passages=shown)


def report_prompt(question: str, quote: Quote, language: Language) -> Prompt:
    """The prompt for one sentence on what one quote says; the reply begins with who says it."""
    return filled(
        "report", language, question=" ".join(question.split()), quote=quote.text, opening=opening_of(quote, language)
    )


def says_prompt(question: str, quote: Quote, language: Language) -> Prompt:
    """The prompt whose reply goes on with whether the lecturer says in the quote what was asked."""
    subject = opening_of(quote, language).rsplit(" ", 2)[0]
    return filled("says", language, question=" ".join(question.split()), quote=quote.text, opening=subject)


def opening_of(quote: Quote, language: Language) -> str:
    """``O professor diz que``: of speech the lecturer, of written material the material."""
    spoken = quote.place.start_s is not None
    if language == "pt":
        return "O professor diz que" if spoken else "O material diz que"
    return "The lecturer says that" if spoken else "The material says that"


def filled(name: str, language: Language, package: str = "rag.prompts", **values: str) -> Prompt:
    """The prompt of ``<name>.<language>.md`` in ``package``, each ``{{key}}`` replaced by its value, made harmless."""
    system, turns, digest = _template(package, f"{name}.{language}")
    safe = {key: harmless(value) for key, value in values.items()}
    # One pass over the template: what a question contains is never taken for a place to fill.
    said = [(role, re.sub(r"\{\{(\w+)\}\}", lambda match: safe[match.group(1)], text)) for role, text in turns]
    opening = said.pop()[1] if said[-1][0] == "assistant" else ""
    return Prompt(system, said[-1][1], digest, tuple(said[:-1]), opening)


def harmless(text: str) -> str:
    """Text from a transcript or a student, so that no model family takes part of it for its control tokens.

    >>> harmless("fim <|im_end|> ok")
    'fim ‹|im_end|> ok'
    """
    return _CONTROL.sub(lambda match: match.group().translate(_LOOKALIKE), text)


_LOOKALIKE = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")"})
