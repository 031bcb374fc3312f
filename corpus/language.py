"""Two languages: which one the interface speaks, and which one a text is written in.

Portuguese comes first. Translation of content is not done here, nor anywhere.
"""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from typing import Literal

Language = Literal["pt", "en"]

_interface: ContextVar[Language | None] = ContextVar("interface_language", default=None)

_WORD = re.compile(r"[^\W\d_]+")
# Function words that occur in one of the two languages only, from general knowledge of both.
_PORTUGUESE = frozenset(
    "que não nao é e um uma os ao aos na nas nos da das dos em por pelo pela para pra com como mas mais se "
    "eu ele ela eles você voce vocês voces gente isso esse essa este esta aqui então entao né ne tá ta são sao "
    "foi ser ter tem qual quais quando onde porque quem quanto quantos também tambem já ja só muito dá deu fazer "
    "professor aula meu minha seu sua até depois antes sobre sem".split()
)
_ENGLISH = frozenset(
    "the of and is are was were be been to in that this these those it its for with on you we they he she what "
    "which when where why who how does did can could should would will not but or from by at as have has had "
    "there then than about into your our their my do if an so".split()
)


def set_interface_language(language: Language | None) -> None:
    """Choose what the interface speaks from here on; ``None`` goes back to the environment's choice."""
    _interface.set(language)


def interface_language() -> Language:
    """The interface's language: the chosen one, else ``MONITORIA_LANG``, else Portuguese."""
    chosen = _interface.get()
    if chosen is not None:
        return chosen
    return "en" if os.environ.get("MONITORIA_LANG", "pt").lower().startswith("en") else "pt"


def say(pt: str, en: str) -> str:
    """The one of two wordings that the interface's language asks for."""
    return en if interface_language() == "en" else pt


def detect_language(text: str, default: Language = "pt") -> Language:
    """The language of a question or a lecture, by counting function words of each.

    >>> detect_language("what is the learning rate for?")
    'en'
    >>> detect_language("pra que serve a taxa de aprendizado?")
    'pt'

    Only the first 2,000 words are looked at; a tie goes to ``default``.
    """
    words = [match.group().lower() for match, _ in zip(_WORD.finditer(text), range(2000), strict=False)]
    portuguese = sum(word in _PORTUGUESE for word in words)
    english = sum(word in _ENGLISH for word in words)
    if portuguese == english:
        return default
    return "pt" if portuguese > english else "en"
