"""BM25 over stemmed words, Portuguese and English by lecture language. Scores every segment of the index.

Kept library: bm25s (Lù 2024) scores, PyStemmer stems. The analysis is ours: lower case, accents folded
after stemming (students leave accents out, recognisers put them in), stop words of both languages dropped.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

from corpus.language import Language, fold_accents
from rag.errors import IndexDamaged
from rag.names import Ear, taken_apart
from rag.spelling import Speller, vocabulary_of

_WORD = re.compile(r"\w+[+#]*")  # C++ and C# stay themselves
_SPELLINGS = "spellings.json"
_VOCABULARY = "vocabulary.json"
_STEMMERS = {"pt": "portuguese", "en": "english"}
# Articles, prepositions, pronouns, auxiliaries, and the fillers of Brazilian lecture speech.
_STOP_WORDS: dict[Language, frozenset[str]] = {
    "pt": frozenset(
        "a ao aos as à às com como da das de do dos e é ela elas ele eles em entre era essa essas esse esses "
        "esta está estão estas este estes eu foi for foram há isso isto já lhe mais mas me mesmo meu minha "
        "muito na nas nem no nos nós num numa o os ou para pela pelas pelo pelos por qual quais quando que "
        "quem se sem ser seu sua são só também te tem têm tinha um uma uns umas você vocês né tá então aí "
        "assim gente eh hum pra pro tô vai vou ter sobre onde porque".split()
    ),
    "en": frozenset(
        "a an and are as at be been but by can could did do does for from had has have he how i if in into is "
        "it its me my of on or our she should so that the their them then there these they this those to was "
        "we were what when where which who why will with would you your".split()
    ),
}


_FOLDED_STOP_WORDS: dict[Language, frozenset[str]] = {
    language: words | frozenset(fold_accents(word) for word in words) for language, words in _STOP_WORDS.items()
}


@lru_cache(maxsize=4)
def _stemmer(language: Language) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_STEMMERS[language])


def words_of(text: str, language: Language) -> list[str]:
    """The words that count, in lower case, stop words left out."""
    words = [word.lower() for word in _WORD.findall(taken_apart(unicodedata.normalize("NFC", text)))]
    stop_words = _FOLDED_STOP_WORDS[language]
    return [word for word in words if word not in stop_words]


def analyse(text: str, language: Language) -> list[str]:
    """The index terms of a text, in order.

    >>> analyse("As redes neurais são treinadas?", "pt")
    ['red', 'neur', 'trein']
    """
    return [fold_accents(stem) for stem in _stemmer(language).stemWords(words_of(text, language))]


def places_of(terms: Set[str], text: str, language: Language) -> list[tuple[int, int]]:
    """Where a text has a word of one of these terms: its first and last character (half-open), in order.

    >>> places_of({"red"}, "A rede, as redes.", "pt")
    [(2, 6), (11, 16)]
    """
    held: dict[str, bool] = {}
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        if word not in held:
            held[word] = not terms.isdisjoint(analyse(word, language))
        if held[word]:
            found.append(match.span())
    return found


def with_pairs(terms: Sequence[str]) -> list[str]:
    """The terms, and each two neighbours as one term more: "função de custo" is rarer than its words.

    >>> with_pairs(["func", "cust"])
    ['func', 'cust', 'func cust']
    """
    return [*terms, *(f"{first} {second}" for first, second in pairwise(terms))]


def spellings(texts: Sequence[str], languages: Sequence[Language]) -> dict[str, list[str]]:
    """For each word that is written with an accent, its terms by the spelling without: ``acao`` to ``[aca]``.

    A student who leaves the accents out gives the stemmer a word that it cannot take apart; the lectures know
    how the word is spelt.
    """
    found: dict[str, set[str]] = {}
    distinct = {(word, x) for text, x in zip(texts, languages, strict=True) for word in words_of(text, x)}
    for word, language in distinct:
        folded = fold_accents(word)
        if folded != word:
            found.setdefault(folded, set()).update(analyse(word, language))
    return {folded: sorted(terms) for folded, terms in sorted(found.items())}


def _names_heard(ear: Ear, text: str, language: Language) -> list[str]:
    """The index terms of the names that a text nearly spells; written names are among its own terms."""
    return [term for name in ear.heard(_WORD.findall(text)) for term in analyse(name, language)]


class LexicalIndex:
    """BM25 scores of all segments for a question. Row *i* is the index's segment *i*."""

    def __init__(
        self,
        engine: bm25s.BM25 | None,
        n_segments: int,
        languages: Sequence[Language],
        accented: Mapping[str, Sequence[str]],
        vocabulary: Mapping[str, int],
    ) -> None:
        self._engine = engine
        self._n_segments = n_segments
        self._languages = tuple(languages)
        self._accented = accented
        self._vocabulary = vocabulary

    @classmethod
    def build(
        cls,
        texts: Sequence[str],
        languages: Sequence[Language],
        *,
        names: Sequence[str] = (),
        k1: float = 1.5,
        b: float = 0.75,
    ) -> LexicalIndex:
        """Index ``texts``, each analysed as its language asks; ``names`` are heard where a text nearly spells them."""
        ear = Ear(names, frozenset().union(*_FOLDED_STOP_WORDS.values()))
        terms = [
            [*with_pairs(analyse(text, language)), *_names_heard(ear, text, language)]
            for text, language in zip(texts, languages, strict=True)
        ]
        present = sorted(set(languages))
        if not any(terms):
            return cls(None, len(texts), present, {}, {})
        engine = bm25s.BM25(k1=k1, b=b, method="lucene")
        engine.index(terms, show_progress=False)
        return cls(engine, len(texts), present, spellings(texts, languages), vocabulary_of(texts))

    def __len__(self) -> int:
        return self._n_segments

    def terms(self, question: str) -> list[str]:
        """The question's distinct terms that the index holds, pairs of neighbours among them, in each language.

        A word that the index does not hold is looked up among the lectures' accented spellings, then taken for the
        nearest word that was said (`rag.spelling`).
        """
        found: set[str] = set()
        for language in self._languages:
            words = [self._meant_terms(word, language) for word in words_of(question, language)]
            found.update(term for terms in words for term in terms)
            pairs = (f"{a} {b}" for before, after in pairwise(words) for a in before for b in after)
            found.update(self._known(pairs))
        return sorted(found)

    def read_as(self, question: str, language: Language) -> dict[str, str | None]:
        """Each word of the question that counts, and what it is taken for.

        Itself where the index holds it, else the nearest word that was said (without accents), else ``None``.
        """
        return {
            word: word if self._known_terms(word, language) else self._speller.nearest(word)
            for word in words_of(question, language)
        }

    def cover(self, question: str) -> float:
        """Share of the question's words that the index holds, 0 to 1, in the language that holds most of them.

        Near 1 for a question in the lectures' language, low for one in another: then words say little.
        """
        shares = [0.0]
        for language in self._languages:
            words = words_of(question, language)
            known = sum(bool(self._known_terms(word, language)) for word in words)
            shares.append(known / max(1, len(words)))
        return max(shares)

    def cover_by(self, question: str, text: str, language: Language) -> float:
        """Share of the question's words that a text holds, 0 to 1, each weighted by its idf among the segments.

        A word that no segment holds weighs most.
        """
        weights, (held,) = self.words_held(question, [text], language)
        return float(weights @ held / total) if (total := float(weights.sum())) else 0.0

    def words_held(
        self, question: str, texts: Sequence[str], language: Language
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Weights ``(n_words,)`` of the question's words, and which text holds which, ``(n_texts, n_words)``."""
        meant = [self._meant_terms(word, language) for word in dict.fromkeys(words_of(question, language))]
        weights = np.array([self._idf(terms) for terms in meant], dtype=np.float64)
        held = np.zeros((len(texts), len(meant)), dtype=np.bool_)
        for row, text in enumerate(texts):
            present = set(analyse(text, language))
            held[row] = [not present.isdisjoint(terms) for terms in meant]
        return weights, held

    def _idf(self, terms: Sequence[str]) -> float:
        if not terms or self._engine is None:
            return math.log1p(2 * self._n_segments)
        bounds, places = self._engine.scores["indptr"], self._engine.vocab_dict
        frequency = min(int(bounds[places[term] + 1] - bounds[places[term]]) for term in terms)
        return math.log1p((self._n_segments - frequency + 0.5) / (frequency + 0.5))

    def _known_terms(self, word: str, language: Language) -> list[str]:
        return self._known(analyse(word, language)) or self._known(self._accented.get(fold_accents(word), ()))

    def _meant_terms(self, word: str, language: Language) -> list[str]:
        """The terms of a word; of the nearest one that was said, where the index does not hold it."""
        known = self._known_terms(word, language)
        if known:
            return known
        nearest = self._speller.nearest(word)
        return [] if nearest is None else self._known_terms(nearest, language)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self._vocabulary)

    def _known(self, terms: Iterable[str]) -> list[str]:
        return [term for term in terms if self._engine is not None and term in self._engine.vocab_dict]

    def scores(self, question: str) -> NDArray[np.float32]:
        """``(n_segments,) float32``; zero where no term occurs."""
        if self._engine is None:
            return np.zeros(self._n_segments, dtype=np.float32)
        known = self._engine.get_tokens_ids(self.terms(question))
        if not known:
            return np.zeros(self._n_segments, dtype=np.float32)
        return np.asarray(self._engine.get_scores_from_ids(known), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write arrays (``.npy``) and vocabulary (JSON) into ``folder``; nothing is pickled."""
        folder.mkdir(parents=True, exist_ok=True)
        if self._engine is not None:
            self._engine.save(folder, show_progress=False)
            for name, content in ((_SPELLINGS, self._accented), (_VOCABULARY, self._vocabulary)):
                (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, n_segments: int, languages: Sequence[Language]) -> LexicalIndex:
        """Read what `save` wrote.

        Raises:
            IndexDamaged: the files are not what bm25s writes, or hold another number of segments.
        """
        if not (folder / "params.index.json").exists():
            return cls(None, n_segments, languages, {}, {})
        try:
            engine = bm25s.BM25.load(folder, mmap=True, allow_pickle=False, load_corpus=False)
            accented, vocabulary = (
                json.loads((folder / name).read_text(encoding="utf-8")) for name in (_SPELLINGS, _VOCABULARY)
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(folder, str(error)) from error
        if engine.scores["num_docs"] != n_segments:
            raise _damaged(folder, f"{engine.scores['num_docs']} segments, not {n_segments}")
        return cls(engine, n_segments, languages, accented, vocabulary)


def _damaged(folder: Path, fault: str) -> IndexDamaged:
    return IndexDamaged(
        pt=f"o índice de palavras em {folder} está danificado ({fault}); reconstrua com monitoria index",
        en=f"the word index in {folder} is damaged ({fault}); rebuild it with monitoria index",
    )
