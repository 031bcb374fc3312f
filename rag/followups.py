"""Follow-ups into whole questions, and only those: what was asked before joins a question that leans on it.

A whole question is left as it was typed. The history is a student's and a model's text: it is cut short, searched for
words and shown to a model as material; nothing in it is obeyed. Nothing here loses a question: a model that fails,
hangs or writes something else leaves the joining that needs none, and a reason to tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from corpus.language import Language, detect_language, fold_accents
from rag.anaphora import leans, own_words
from rag.errors import GenerationFailed, MonitoriaError
from rag.generator import Generation
from rag.lexical import LexicalIndex, analyse
from rag.llm import LLM, briefly
from rag.prompts import ABSTENTION, filled
from rag.question_words import HERE
from rag.records import Turn

TIMEOUT_S = 10.0  # nothing is on the student's screen before the question is understood
_TURNS = 3
_TURN_WORDS = 100
_TURN_CHARACTERS = 4000
_ASKED_WORDS = 9
_SAID_WORDS = 9
_LATER = 0.97  # what a word weighs less for each word before it: answers name their subject first
_KEPT = 0.7  # of the follow-up's own words must stand in a model's whole question
_MAX_TOKENS = 80
_MAX_WORDS = 25  # of a model's whole question, besides as many as the follow-up has
_NUMBERS = frozenset("um dois três quatro cinco one two three four five 1 2 3 4 5 6 7 8 9 10".split())
_OF_THE_COURSE = HERE | frozenset(("professor", "professora", "lecturer"))
_LABEL: Mapping[Language, str] = {"pt": "sobre", "en": "about"}
_REFERENCE = re.compile(r"\[[^\]]{0,40}\]|\(\d+\)|https?://\S+")
_QUOTE_LINE = re.compile(r"^“.*(?:” \[\d+\])?$", re.MULTILINE)  # the last one may have been cut short
_QUOTES = re.compile(r"[\"“”‘«»`*<>|{}()\[\]]+")
_OPENS = re.compile(r"(?:o que|oq|quem|what|who) (?:e|sao|foi|significa|is|are|was|does)\b")
_SPOKEN_BY: Mapping[Language, tuple[str, str]] = {"pt": ("Aluno", "Monitor"), "en": ("Student", "Assistant")}
_WRAPPING = re.compile(
    r"^(?:[-*•\s\"'“”‘’«»`]|(?:\w+ ){0,2}(?:pergunta|question)(?: \w+)?\s*:)+|[\s\"'“”‘’«»`*]+$", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.?!;:])\s+|\n+")
_WHO_SAYS = re.compile(
    r"^(?:o professor|a professora|o material|the lecturer|the material) (?:diz|says)(?: que| that)?\s+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it was asked, and as it is answered.

    Attributes:
        question: whole; what was asked where nothing was needed.
        fault: why a model did not make it whole, to be told and not raised.
    """

    asked: str
    question: str
    fault: MonitoriaError | None = None

    @property
    def rewritten(self) -> bool:
        """Whether what was said before was needed."""
        return self.question != self.asked


def understand(
    question: str,
    history: Sequence[Turn],
    lexical: LexicalIndex | None = None,
    *,
    open_llm: Callable[[], LLM | None] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Understood:
    """The whole question that is asked after ``history``, oldest turn first.

    Args:
        question: as it was typed.
        history: its last three turns count, a hundred words of each question and answer.
        lexical: says which words of the history are rare in the lectures; without it all count alike.
        open_llm: gives a large model that writes the whole question; without one words of the history are added.
        timeout_s: how long that model may take.
    """
    turns = [turn for turn in map(_shortened, history[-_TURNS:]) if turn.question]
    if not turns:
        return Understood(question, question)
    language = detect_language(question, detect_language(turns[-1].question))
    if not leans(question, language):
        return Understood(question, question)
    joined = _joined(question, turns, language, lexical)
    fault: MonitoriaError | None = None
    if open_llm is not None:
        try:
            llm = open_llm()
            if llm is not None:
                return Understood(question, _written(llm, question, turns, language, timeout_s))
        except MonitoriaError as error:
            fault = error
    return Understood(question, joined, fault)


def _shortened(turn: Turn) -> Turn:
    """What of a turn is looked at; an answer that says nothing is none.

    Quotes are none either: of six that were shown five may be of something else.
    """
    said = _QUOTE_LINE.sub("", turn.answer[:_TURN_CHARACTERS])
    said = _REFERENCE.sub(" ", said)
    if any(said.strip().startswith(text) for text in ABSTENTION.values()):
        said = ""
    lines = [line for line in said.splitlines() if line.strip() and not line.rstrip().endswith(":")]
    return Turn(_first_words(turn.question[:_TURN_CHARACTERS]), _WHO_SAYS.sub("", _first_words("\n".join(lines))))


def _first_words(text: str) -> str:
    """The first words of a text, its lines kept apart."""
    kept: list[str] = []
    left = _TURN_WORDS
    for line in text.splitlines():
        words = line.split()[:left]
        left -= len(words)
        if words:
            kept.append(" ".join(words))
    return "\n".join(kept)


def _joined(question: str, turns: Sequence[Turn], language: Language, lexical: LexicalIndex | None) -> str:
    """The question, and in brackets what it is about: in the words of what was asked and answered before."""
    known = set(_stems(question, language))
    about: list[str] = []
    for turn in _leaned_on(turns):
        asked = detect_language(turn.question, language)
        phrase = _phrase(turn.question, asked, lexical, known, _ASKED_WORDS)
        about.append(phrase)
        known.update(_stems(phrase, asked))
    said = turns[-1].answer
    spoken = detect_language(said, language)
    about.append(_phrase(said, spoken, lexical, known, _SAID_WORDS))
    about = [phrase for phrase in about if phrase]
    return f"{question.strip()} ({_LABEL[language]}: {'; '.join(about)})" if about else question


def _leaned_on(turns: Sequence[Turn]) -> list[Turn]:
    """The last turn; where its question does not open a subject itself, those before it too. Oldest first."""
    found: list[Turn] = []
    for turn in reversed(turns):
        found.insert(0, turn)
        language = detect_language(turn.question)
        opens = _OPENS.match(fold_accents(turn.question.lower())) or len(own_words(turn.question, language)) > 2
        if opens and not leans(turn.question, language):
            break
    return found


def _phrase(text: str, language: Language, lexical: LexicalIndex | None, known: set[str], most: int) -> str:
    """The stretch of a sentence, ``most`` words at most, whose new words weigh most; empty where none is new."""
    best, weight, before = "", 0.0, 0
    weights = _weights(text, language, lexical)
    for sentence in _SENTENCE.split(_QUOTES.sub(" ", text)):
        for place, stretch in _stretches(sentence.split(), language, most):
            new = {stem: word for word in stretch for stem in _stems(word, language) if stem not in known}
            total = sum(max(weights.get(part, 1.0) for part in own_words(word, language)) for word in new.values())
            total *= _LATER ** (before + place)
            if total > weight:
                best, weight = " ".join(stretch).strip(" ,.;:?!-–—"), total
        before += len(sentence.split())
    return best


def _stretches(words: Sequence[str], language: Language, most: int) -> Iterator[tuple[int, Sequence[str]]]:
    """Stretches that begin and end with a word that counts, the longest from each beginning."""
    counts = [n for n, word in enumerate(words) if own_words(word, language)]
    for first in counts:
        last = max(n for n in counts if first <= n < first + most)
        while last + 1 < len(words) and last + 1 - first < most and _counted(words[last], words[last + 1]):
            last += 1
        yield first, words[first : last + 1]


def _stems(text: str, language: Language) -> list[str]:
    return [stem for word in own_words(text, language) for stem in analyse(word, language)]


def _weights(text: str, language: Language, lexical: LexicalIndex | None) -> dict[str, float]:
    """How rare each word of a text is in the lectures; a word that they do not have weighs as any."""
    if lexical is None:
        return {}
    words = [word for word in dict.fromkeys(own_words(text, language)) if lexical.terms(word)]
    return {word: float(lexical.words_held(word, [], language)[0].sum()) for word in words}


def _counted(word: str, following: str) -> bool:
    """Whether a number or a generic word goes on the phrase: "trabalho dois"."""
    return word[-1].isalnum() and following.strip(",.;:?!").isalnum() and following.strip(",.;:?!").lower() in _NUMBERS


def _written(llm: LLM, question: str, turns: Sequence[Turn], language: Language, timeout_s: float) -> str:
    """The whole question in a model's words, if it is one and of the conversation's words.

    Raises:
        GenerationFailed: the model failed, took too long, or wrote something else.
    """
    student, assistant = _SPOKEN_BY[language]
    lines = [
        f"{who}: {' '.join(text.split())}"
        for t in turns
        for who, text in ((student, t.question), (assistant, t.answer))
    ]
    prompt = filled("followup", language, question=" ".join(question.split()), conversation="\n".join(lines))
    generation = Generation(replace(llm, chat=briefly(llm.chat, _MAX_TOKENS)), prompt, timeout_s)
    written, _ = generation.written(timeout_s)
    whole = _WRAPPING.sub("", written.strip())
    if generation.cut_off or not _may_stand(whole, question, turns, language):
        raise GenerationFailed(
            pt=f"o modelo {llm.name} não escreveu uma pergunta que sirva; à sua juntaram-se palavras da conversa",
            en=f"the model {llm.name} wrote no question that will do; words of the conversation joined yours",
        )
    return whole


def _may_stand(whole: str, question: str, turns: Sequence[Turn], language: Language) -> bool:
    """Whether a text is one question that keeps the follow-up's words and adds only words of the conversation."""
    if "\n" in whole or not whole.endswith("?") or len(whole.split()) > _MAX_WORDS + len(question.split()):
        return False
    asked, found = set(_stems(question, language)), set(_stems(whole, language))
    free = [text for turn in turns for text in (turn.question, turn.answer)] + sorted(_OF_THE_COURSE)
    said = {stem for text in free for stem in _stems(text, language)}
    return len(asked & found) >= _KEPT * len(asked) and bool(found - asked) and found <= asked | said
