"""Whether a claim rests on what was said: words, figures and names compared with the source; echoes and loops told.

Not whether it is true, nor whether it answers. Words are compared by their stems; nothing is asked of a model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from corpus.language import Language, fold_accents
from rag.lexical import analyse
from rag.records import Support

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")
# A name: capitals or a figure inside a word, an underscore or a dot between letters, or a capital past the beginning.
_INNER = re.compile(r"\w*(?:[a-zà-ÿ][A-Z]|[A-Z]{2}|_|\w\.\w)\w*")
_CAPITAL = re.compile(r"(?<=[\wà-ÿ,;:] )[A-ZÀ-Ý]\w+")
# What somebody does or what was done: gerunds, participles, infinitives. A model that finishes a clause which the
# quote breaks off makes one of these up.
_DEED: Mapping[Language, re.Pattern[str]] = {
    "pt": re.compile(r"\w{2,}(?:[aei]ndo|[ai]d[oa]s?|[aei]r)"),
    "en": re.compile(r"\w{2,}(?:ing|ed)"),
}
# A model that repeats three words for the third time writes in circles.
_CIRCLE, _TIMES = 3, 3
# Of what makes a claim supported, this much makes it partly so.
_PARTLY = 0.6


def numbers(text: str) -> set[str]:
    """The figures of a text, written one way: ``0,35`` is ``0.35``, and ``1.200`` and ``1,200`` are ``1200``.

    >>> sorted(numbers("0,35 de 1.200 em 3 lotes"))
    ['0.35', '1200', '3']
    """
    found = set()
    for figure in _NUMBER.findall(text):
        grouped = _THOUSANDS.fullmatch(figure)
        found.add(re.sub(r"[.,]", "", figure) if grouped else figure.replace(",", "."))
    return found


def names(claim: str) -> set[str]:
    """The names that a claim uses, as one writes them; the word that begins it is none for its capital alone.

    >>> sorted(names("Use o FastAPI com conftest.py, diz Marília"))
    ['FastAPI', 'Marília', 'conftest.py']
    """
    return set(_INNER.findall(claim)) | set(_CAPITAL.findall(claim))


def foreign_names(claim: str, source: str) -> set[str]:
    """The claim's names that the source does not hold, however it writes or splits them."""
    heard = _bare(source)
    return {name for name in names(claim) if _bare(name) not in heard}


def foreign_deeds(claim: str, source: str, language: Language) -> set[str]:
    """The claim's gerunds, participles and infinitives whose stems the source does not hold.

    >>> foreign_deeds("o dado que outra ainda está escrevendo", "um dado que outra transação ainda", "pt")
    {'escrevendo'}
    """
    said = set(analyse(source, language))
    words = re.findall(r"\w+", claim.lower())
    return {w for w in words if _DEED[language].fullmatch(w) and not set(analyse(w, language)) <= said}


def cover(claim: str, source: str, language: Language, question: str = "") -> float:
    """Share of a claim's distinct content words (stemmed) that the source holds, 0 to 1; 0 without any.

    Words taken over from the question claim nothing: an echo of it is backed by nothing, whatever was said. A
    number in the claim that the source does not hold makes it 0: figures are not paraphrased.
    """
    terms = set(analyse(claim, language)) - set(analyse(question, language))
    if not terms:
        return 0.0
    if not numbers(claim) <= numbers(source):
        return 0.0
    return len(terms & set(analyse(source, language))) / len(terms)


def backing(claim: str, source: str, language: Language, question: str, *, strictly: bool = False) -> float:
    """How far a source backs a claim in its own language, 0 to 1; 0 for an echo, a circle, or a name nobody said.

    Args:
        claim: one sentence, without citations.
        source: what it is said to rest on.
        language: of both.
        question: an echo of it claims nothing.
        strictly: words taken over from the question must be in the source as well, and so must everything that is
            done. A small model answers by turning the question into a statement, and ends what a quote leaves open;
            what was asked, or is likely, is not what was said.
    """
    if is_circular(claim) or foreign_names(claim, f"{source} {question}"):
        return 0.0
    if strictly and foreign_deeds(claim, source, language):
        return 0.0
    own = cover(claim, source, language, question)
    return min(own, cover(claim, source, language)) if strictly else own


def level(share: float, least: float) -> Support:
    """What a backing amounts to where ``least`` is what makes a claim supported; nothing is never enough.

    >>> level(0.8, 0.75), level(0.5, 0.75), level(0.4, 0.75), level(0.0, 0.0)
    ('supported', 'partly', 'not', 'not')
    """
    if share <= 0.0 or share < _PARTLY * least:
        return "not"
    return "supported" if share >= least else "partly"


def is_circular(text: str) -> bool:
    """Whether three words in a row come for the third time.

    >>> is_circular("a rede aprende e a rede aprende e a rede aprende"), is_circular("a rede aprende")
    (True, False)
    """
    words = fold_accents(text).lower().split()
    runs = Counter(tuple(words[i : i + _CIRCLE]) for i in range(len(words) - _CIRCLE + 1))
    return max(runs.values(), default=0) >= _TIMES


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold_accents(text).lower())
