"""Questions to begin with and to go on with, from the course's own headings and titles; no model is asked.

Each asks for a *topic*: words that a lecture's title or a heading has, and that its lectures say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from weakref import WeakKeyDictionary

from corpus.language import Language
from rag.abstention import declines, probability
from rag.index import CourseIndex
from rag.lexical import analyse
from rag.pipeline import Monitoria
from rag.quotes import choose_quotes
from rag.records import Answer, Turn

_WORDS = range(1, 6)
_CHARACTERS = range(4, 60)
_LOOKED_AT = 24
# What numbers a lecture or a section, in front of its name.
_LABEL = re.compile(
    r"^(?:(?:aula|lição|licao|lecture|lesson|class|unidade|unit|cap[íi]tulo|chapter|parte|part)\s*)?"
    r"\d+(?:\.\d+)*\s*[:.)·–—-]?\s*",
    re.IGNORECASE,
)
_BREAKS = re.compile(r"\s*[:;,|·–—]\s*|\s+[/-]\s+|\s+(?:e|and)\s+(?=\w+(?:\s+\w+)?$)")
_PLAIN = re.compile(r"[\w][\w\s'’+#./-]*", re.UNICODE)
_MANY = re.compile(r"(?<![suéêáóí])s$")
_CONTENTS = frozenset(
    "introdução introduction resumo summary conclusão conclusion referências references objetivos objectives sumário "
    "contents exercícios exercises exemplo example exemplos examples história history revisão review apêndice "
    "appendix bibliografia bibliography leituras observações notas notes".split()
)
_topics: WeakKeyDictionary[CourseIndex, tuple[str, ...]] = WeakKeyDictionary()


def asked_about(topic: str, language: Language) -> str:
    """A topic as a question, in the language of its lectures.

    >>> asked_about("Redes convolucionais", "pt"), asked_about("gradiente descendente", "pt")
    ('O que são redes convolucionais?', 'O que é gradiente descendente?')
    """
    first = topic.split(maxsplit=1)[0]
    name = topic[0].lower() + topic[1:] if first[1:].islower() else topic
    many = _MANY.search(first) is not None
    if language == "en":
        return f"What {'are' if _MANY.search(topic.rsplit(maxsplit=1)[-1]) else 'is'} {name}?"
    return f"O que {'são' if many else 'é'} {name}?"


def topics_of(index: CourseIndex) -> tuple[str, ...]:
    """What the course is about in its own words: its lectures' titles taken apart and its headings, each once."""
    if index not in _topics:
        _topics[index] = _found_topics(index)
    return _topics[index]


def first_questions(course: Monitoria, most: int = 3) -> list[str]:
    """Questions for the empty page: those that the lectures answer best, no two from one lecture where that can be."""
    index, at_most = course.index, course.settings.abstention.at_most
    encoder = course.retriever.segments.encoder
    found: list[tuple[bool, float, str, str]] = []
    for topic in _spread(topics_of(index), _LOOKED_AT):
        question = asked_about(topic, index.main_language)
        quotes = choose_quotes(index, encoder, question, course.search(question), most=6, max_words=60)
        saying = sum(_says(index, topic, quote.text, quote.hit.lecture.language) for quote in quotes)
        if saying and not declines(quotes, (), at_most):
            found.append((saying > 1, probability(quotes), question, quotes[0].hit.segment.lecture_id))
    found.sort(key=lambda entry: (not entry[0], -entry[1], entry[2]))
    chosen: list[str] = []
    lectures: set[str] = set()
    for alone in (True, False):
        for _, _, question, lecture_id in found:
            if len(chosen) < most and question not in chosen and not (alone and lecture_id in lectures):
                chosen.append(question)
                lectures.add(lecture_id)
    return chosen


def questions_after(index: CourseIndex, answer: Answer, before: Sequence[Turn] = (), most: int = 3) -> list[str]:
    """Questions to go on with: about what passages say that were found and not cited, and that was not asked yet."""
    cited = {n for sentence in answer.sentences for n in sentence.citations}
    used = {reference.segment_id for reference in answer.references if reference.n in cited}
    unused = [hit for hit in answer.hits if hit.segment.segment_id not in used]
    known = _stems(" ".join([answer.question, answer.understood or "", *(turn.question for turn in before)]))
    chosen: list[str] = []
    topics = sorted(topics_of(index), key=lambda topic: (-len(topic.split()), topic))
    for hit in unused:
        text = " ".join([*hit.segment.heading, hit.segment.text])
        for topic in topics:
            stems = _stems(topic)
            if stems & known or not _says(index, topic, text, hit.lecture.language):
                continue
            chosen.append(asked_about(topic, index.main_language))
            known |= stems
            break
        if len(chosen) == most:
            break
    return chosen


def _found_topics(index: CourseIndex) -> tuple[str, ...]:
    titles = (lecture.title for lecture in index.lectures.values())
    headings = (heading for row in range(len(index)) for heading in index.segment(row).heading[1:])
    found: dict[frozenset[str], str] = {}
    for name in (part for text in (*titles, *headings) for part in _parts(text)):
        stems = frozenset(_stems(name))
        if not analyse(name.split()[0], "pt") or not analyse(name.split()[0], "en"):
            continue  # it begins with a preposition, an article, a question word
        if stems and not stems <= _stems(" ".join(_CONTENTS)) and index.lexical.cover(name) == 1.0:
            found.setdefault(stems, name)
    return tuple(found.values())


def _parts(text: str) -> Iterator[str]:
    """What a title or heading names, one thing at a time.

    >>> list(_parts("Aula 2: Neurônio, ativações e redes densas"))
    ['Neurônio', 'ativações', 'redes densas']
    """
    for part in _BREAKS.split(_LABEL.sub("", text.strip())):
        name = _LABEL.sub("", part.strip(" .?!\"'“”()[]"))
        if len(name.split()) in _WORDS and len(name) in _CHARACTERS and _PLAIN.fullmatch(name):
            yield name


def _stems(text: str) -> set[str]:
    return {*analyse(text, "pt"), *analyse(text, "en")}


def _says(index: CourseIndex, topic: str, text: str, language: str) -> bool:
    """Whether a text holds every word of a topic that counts."""
    _, held = index.lexical.words_held(topic, [text], "en" if language == "en" else "pt")
    return bool(held.size) and bool(held.all())


def _spread(topics: Sequence[str], most: int) -> Iterable[str]:
    """At most so many, taken evenly from first to last."""
    return topics if len(topics) <= most else [topics[n * len(topics) // most] for n in range(most)]
