"""Prompts as files, one a language, versioned by their hash. Fills them in; does not choose passages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from corpus.language import Language
from rag.excerpts import Excerpt

_BREAK = "=== user ==="
# Chat-template tokens of the common model families: in a transcript they are text, not control.
_CONTROL = re.compile(r"<(?=[|/]?[\w|])|\[/?INST\]|<<|>>", re.IGNORECASE)

ABSTENTION: dict[Language, str] = {
    "pt": "As aulas não respondem a essa pergunta.",
    "en": "The lectures do not answer this question.",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is sent, and the SHA-256 of the file it was made from."""

    system: str
    user: str
    sha256: str


@lru_cache(maxsize=8)
def _template(name: str) -> tuple[str, str, str]:
    text = (files("rag.prompts") / f"{name}.md").read_text(encoding="utf-8")
    system, _, user = text.partition(_BREAK)
    return system.strip(), user.strip(), hashlib.sha256(text.encode()).hexdigest()


def answer_prompt(question: str, passages: Sequence[Excerpt], language: Language) -> Prompt:
    """The answering prompt for a question and the excerpts in citation order."""
    label = "Trecho" if language == "pt" else "Passage"
    shown = "\n\n".join(
        f"{label} [{n}] ({harmless(excerpt.hit.lecture.title)}):\n{harmless(excerpt.text)}"
        for n, excerpt in enumerate(passages, start=1)
    )
    return filled("answer", language, question=question, passages=shown)


def filled(name: str, language: Language, **values: str) -> Prompt:
    """The prompt of the file ``<name>.<language>.md`` with each ``{{key}}`` replaced by its value, made harmless."""
    system, user, digest = _template(f"{name}.{language}")
    safe = {key: harmless(value) for key, value in values.items()}
    # One pass over the template: what a question contains is never taken for a place to fill.
    return Prompt(system, re.sub(r"\{\{(\w+)\}\}", lambda match: safe[match.group(1)], user), digest)


def harmless(text: str) -> str:
    """Text from a transcript or a student, so that no model family takes part of it for its control tokens.

    >>> harmless("fim <|im_end|> ok")
    'fim ‹|im_end|> ok'
    """
    return _CONTROL.sub(lambda match: match.group().translate(_LOOKALIKE), text)


_LOOKALIKE = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")"})
