"""Two languages: which one the interface speaks, and which one a text is written in.

Portuguese comes first. Translation of content is not done here, nor anywhere.
"""

from __future__ import annotations

import os
import re
import unicodedata
from contextvars import ContextVar
from typing import Literal

Language = Literal["pt", "en"]

_interface: ContextVar[Language | None] = ContextVar("interface_language", default=None)

_WORD = re.compile(r"[^\W\d_]+")
# Frequent words that are written in one of the two languages only, from general knowledge of both. Left out of
# both: what both write (a, as, do, for, me, no, so, some, use) and what either borrows (rate, learning, loss).
_PORTUGUESE = frozenset(
    "que quê não nao é e o um uma uns umas os ao aos à às na nas nos num numa da das de dos em por pelo pela pelos "
    "pelas para pra pro com como ou mas mais se eu ele ela eles elas você voce vocês voces vc gente nós lhe isso isto "
    "esse essa esses essas este esta estes estas aquele aquela aquilo disso disto desse dessa deste desta nesse nessa "
    "neste nesta aqui ali lá aí então entao né ne tá ta são sao está estao estão estava foi foram ser sido tem têm "
    "tinha ter há vai vão vou pode podem posso deve devo fica faz fazer feito usa usam usar usou serve existe qual "
    "quais quando onde porque porquê pq quem quanto quantos quanta quantas também tambem tb já ja só muito muita "
    "muitos dá deu dar aula aulas meu minha seu sua seus suas nosso nossa dele dela deles até depois antes sobre sem "
    "entre desde cada todo toda todos todas outro outra outros mesmo nem ainda sempre nunca agora".split()
)
_ENGLISH = frozenset(
    "the of and is isn are aren was wasn were be been being to in that this these those it its with on you we they he "
    "she them her him us what which when where why who whose how does doesn did didn can could should would will must "
    "may might not but or from by at have has had there here then than about into your our their my if an used using "
    "need needs mean means explain because while between without through during after before other only just very "
    "much many any each both every".split()
)
_PORTUGUESE_LETTERS = frozenset("ãõçáéíóúâêôà")


def fold_accents(text: str) -> str:
    """The text without combining marks: ``atenção`` becomes ``atencao``."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def set_interface_language(language: Language | None) -> None:
    """Choose what the interface speaks from here on; ``None`` goes back to the environment's choice."""
    _interface.set(language)


def interface_language() -> Language:
    """The interface's language: the chosen one, else ``MONITORIA_LANG``, else Portuguese."""
    chosen = _interface.get()
    if chosen is not None:
        return chosen
    return "en" if os.environ.get("MONITORIA_LANG", "pt").lower().startswith("en") else "pt"


def number(value: float, digits: int = 0) -> str:
    """A number as the interface's language writes it; what rounds to nothing has no sign.

    >>> number(1234.8421, 2), number(-0.001, 2)
    ('1.234,84', '0,00')
    """
    text = f"{value:z,.{digits}f}"
    return text if interface_language() == "en" else text.translate(str.maketrans(",.", ".,"))


def how_many(n: int, one: str, many: str) -> str:
    """How many of what; none is many.

    >>> how_many(1, "aula", "aulas"), how_many(0, "aula", "aulas")
    ('1 aula', '0 aulas')
    """
    return f"{n} {one if n == 1 else many}"


def say(pt: str, en: str) -> str:
    """The one of two wordings that the interface's language asks for."""
    return en if interface_language() == "en" else pt


def detect_language(text: str, default: Language = "pt") -> Language:
    """The language of a question or a lecture, by counting words that only one of the two languages has.

    >>> detect_language("what is the learning rate for?")
    'en'
    >>> detect_language("pra que serve a taxa de aprendizado?")
    'pt'

    Only the first 2,000 words are looked at. On a tie a letter that Portuguese has and English lacks decides;
    without one it goes to ``default``.
    """
    composed = unicodedata.normalize("NFC", text)
    words = [match.group().lower() for match, _ in zip(_WORD.finditer(composed), range(2000), strict=False)]
    portuguese = sum(word in _PORTUGUESE for word in words)
    english = sum(word in _ENGLISH for word in words)
    if portuguese == english:
        return "pt" if any(_PORTUGUESE_LETTERS.intersection(word) for word in words) else default
    return "pt" if portuguese > english else "en"
