"""The reference kind without writing: a small model's odds of three words, and how much of the reference is there.

A model of this size, asked for reasons before its score, makes them up and the score follows
(docs/decisions/0014-judge.md). Here it is asked one word, whose odds are read; beside them counts how many of the
reference's own words the answer has. Both together give the score, cut where the development part of pt-asag-2018
says, and the reasons are what was found: which words are there, which are not, what the model thinks.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from corpus.language import Language, say
from eval.judging.asking import Silence
from eval.judging.reading import Reading
from rag.chances import Chance, chance_of, first_words
from rag.errors import GenerationFailed
from rag.lexical import analyse
from rag.llm import LLM, WEIGHING
from rag.prompts import Prompt, filled

# "correta", "parcial", "errada", with what else the model begins them with, accents folded.
_WORDS = (
    ("errada", "incorreta", "wrong", "incorrect"),
    ("parcial", "partial"),
    ("correta", "correto", "correct"),
)
_WORTH = (0.0, 1.5, 3.0)
_SHOWN_WORDS = 12
_WORD = re.compile(r"\w+")
# Between versions of a reference answer; one of them is enough.
VERSIONS = " | "


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What odds and coverage are worth, and from where on the sum is a score of 1, 2 and 3.

    Fitted by ``python -m benchmarks.judge --fit`` on answers to the even questions of pt-asag-2018.
    """

    intercept: float
    odds: float
    coverage: float
    cuts: tuple[float, float, float]

    def score(self, odds: float, coverage: float) -> int:
        """0 to 3, of the expected mark (0 to 3) and the share of the reference's words (0 to 1)."""
        measured = self.intercept + self.odds * odds + self.coverage * coverage
        return sum(measured >= cut for cut in self.cuts)


YARDSTICK = Yardstick(-0.279, 0.614, 2.371, (0.693, 1.221, 1.824))


@dataclass(frozen=True, slots=True)
class Compared:
    """An answer beside its reference, and the question that both answer."""

    question: str
    reference: str
    answer: str
    language: Language


@dataclass(frozen=True, slots=True)
class Words:
    """The reference's words that the answer has and has not, as the reference spells them."""

    present: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def coverage(self) -> float:
        """The share of them that the answer has, 0 to 1."""
        return len(self.present) / max(1, len(self.present) + len(self.absent))


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was found of an answer.

    Attributes:
        odds: the model's shares of wrong, partial, correct; they sum to 1.
        words: how the answer has the reference's.
    """

    odds: tuple[float, float, float]
    words: Words

    @property
    def expected(self) -> float:
        """The mark that the model's odds make, 0 to 3."""
        return sum(share * worth for share, worth in zip(self.odds, _WORTH, strict=True))


def marking(compared: Compared) -> Prompt:
    """What the model is asked; its hash is of the rubric's file and of the yardstick, since both decide."""
    values = {"question": compared.question, "reference": compared.reference, "answer": compared.answer}
    prompt = filled("marking", compared.language, "eval.judging.rubrics", **values)
    return replace(prompt, sha256=hashlib.sha256(f"{prompt.sha256} {YARDSTICK}".encode()).hexdigest())


def marking_hashes() -> dict[str, str]:
    """What `marking` is versioned by, in place of the reference kind's rubrics."""
    return {f"reference.{language}": marking(Compared("", "", "", language)).sha256 for language in get_args(Language)}


def weigh(llm: LLM, prompt: Prompt, compared: Compared, timeout_s: float) -> Weighed | Silence:
    """What the model's odds and the reference's words say of an answer, or why the model says nothing.

    Raises:
        UsageError: the model gives no probabilities.
    """
    try:
        told = first_words(replace(llm, chat=llm.in_slot(WEIGHING)), [prompt], timeout_s)[0]
    except GenerationFailed as error:
        return Silence("unreachable" if error.__cause__ else "timeout", str(error))
    odds = _odds(told)
    if odds is None:
        begun = json.dumps([one.get("token") for one in told[:3]], ensure_ascii=False)
        text = say("o modelo não começa nenhuma das três palavras", "the model begins none of the three words")
        return Silence("unreadable", f"{text}: {begun}")
    return Weighed(odds, words_found(compared))


def reading_of(weighed: Weighed, compared: Compared) -> Reading:
    """The judgement with its reasons, in the question's language: what was found, in words."""
    wrong, partial, correct = (f"{share:.0%}" for share in weighed.odds)
    words, n, of = weighed.words, len(weighed.words.present), len(weighed.words.present + weighed.words.absent)
    if compared.language == "pt":
        criteria = f"O que a resposta precisa dizer: {compared.reference}"
        found = (
            f"{_in_portuguese(words)} O modelo dá {correct} de chance a “correta”, {partial} a “parcialmente correta” "
            f"e {wrong} a “errada”."
        )
    else:
        criteria = f"What the reference demands: {compared.reference}"
        found = (
            f"Has {n} of {of} words of the reference: {_some(words.present) or 'nothing'}. "
            f"Lacks: {_some(words.absent) or 'nothing'}. "
            f"The model, in one word: correct {correct}, partial {partial}, wrong {wrong}."
        )
    return Reading(criteria, found, YARDSTICK.score(weighed.expected, words.coverage))


def _in_portuguese(words: Words) -> str:
    n, of = len(words.present), len(words.present + words.absent)
    if of == 0:
        return "A referência não tem palavra que se possa procurar na resposta."
    if of == 1:
        has = "tem" if n else "não tem"
        return f"A resposta {has} a única palavra da referência que conta: {_some(words.present + words.absent)}."
    if n == of:
        return f"A resposta tem todas as {of} palavras da referência que contam: {_some(words.present)}."
    if n == 0:
        return f"A resposta não tem nenhuma das {of} palavras da referência que contam: {_some(words.absent)}."
    return (
        f"Das {of} palavras da referência que contam, a resposta tem {n} ({_some(words.present)}); "
        f"{'falta' if of - n == 1 else 'faltam'} {of - n} ({_some(words.absent)})."
    )


def words_found(compared: Compared) -> Words:
    """The reference's words that the answer has, and those it lacks; of several versions, the one best covered.

    Words are compared by their stems; those of the question say nothing, unless the reference has no others.

    >>> words_found(Compared("O que é a mediana?", "O valor do meio, a mediana.", "É o do meio!", "pt"))
    Words(present=('meio',), absent=('valor',))
    """
    said, asked = (_stems(text, compared.language).keys() for text in (compared.answer, compared.question))
    found = []
    for version in compared.reference.split(VERSIONS):
        words = _stems(version, compared.language)
        telling = {stem: word for stem, word in words.items() if stem not in asked} or words
        present = tuple(word for stem, word in telling.items() if stem in said)
        found.append(Words(present, tuple(word for stem, word in telling.items() if stem not in said)))
    return max(found, key=lambda words: words.coverage)


def _stems(text: str, language: Language) -> dict[str, str]:
    """Each stem that counts, in order, with the first word that has it; all words where none counts."""
    words = _WORD.findall(text)
    stems = {stem: word for word in reversed(words) for stem in analyse(word, language)}
    return dict(reversed(stems.items())) or {word.lower(): word for word in words}


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:_SHOWN_WORDS]) + (", …" if len(words) > _SHOWN_WORDS else "")


def _odds(told: Sequence[Chance]) -> tuple[float, float, float] | None:
    logs = [chance_of(told, words) for words in _WORDS]
    if all(found is None for found in logs):
        return None
    shares = np.exp([-np.inf if found is None else found for found in logs])
    wrong, partial, correct = (float(share) for share in shares / shares.sum())
    return wrong, partial, correct
