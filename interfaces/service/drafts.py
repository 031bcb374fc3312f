"""An answer in the making: what a stream has told so far, and the events that keep it in the database.

`Draft.take` is a pure fold, so that a page in this process, a page after a reload, and another process reading the
stored events all see the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rag.events import AnswerReady, Event, HitsFound, QuestionUnderstood, QuotesChosen, SentenceChecked, TextWritten
from rag.exchange import reference_record, run_records


@dataclass(frozen=True, slots=True)
class Draft:
    """What is there of an answer.

    Attributes:
        understood: the whole question that a follow-up was taken for.
        hits, quotes: as the contract's JSON; both come before any model is asked.
        text: what the model has written and not taken back.
        taken_back: the lectures did not back what it wrote last.
        found: the quotes are chosen; what comes now waits for the model.
    """

    understood: str | None = None
    hits: tuple[Mapping[str, Any], ...] = ()
    quotes: tuple[Mapping[str, Any], ...] = ()
    text: str = ""
    taken_back: bool = False
    found: bool = False
    checked: bool = False

    def take(self, kind: str, payload: Mapping[str, Any]) -> Draft:
        """The draft after one more event; kinds that nobody knows change nothing."""
        if kind == "understood":
            return replace(self, understood=payload["question"])
        if kind == "hits":
            return replace(self, hits=tuple(payload["hits"]))
        if kind == "quotes":
            return replace(self, quotes=tuple(payload["quotes"]), found=True)
        if kind == "text":
            # What comes after a check is another attempt at the sentence that was checked.
            before = "" if self.checked else self.text
            return replace(self, text=before + payload["text"], checked=False, taken_back=False)
        if kind == "sentence":
            alone = self.text.split() == str(payload["text"]).split()
            if payload["support"] == "not" and alone:
                return replace(self, text="", checked=True, taken_back=True)
            return replace(self, checked=True)
        return self


def draft_of(events: Iterable[tuple[str, Mapping[str, Any]]]) -> Draft:
    """The draft that these events make, in their order.

    >>> draft_of([("text", {"text": "O drop"}), ("text", {"text": "out"})]).text
    'O dropout'
    """
    draft = Draft()
    for kind, payload in events:
        draft = draft.take(kind, payload)
    return draft


def told(event: Event) -> tuple[str, dict[str, Any]]:
    """A stream's event as the kind and payload that are stored; the answer itself is stored with its turn."""
    match event:
        case QuestionUnderstood(question):
            return "understood", {"question": question}
        case HitsFound(hits):
            return "hits", {"hits": run_records(hits)}
        case QuotesChosen(quotes):
            return "quotes", {"quotes": [reference_record(quote) for quote in quotes]}
        case TextWritten(text):
            return "text", {"text": text}
        case SentenceChecked(sentence):
            return "sentence", {
                "text": sentence.text,
                "citations": list(sentence.citations),
                "support": sentence.support,
            }
        case AnswerReady(answer):
            return "answer", {"mode": answer.mode, "abstained": answer.abstained}
