"""From quotes to an answer: what the model is asked, and what of its text may stand.

A small model is asked for one sentence on one quote, and for no number: the number is the quote's. What it may
write is bounded by a grammar, what stands is decided by comparing it with the quote. A large one writes from all
quotes and cites them. Where nothing stands, the quotes are the answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from corpus.language import Language, say
from rag.citations import Attached, CitationChecker, is_refusal, reference, split_sentences
from rag.config import ProfileSettings
from rag.errors import GenerationFailed
from rag.events import Event, SentenceChecked, TextWritten
from rag.generator import Generation
from rag.llm import LLM, WRITING, briefly
from rag.odds import claim_odds
from rag.prompts import ABSTENTION, Prompt, answer_prompt, report_prompt
from rag.quotes import Quote
from rag.records import Hit, Reference, Sentence

_SENTENCE_TOKENS = 90
# One sentence: a full stop inside it is followed by a letter or a figure ("3.14", "conftest.py"), the last one by
# nothing. No brackets, so no number of its own; no line, so no second thought.
_ONE_SENTENCE = r'root ::= " " (letter | "." [0-9A-Za-z_])+ "."' + "\n" + r"letter ::= [^.!?\n\r\[\]{}<>|]"
_ITEM = re.compile(r"[-*•] |\d+[.)] ")
_NOTHING = Attached((), ())


@dataclass(frozen=True, slots=True)
class Task:
    """A question to be answered from quotes of the hits.

    Attributes:
        started: of the monotonic clock.
        odds: log-odds that the first quotes answer, as a small model weighs them (`rag.odds`); empty where none did.
    """

    question: str
    language: Language
    hits: tuple[Hit, ...]
    quotes: tuple[Quote, ...]
    started: float
    odds: tuple[float, ...] = ()

    @property
    def likeliest_first(self) -> list[int]:
        """Numbers of the quotes, from 1: those that were weighed by their odds, then the rest in their order."""
        weighed = sorted(range(1, len(self.odds) + 1), key=lambda n: (-self.odds[n - 1], n))
        return [*weighed, *range(len(weighed) + 1, len(self.quotes) + 1)]

    def worth_writing_on(self, profile: ProfileSettings) -> list[int]:
        """Numbers of the quotes, from 1, that a sentence may be asked on: the likeliest first, the unlikely left out.

        In their order where none was weighed.
        """
        numbers = self.likeliest_first
        if self.odds:
            numbers = [n for n in numbers[: len(self.odds)] if self.odds[n - 1] >= profile.min_odds]
        return numbers[: profile.attempts]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    text: str
    attached: Attached = _NOTHING
    abstained: bool = False
    quotes: bool = False
    error: str | None = None
    prompt: Prompt | None = None
    first_token_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """Who writes, by which profile, and what checks it; ``timeout_s`` is how long the model may stay silent."""

    llm: LLM
    checker: CitationChecker
    profile: ProfileSettings
    timeout_s: float


Writing = Generator[Event, None, Outcome]


def write(task: Task, means: Means) -> Writing:
    """Ask the model as its profile says; yields its text as it comes, returns what may stand.

    Raises nothing of the model's: one that fails leaves the quotes and its error in the outcome.
    """
    writer = _report if means.profile.task == "report" else _answer
    return (yield from writer(task, means))


def quoted(task: Task, *, unsupported: bool = False, error: str | None = None) -> Outcome:
    """The quotes themselves as the answer, when no model speaks or none may be believed."""
    references = shown_quotes(task)
    sentences = tuple(Sentence(r.quote, (r.n,), "supported") for r in references)
    text = "\n".join([_OPENING[unsupported][task.language], *_lines(references, task.likeliest_first)])
    return Outcome(text, Attached(sentences, references), quotes=True, error=error)


def shown_quotes(task: Task) -> tuple[Reference, ...]:
    """The task's quotes as references, numbered from 1."""
    return tuple(reference(n, quote.hit, quote.place) for n, quote in enumerate(task.quotes, start=1))


def abstention(task: Task) -> Outcome:
    """The answer that the lectures do not answer."""
    return Outcome(ABSTENTION[task.language], abstained=True)


def _report(task: Task, means: Means) -> Writing:
    """One sentence on the best quote; on the next one where nothing backs it."""
    brief = _one_sentence(means.llm)
    first_token_ms: float | None = None
    prompt: Prompt | None = None
    for n in task.worth_writing_on(means.profile):
        quote = task.quotes[n - 1]
        prompt = report_prompt(task.question, quote, task.language)
        opening = prompt.opening
        if not means.llm.takes_grammar:
            prompt = replace(prompt, opening="")
        generation = Generation(brief, prompt, means.timeout_s)
        written = ""
        try:
            for piece in generation.tokens():
                if first_token_ms is None:
                    first_token_ms = ms_since(task.started)
                yield TextWritten(piece if written else f"{opening} {piece.lstrip()}")
                written += piece
            claim = " ".join(written.split()).removeprefix(opening).strip()
            # In part is not enough: what a small model adds to a quote is wrong more often than right.
            supported = not generation.cut_off and _stands(claim, quote, task, means)
        except GenerationFailed as error:
            return replace(quoted(task, error=str(error)), prompt=prompt, first_token_ms=first_token_ms)
        sentence = Sentence(f"{opening} {claim}", (n,) if supported else (), "supported" if supported else "not")
        yield SentenceChecked(sentence)
        if supported:
            references = shown_quotes(task)
            text = "\n".join([_cited(sentence, task.language), "", *_lines(references, task.likeliest_first)])
            return Outcome(text, Attached((sentence,), references), prompt=prompt, first_token_ms=first_token_ms)
    return replace(quoted(task, unsupported=True), prompt=prompt, first_token_ms=first_token_ms)


def _stands(claim: str, quote: Quote, task: Task, means: Means) -> bool:
    """Whether a small model's sentence may be shown as the lecture's; the cheap questions are asked first.

    Raises:
        GenerationFailed: the model, asked whether the sentence answers, failed or hung.
    """
    checker, profile = means.checker, means.profile
    if is_refusal(claim) or checker.support_of(claim, quote, task.question, profile.min_support) != "supported":
        return False
    if checker.relevance(claim, task.question, task.hits) < profile.min_relevance:
        return False
    odds = claim_odds(means.llm, task.question, claim, quote, task.language, means.timeout_s)
    return odds is None or odds >= profile.min_claim_odds


def _answer(task: Task, means: Means) -> Writing:
    """An answer from all quotes, each sentence checked when all is written."""
    prompt = answer_prompt(task.question, task.quotes, task.language)
    generation = Generation(means.llm, prompt, means.timeout_s)
    written: list[str] = []
    first_token_ms: float | None = None
    try:
        for piece in generation.tokens():
            if first_token_ms is None:
                first_token_ms = ms_since(task.started)
            written.append(piece)
            yield TextWritten(piece)
    except GenerationFailed as failure:
        return replace(quoted(task, error=str(failure)), prompt=prompt, first_token_ms=first_token_ms)
    text, error = "".join(written), None
    if generation.cut_off:
        text = " ".join(split_sentences(text)[:-1])
        error = say(
            "o modelo chegou ao seu limite de tokens (llm.max_tokens); a frase incompleta saiu",
            "the model reached its limit of tokens (llm.max_tokens); the unfinished sentence went",
        )
    attached = means.checker.attach(text, [quote.hit for quote in task.quotes], task.question)
    for sentence in attached.sentences:
        yield SentenceChecked(sentence)
    if any(sentence.supported for sentence in attached.sentences):
        outcome = Outcome(_compose(attached, task.language), attached=attached)
    elif attached.refusals:
        outcome = abstention(task)
    else:
        outcome = quoted(task, unsupported=True)
    return replace(outcome, error=error, prompt=prompt, first_token_ms=first_token_ms)


def _one_sentence(llm: LLM) -> LLM:
    brief = replace(llm, chat=briefly(llm.chat, _SENTENCE_TOKENS))
    return replace(brief, chat=brief.in_slot(WRITING, grammar=_ONE_SENTENCE))


_OPENING: Mapping[bool, Mapping[Language, str]] = {
    False: {
        "pt": "Trechos das aulas mais próximos da pergunta:",
        "en": "Lecture passages nearest to the question:",
    },
    True: {
        "pt": "Não consegui resumir numa frase que as aulas sustentem. O que disseram de mais próximo:",
        "en": "I could not sum it up in a sentence that the lectures support. The nearest that they said:",
    },
}
_NOTES: Mapping[str, Mapping[Language, str]] = {
    "partly": {"pt": " (em parte)", "en": " (in part)"},
    "not": {"pt": "[sem apoio nas aulas]", "en": "[not supported by the lectures]"},
}


def _compose(attached: Attached, language: Language) -> str:
    """The answer's text: each sentence with its numbers before the full stop, or the mark that nothing backs it.

    That the lectures do not say something needs no backing.
    """
    parts = []
    for place, sentence in enumerate(attached.sentences):
        whole = sentence.text if place in attached.refusals else _cited(sentence, language)
        parts.append(("\n" if _ITEM.match(sentence.text) else " ") + whole)
    return "".join(parts).strip()


def _cited(sentence: Sentence, language: Language) -> str:
    text = sentence.text
    body, end = (text[:-1], text[-1]) if text[-1:] in ".!?…" else (text, "")
    numbers = "".join(f"[{n}]" for n in sentence.citations)
    note = numbers if sentence.support == "supported" else numbers + _NOTES[sentence.support][language]
    return f"{body} {note}{end}"


def _lines(references: Sequence[Reference], numbers: Sequence[int]) -> list[str]:
    """The quotes, the likeliest to answer first; each keeps the number that it was first shown with."""
    return [f"“{references[n - 1].quote}” [{n}]" for n in numbers]


def ms_since(started: float) -> float:
    """Milliseconds since a moment of the monotonic clock."""
    return (time.perf_counter() - started) * 1000.0
