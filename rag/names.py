"""Names of things as lecturers say them and recognisers hear them: "fast API" and "Festa API" are FastAPI.

A name here is a word with capitals or digits inside, as libraries, protocols and classes have them. Titles, headings
and written material spell it; a transcript has it taken apart, or nearly right. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from rapidfuzz.distance import DamerauLevenshtein

from corpus.language import fold_accents

# Letters, a capital not at the beginning, and a small letter somewhere: FastAPI, SQLAlchemy, PyTorch; not API, not Sim.
_NAME = re.compile(r"\b(?=\w*[a-z])\w+[A-Z]\w*\b")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SHORTEST = 6  # letters; shorter ones are near to too many words
_LONG = 7  # letters from which two slips are forgiven, else one
_MOST_WORDS = 3


def taken_apart(text: str) -> str:
    """The text with each name followed by its parts, so that it is found by either.

    >>> taken_apart("O FastAPI usa SQLAlchemy.")
    'O FastAPI Fast API usa SQLAlchemy SQL Alchemy.'
    """
    return _NAME.sub(lambda match: " ".join([match.group(), *_parts(match.group())]), text)


def _parts(name: str) -> list[str]:
    parts = _PARTS.findall(name)
    return parts if len(parts) > 1 else []


def names_in(texts: Iterable[str]) -> list[str]:
    """The names that the texts spell, each once, by the alphabet.

    >>> names_in(["Curso de FastAPI", "FastAPI com SQLAlchemy e API"])
    ['FastAPI', 'SQLAlchemy']
    """
    found = {name for text in texts for name in _NAME.findall(text)}
    return sorted(name for name in found if len(name) >= _SHORTEST and name.isalpha())


class Ear:
    """Hears names in transcripts. Remembers what it made of each group of words.

    Args:
        names: as `names_in` gives them.
        stop_words: words that join no name ("o", "e", "de"), folded.
    """

    def __init__(self, names: Collection[str], stop_words: Collection[str]) -> None:
        self._names = {fold_accents(name).lower(): name for name in names}
        self._stop_words = frozenset(stop_words)
        self._known: dict[tuple[str, int], str | None] = {}

    def heard(self, words: Sequence[str]) -> list[str]:
        """The names that one to three neighbouring words nearly spell, as often as they do.

        >>> Ear(["FastAPI"], ["o", "e"]).heard("o festa api e o pastel".split())
        ['FastAPI']
        """
        if not self._names:
            return []
        folded = [fold_accents(word).lower() for word in words]
        found: list[str] = []
        place = 0
        while place < len(folded):
            for n_words in range(min(_MOST_WORDS, len(folded) - place), 0, -1):
                name = self._spelt(tuple(folded[place : place + n_words]))
                if name is not None:
                    found.append(name)
                    place += n_words - 1
                    break
            place += 1
        return found

    def _spelt(self, words: tuple[str, ...]) -> str | None:
        joined = "".join(words)
        if len(words) == 1 and joined in self._names:
            return None  # written right, it is found without an ear
        if len(words) > 1 and self._stop_words & set(words):
            return None
        slips = 1 if len(words) == 1 or len(joined) < _LONG else 2
        key = (joined, slips)
        if key not in self._known:
            self._known[key] = self._nearest(joined, slips)
        return self._known[key]

    def _nearest(self, joined: str, slips: int) -> str | None:
        best: str | None = None
        for name in self._names:
            # Nobody mishears how a name begins.
            if joined[0] != name[0] or abs(len(joined) - len(name)) > slips:
                continue
            distance = DamerauLevenshtein.distance(joined, name, score_cutoff=slips)
            if distance <= slips:
                best, slips = self._names[name], distance - 1
        return best
