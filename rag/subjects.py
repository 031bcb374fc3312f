"""What lectures speak of, in their own words: names of things, the most telling first. No model is asked.

A *subject* is one or two words, or two joined by "de", that stand after an article often (so does what has a name), and
that these lectures say far oftener than people do. How rare a word is elsewhere is read off the encoder's vocabulary,
which is sorted by frequency, as that of any unigram subword model is (Kudo 2018, arXiv:1804.10959): by Zipf's law the
logarithm of a piece's place is its surprise, but for a constant.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from corpus.language import Language, fold_accents
from rag.encoder import Encoder
from rag.index import CourseIndex
from rag.lexical import words_of
from rag.records import Passage

_TOKEN = re.compile(r"[^\W\d_][\w'’+#-]*|[.,;:?!…]|\d+")
_LOOKED_AT = 1000  # segments, taken evenly from first to last
_LEAST_TIMES = 3
_MOST_SEGMENTS = 0.3  # what is said in a larger share of them is how the lecturer speaks
_AFTER_ARTICLE = 0.4
_WEIGHED = 300
_ELSEWHERE = 0.5  # of a word's times at least so many are outside a longer subject, or it is not one of its own
_ARTICLES: Mapping[Language, frozenset[str]] = {
    "pt": frozenset(
        "o a os as um uma uns umas do da dos das no na nos nas ao à aos às pelo pela pelos pelas num numa esse essa "
        "esses essas este esta estes estas nesse nessa neste nesta desse dessa deste desta".split()
    ),
    "en": frozenset("the a an this these".split()),
}
_ONE_OF_MANY = 0.25  # of an English name's times after "a": then "what is a tensor", else "what is attention"
_IS: Mapping[Language, frozenset[str]] = {"pt": frozenset(("é", "são")), "en": frozenset(("is", "are"))}
_WHAT_IS = re.compile(r"\b(?:o que (?:é|são)|what (?:is|are)|cham\w+(?: de)?|called)(?: \w{1,4})?$")
# What stands before a name, or names nothing: what is counted, ordered, owned, pointed at; and what every lecture has.
_NO_NAMES = frozenset(
    "nosso nossa nossos nossas outro outra outros outras mesmo mesma mesmos mesmas próprio própria primeiro primeira "
    "segundo segunda terceiro terceira último última próximo próxima tipo coisa coisas negócio jeito forma maneira "
    "parte pouco pouca muito muita todo toda cada algum alguma maior menor melhor pior exemplo pergunta perguntas "
    "dúvida resposta aula aulas curso disciplina professor pessoal pessoa pessoas gente hora tempo dia ano vez vezes "
    "lugar nome ideia caso fato lado monte conta questão momento cara bom boa novo nova que quê não sim aqui ali lá "
    "agora depois antes passado passada final começo meio fim um dois três quatro cinco dez tal ponto número tela "
    "vídeo tiquinho pouquinho "
    "our your their other another same first second third last next kind sort thing things way part lot bit little "
    "more most many much all each every some any bigger biggest best worst example question questions answer lecture "
    "lectures course class video videos people person time times day year place name idea case fact side good new not "
    "yes here there now then before after end beginning middle one two three four five ten own such different".split()
)


@dataclass(slots=True)
class _Said:
    """How a name was said: how often, after an article, as what is defined; in which segments, in which spelling."""

    times: int = 0
    after_article: int = 0
    defined: int = 0
    rows: set[int] = field(default_factory=set)
    forms: Counter[str] = field(default_factory=Counter)
    indefinite: Counter[str] = field(default_factory=Counter)


def subjects(index: CourseIndex, encoder: Encoder, most: int = 40) -> list[str]:
    """Names of what a course speaks of, as its lectures write them, the most telling first.

    An English thing of which there are many has its article: "a vector". A course of a few minutes may have none.
    """
    said: dict[str, _Said] = defaultdict(_Said)
    n = len(index)
    rows = [k * n // min(n, _LOOKED_AT) for k in range(min(n, _LOOKED_AT))]
    n_words = sum(_listen(index, row, said) for row in rows)
    likely = {
        name: one
        for name, one in said.items()
        if one.times >= _LEAST_TIMES
        and one.after_article >= _AFTER_ARTICLE * one.times
        and len(one.rows) <= max(2, _MOST_SEGMENTS * len(rows))
    }
    often = sorted(likely, key=lambda name: (-likely[name].times * len(name.split()), name))[:_WEIGHED]
    telling = {
        name: likely[name].times
        * (math.log(likely[name].times / n_words) + rare)
        * (1 + math.log1p(likely[name].defined))
        for name, rare in zip(often, _rarity([_spelt(likely[name]) for name in often], encoder), strict=True)
    }
    ranked = sorted((name for name in often if telling[name] > 0), key=lambda name: (-telling[name], name))
    longer = [name for name in ranked if " " in name]
    own = [name for name in ranked if _stands_alone(name, longer, likely)]
    return [_with_article(likely[name]) for name in own[:most]]


def _listen(index: CourseIndex, row: int, said: dict[str, _Said]) -> int:
    """Count what one segment names; how many words it has."""
    segment = index.segment(row)
    language: Language = "en" if index.lecture(segment.lecture_id).language == "en" else "pt"
    words = _TOKEN.findall(segment.text)
    lower = [word.lower() for word in words]
    for begin, end in _names(lower, language):
        one = said[fold_accents(" ".join(lower[begin:end]))]
        one.times += 1
        before = lower[begin - 1] if begin else ""
        one.after_article += before in _ARTICLES[language]
        if language == "en" and before in ("a", "an"):
            one.indefinite[before] += 1
        one.defined += _is_defined(lower, begin, end, language)
        one.rows.add(row)
        one.forms[" ".join(words[begin:end])] += 1
    return len(words)


def _names(words: Sequence[str], language: Language) -> Iterator[tuple[int, int]]:
    """Where one, two, or two words joined by "de" or "of" may name something; half-open."""
    may = [_may_name(word, language) for word in words]
    for place, named in enumerate(may):
        if not named:
            continue
        yield place, place + 1
        if place + 1 < len(words) and may[place + 1]:
            yield place, place + 2
        elif place + 2 < len(words) and words[place + 1] in ("de", "do", "da", "of") and may[place + 2]:
            yield place, place + 3


def _may_name(word: str, language: Language) -> bool:
    return len(word) > 2 and word[0].isalpha() and word not in _NO_NAMES and bool(words_of(word, language))


def _is_defined(words: Sequence[str], begin: int, end: int, language: Language) -> bool:
    """Whether it is asked what it is, or said: "X é um …", "o que é um X", "isso se chama X"."""
    if end + 1 < len(words) and words[end] in _IS[language] and words[end + 1] in _ARTICLES[language]:
        return True
    return _WHAT_IS.search(" ".join(words[max(0, begin - 4) : begin])) is not None


def _rarity(names: Sequence[str], encoder: Encoder) -> list[float]:
    """How surprising each name is in any text, in nats, but for a constant: the sum over its pieces."""
    found = encoder.token_vectors([Passage(name) for name in names]) if names else []
    own = (one.token_ids[one.spans[:, 1] > one.spans[:, 0]] for one in found)
    return [sum(math.log(max(2, int(piece))) for piece in pieces) for pieces in own]


def _stands_alone(name: str, longer: Sequence[str], said: Mapping[str, _Said]) -> bool:
    """Whether a name is said often enough where it is not a part of a longer one."""
    inside = max((said[other].times for other in longer if other != name and f" {name} " in f" {other} "), default=0)
    return said[name].times - inside >= _ELSEWHERE * said[name].times


def _spelt(said: _Said) -> str:
    return min(said.forms, key=lambda form: (-said.forms[form], form))


def _with_article(said: _Said) -> str:
    if said.indefinite.total() < _ONE_OF_MANY * said.times or not _spelt(said).islower():
        return _spelt(said)
    article = min(said.indefinite, key=lambda word: (-said.indefinite[word], word))
    return f"{article} {_spelt(said)}"
