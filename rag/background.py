"""Questions in general, made from a course's own words: what a segment's hubness is measured with. No labels."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from corpus.language import Language
from rag.lexical import words_of
from rag.records import Query

_TEMPLATES: Mapping[Language, tuple[str, ...]] = {
    "pt": (
        "O que é {}?",
        "Para que serve {}?",
        "Como funciona {}?",
        "Por que o professor usa {}?",
        "Qual a diferença entre {} e {}?",
        "Quando devo usar {}?",
        "O que ele disse sobre {}?",
        "Como resolver um problema com {}?",
    ),
    "en": (
        "What is {}?",
        "What is {} for?",
        "How does {} work?",
        "Why does the lecturer use {}?",
        "What is the difference between {} and {}?",
        "When should I use {}?",
        "What did he say about {}?",
        "How do I solve a problem with {}?",
    ),
}
# A word of one segment is an accident, one of every fifth says nothing of its own.
_MOST_COMMON = 0.2
_SHORTEST_WORD = 4


def background_questions(texts: Sequence[str], languages: Sequence[Language], n: int = 64) -> list[Query]:
    """Up to ``n`` questions about words that occur in two segments or more and in at most a fifth of them.

    The same texts give the same questions, in whatever order: words are drawn by their hash.
    """
    frequency: Counter[tuple[Language, str]] = Counter()
    for text, language in zip(texts, languages, strict=True):
        frequency.update({(language, word) for word in words_of(text, language) if len(word) >= _SHORTEST_WORD})
    most = max(2.0, _MOST_COMMON * len(texts))
    drawn = sorted((pair for pair, count in frequency.items() if 2 <= count <= most), key=_draw)[: 2 * n]
    questions = []
    for number, (language, word) in enumerate(drawn[:n]):
        others = [other for same, other in drawn[n:] if same == language] or [word]
        template = _TEMPLATES[language][number % len(_TEMPLATES[language])]
        questions.append(Query(template.format(word, others[number % len(others)])))
    return questions


def _draw(pair: tuple[str, str]) -> bytes:
    return hashlib.sha256("\0".join(pair).encode("utf-8", "surrogatepass")).digest()
