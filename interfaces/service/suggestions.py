"""Questions to begin with and to go on with, from the course's own words; no model is asked.

Each asks for a *subject*: words that a lecture's title or a heading has and that its lectures say; and where titles
are "Aula 1", what `rag.subjects` heard in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from corpus.language import Language
from rag.abstention import declines, probability
from rag.encoder import Encoder
from rag.index import CourseIndex
from rag.lexical import analyse
from rag.pipeline import Monitoria
from rag.quotes import choose_quotes
from rag.records import Answer, Turn
from rag.subjects import subjects

_WORDS = range(1, 6)
_CHARACTERS = range(4, 60)
_LOOKED_AT = 24
_NAMED_ENOUGH = 8  # with fewer in titles and headings, what is said is looked at as well
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
_named: WeakKeyDictionary[CourseIndex, tuple[str, ...]] = WeakKeyDictionary()
_heard: WeakKeyDictionary[CourseIndex, tuple[str, ...]] = WeakKeyDictionary()


def asked_about(subject: str, language: Language) -> str:
    """A subject as a question, in the language of its lectures.

    >>> asked_about("redes convolucionais", "pt"), asked_about("gradiente descendente", "pt")
    ('O que são redes convolucionais?', 'O que é gradiente descendente?')
    """
    if language == "en":
        return f"What {'are' if _MANY.search(subject.rsplit(maxsplit=1)[-1]) else 'is'} {subject}?"
    return f"O que {'são' if _MANY.search(subject.split(maxsplit=1)[0]) else 'é'} {subject}?"


def subjects_of(index: CourseIndex, encoder: Encoder) -> tuple[str, ...]:
    """What the course is about: its lectures' titles taken apart and its headings, each once; then what is said."""
    named = _named_in(index)
    return named if len(named) >= _NAMED_ENOUGH else named + _heard_in(index, encoder)


def first_questions(course: Monitoria, most: int = 3) -> list[str]:
    """Questions for the empty page that the lectures answer, no two from one lecture where that can be.

    Of what titles and headings name those that are answered best; after them what is said most tellingly.
    """
    index, encoder = course.index, course.retriever.segments.encoder
    named = _answered(course, _spread(_named_in(index), _LOOKED_AT))
    named.sort(key=lambda one: (one.said_in < 2, -one.probability, one.question))
    chosen = _of_many_lectures(named, most)
    if len(chosen) < most:
        heard = _answered(course, _heard_in(index, encoder)[:_LOOKED_AT])
        chosen = _of_many_lectures([*chosen, *heard], most)
    return [one.question for one in chosen]


def questions_after(
    index: CourseIndex, encoder: Encoder, answer: Answer, before: Sequence[Turn] = (), most: int = 3
) -> list[str]:
    """Questions to go on with: about what passages say that were found and not cited, and that was not asked yet."""
    cited = {n for sentence in answer.sentences for n in sentence.citations}
    used = {reference.segment_id for reference in answer.references if reference.n in cited}
    unused = [hit for hit in answer.hits if hit.segment.segment_id not in used]
    known = _stems(" ".join([answer.question, answer.understood or "", *(turn.question for turn in before)]))
    chosen: list[str] = []
    # The longest first: of "rede" and "rede convolucional" the one that says more.
    subjects_here = sorted(subjects_of(index, encoder), key=lambda subject: -len(subject.split()))
    for hit in unused:
        text = " ".join([*hit.segment.heading, hit.segment.text])
        for subject in subjects_here:
            stems = _stems(subject)
            if stems & known or not _says(index, subject, text, hit.lecture.language):
                continue
            chosen.append(asked_about(subject, index.main_language))
            known |= stems
            break
        if len(chosen) == most:
            break
    return chosen


@dataclass(frozen=True, slots=True)
class _Answered:
    """A question that the lectures answer: how surely, in how many quotes its words are, from which lecture first."""

    question: str
    probability: float
    said_in: int
    lecture_id: str


def _answered(course: Monitoria, subjects_: Iterable[str]) -> list[_Answered]:
    """Those whose quotes say the subject's words and are not taken for no answer, in the order given."""
    index, encoder = course.index, course.retriever.segments.encoder
    found = []
    for subject in subjects_:
        question = asked_about(subject, index.main_language)
        quotes = choose_quotes(index, encoder, question, course.search(question), most=6, max_words=60)
        said_in = sum(_says(index, subject, quote.text, quote.hit.lecture.language) for quote in quotes)
        if said_in and not declines(quotes, (), course.settings.abstention.at_most):
            found.append(_Answered(question, probability(quotes), said_in, quotes[0].hit.segment.lecture_id))
    return found


def _of_many_lectures(found: Sequence[_Answered], most: int) -> list[_Answered]:
    """The first, of each lecture one; if that is not enough, the others after them."""
    chosen: dict[str, _Answered] = {}
    for one in found:
        chosen.setdefault(one.lecture_id, one)
    others = [one for one in found if one is not chosen[one.lecture_id]]
    return [*chosen.values(), *others][:most]


def _named_in(index: CourseIndex) -> tuple[str, ...]:
    if index not in _named:
        _named[index] = _found_names(index)
    return _named[index]


def _heard_in(index: CourseIndex, encoder: Encoder) -> tuple[str, ...]:
    """What is said and no title or heading names already, each once."""
    if index not in _heard:
        known = {frozenset(_stems(name)) for name in _named_in(index)}
        heard: dict[frozenset[str], str] = {}
        for name in subjects(index, encoder):
            heard.setdefault(frozenset(_stems(name)), name)
        _heard[index] = tuple(name for stems, name in heard.items() if stems not in known)
    return _heard[index]


def _found_names(index: CourseIndex) -> tuple[str, ...]:
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
    """What a title or heading names, one thing at a time, as it stands within a sentence.

    >>> list(_parts("Aula 2: Neurônio, ativações e redes densas"))
    ['neurônio', 'ativações', 'redes densas']
    """
    for part in _BREAKS.split(_LABEL.sub("", text.strip())):
        name = _LABEL.sub("", part.strip(" .?!\"'“”()[]"))
        if len(name.split()) in _WORDS and len(name) in _CHARACTERS and _PLAIN.fullmatch(name):
            first = name.split(maxsplit=1)[0]
            yield name[0].lower() + name[1:] if first[1:].islower() else name


def _stems(text: str) -> set[str]:
    return {*analyse(text, "pt"), *analyse(text, "en")}


def _says(index: CourseIndex, subject: str, text: str, language: str) -> bool:
    """Whether a text holds every word of a subject that counts."""
    _, held = index.lexical.words_held(subject, [text], "en" if language == "en" else "pt")
    return bool(held.size) and bool(held.all())


def _spread(names: Sequence[str], most: int) -> Iterable[str]:
    """At most so many, taken evenly from first to last."""
    return names if len(names) <= most else [names[n * len(names) // most] for n in range(most)]
