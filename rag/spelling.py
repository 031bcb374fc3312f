"""Misspelt words of a question, replaced by the nearest word that the lectures use. Pure functions; off the disk.

A word is near by Damerau-Levenshtein distance (a letter more, less, other, or two neighbours swapped): one in words
of four to seven letters, two from eight. Words with digits, shorter ones and those that the index holds are left.
The distance itself is rapidfuzz's; here is what keeps it from being asked fifty thousand times a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein

from corpus.language import fold_accents

_WORD = re.compile(r"\w+")
_SHORTEST = 4
_LONG = 8  # letters from which two slips are forgiven
_MOST_SLIPS = 2
_LETTERS = 32  # classes of letters in a signature


@dataclass(frozen=True, slots=True)
class Repair:
    """A word of the question, and the word of the lectures that it was taken for."""

    written: str
    read: str


class Speller:
    """Reads misspelt questions in the words of one index. Immutable once made.

    Args:
        vocabulary: lower-case words without accents, and how many segments have each; see `vocabulary_of`.
        holds: whether the index knows a word in some other way, such as by its stem; such words are left.
    """

    def __init__(self, vocabulary: Mapping[str, int], holds: Callable[[str], bool] | None = None) -> None:
        self._vocabulary = vocabulary
        self._holds = holds
        # Equal distances are decided by this order: frequent first, then the alphabet's.
        usable = (word for word in vocabulary if _is_plain(word))
        self._words = sorted(usable, key=lambda word: (-vocabulary[word], word))
        self._lengths = np.array([len(word) for word in self._words], dtype=np.int16)
        self._signatures = np.array([_signature(word) for word in self._words], dtype=np.uint64)

    def repaired(self, question: str) -> tuple[str, tuple[Repair, ...]]:
        """The question with its misspelt words replaced, and what was replaced; all else stays as it was.

        >>> Speller({"regularizacao": 3, "dropout": 2}).repaired("Regularisação ou dropuot?")[0]
        'Regularizacao ou dropout?'
        """
        repairs: list[Repair] = []

        def read(match: re.Match[str]) -> str:
            written = match.group()
            nearest = self.nearest(written)
            if nearest is None:
                return written
            repair = Repair(written, _like(written, nearest))
            repairs.append(repair)
            return repair.read

        return _WORD.sub(read, unicodedata.normalize("NFC", question)), tuple(repairs)

    def nearest(self, word: str) -> str | None:
        """The known word that ``word`` was meant to be; ``None`` where it needs no repair or nothing is near.

        The nearest wins, of equally near ones that of most segments, of those the first in the alphabet.
        """
        folded = fold_accents(word).lower()
        if not _is_plain(folded) or folded in self._vocabulary or (self._holds is not None and self._holds(word)):
            return None
        allowed = 1 if len(folded) < _LONG else _MOST_SLIPS
        best: str | None = None
        for place in self._candidates(folded, allowed):
            distance = DamerauLevenshtein.distance(folded, self._words[place], score_cutoff=allowed)
            if distance <= allowed:
                best, allowed = self._words[place], distance - 1
        return best

    def _candidates(self, folded: str, allowed: int) -> NDArray[np.intp]:
        """Places of the words that may be within ``allowed`` slips: a slip moves two letters at most."""
        apart = np.bitwise_count(self._signatures ^ np.uint64(_signature(folded)))
        longer = np.abs(self._lengths - len(folded))
        return np.flatnonzero((apart <= 2 * allowed) & (longer <= allowed))


def vocabulary_of(texts: Iterable[str]) -> dict[str, int]:
    """The folded words of the texts, by the alphabet, each with the number of texts that have it.

    >>> vocabulary_of(["A rede aprende.", "Redes e rede"])
    {'a': 1, 'aprende': 1, 'e': 1, 'rede': 2, 'redes': 1}
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({fold_accents(word).lower() for word in _WORD.findall(unicodedata.normalize("NFC", text))})
    return dict(sorted(counts.items()))


def _is_plain(folded: str) -> bool:
    return len(folded) >= _SHORTEST and folded.isalpha()


def _signature(word: str) -> int:
    """Which letters a word has (low 32 bits), and which it has twice or more (high 32 bits).

    A letter more or less flips one bit, another letter two, a swap none: words within d slips differ in 2d bits
    at most. Letters beyond 32 share bits, which only lets more words through.
    """
    bits = 0
    for letter in word:
        once = 1 << (ord(letter) % _LETTERS)
        bits |= once << _LETTERS if bits & once else once
    return bits


def _like(written: str, word: str) -> str:
    """``word`` in the capitals of ``written``."""
    if written.isupper():
        return word.upper()
    return word.capitalize() if written[0].isupper() else word
