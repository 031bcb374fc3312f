"""Whether a quote answers the question, as a small model's odds: one token of a reply that it does not write.

A model of this size, asked yes or no, says yes to everything (docs/decisions/0008-a-second-look.md). Shown two
passages that answer and two that do not, and its reply begun for it with ``O professor``, it goes on with ``diz`` or
with ``não``; how likely each is tells the quotes of one question apart (docs/decisions/0012-quotes-first.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corpus.language import Language
from rag.chances import first_words, margin
from rag.errors import UsageError
from rag.llm import LLM, WEIGHING
from rag.prompts import says_prompt
from rag.quotes import Quote

# "O professor diz que" or "O professor não responde"; "The lecturer says that" or "does not answer".
_SAYS, _NOT = ("diz", "says"), ("nao", "does")


def answering_odds(
    llm: LLM, question: str, quotes: Sequence[Quote], language: Language, timeout_s: float
) -> tuple[float, ...]:
    """Log-odds that each quote answers, in the quotes' order; empty where the model has no way to tell.

    Costs the reading of each quote. A quote of which the model says neither gets the least of the others.

    Raises:
        GenerationFailed: the model failed or hung.
    """
    if not llm.takes_grammar or not quotes:
        return ()
    prompts = [says_prompt(question, quote, language) for quote in quotes]
    try:
        told = first_words(replace(llm, chat=llm.in_slot(WEIGHING)), prompts, timeout_s)
    except UsageError:
        # A server without probabilities: nothing is weighed, and the quotes keep their order.
        return ()
    odds = [margin(first, _SAYS, _NOT) for first in told]
    known = [found for found in odds if found is not None]
    return tuple(min(known) if found is None else found for found in odds) if known else ()


def claim_odds(llm: LLM, question: str, claim: str, quote: Quote, language: Language, timeout_s: float) -> float | None:
    """Log-odds that a sentence written on a quote answers by itself, as if it had been said; ``None`` if unknown.

    Raises:
        GenerationFailed: the model failed or hung.
    """
    said = replace(quote, sentences=(replace(quote.place, text=claim),))
    return next(iter(answering_odds(llm, question, [said], language, timeout_s)), None)
