"""What ragas is answered when it asks a model: by the same chat model and the same encoder as everything else.

A reply is asked for under the schema that ragas names, where the model takes one. What goes wrong is a `Silence`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from corpus.language import Language
from eval.judging.asking import Asker, Patience, Reply, Silence
from eval.ragas.prompts import prompt_of
from rag.encoder import Encoder
from rag.llm import LLM, briefly
from rag.prompts import Prompt
from rag.records import Query

# Room for the longest reply: a statement of each sentence, with its reason.
_MAX_TOKENS = {"small": 1200, "large": 4000}
_TEXT_CHARACTERS, _MOST_STATEMENTS = 300, 12
_ALLOWED = {"verdict": [0, 1], "attributed": [0, 1], "noncommittal": [0, 1], "rating": [0, 2, 4]}
_SYSTEM = "You evaluate answers. You write one JSON object alone, nothing before it or after it."


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of ragas's.

    Attributes:
        prompt: what ragas spells out.
        file: which of our prompts takes its place, for ``case``, what it is about as JSON; ``None`` where it stands.
        schema: of the object that it wants back.
        statements: how many of them it named, each of which wants a verdict; else ``None``.
        said: what was replied before and could not be read, each with its fault in Portuguese and English.
    """

    prompt: str
    schema: Mapping[str, Any]
    language: Language
    file: str | None = None
    case: str = ""
    statements: int | None = None
    said: Sequence[tuple[str, str, str]] = ()


@dataclass(slots=True)
class Models:
    """The chat model and the encoder behind ragas. Safe to use from several threads."""

    llm: LLM
    patience: Patience
    encoder: Encoder | None = None
    _takes_schema: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, asked: Asked) -> Reply | Silence:
        """What the chat model writes, or why it does not."""
        prompt = prompt_of(asked.file, asked.case) if asked.file else Prompt(_SYSTEM, asked.prompt, "")
        after = [turn for said in asked.said for turn in _once_more(said, asked.language)]
        bound = _bound(self.llm, asked) if self._takes_schema else None
        if bound is not None:
            outcome = self._ask(bound, prompt, after)
            if not isinstance(outcome, Silence) or outcome.cause != "refused":
                return outcome
        plain = self._ask(_brief(self.llm).bind(), prompt, after)
        if bound is not None and isinstance(plain, Reply):
            # It was the schema that was refused: it is not sent again.
            self._takes_schema = False
        return plain

    def vectors(self, questions: Sequence[str]) -> list[list[float]]:
        """A unit vector of each text. ragas compares questions with each other, so that all are queries to E5."""
        assert self.encoder is not None, "a metric that compares vectors was given an encoder"
        with self._lock:
            return cast("list[list[float]]", self.encoder.encode_queries([Query(text) for text in questions]).tolist())

    def _ask(self, chat: Runnable[Any, Any], prompt: Prompt, after: Sequence[tuple[str, str]]) -> Reply | Silence:
        # A chat that is bound already is asked as it is.
        return Asker(replace(self.llm, chat=cast("BaseChatModel", chat)), self.patience).ask(prompt, after=after)


def _brief(llm: LLM) -> BaseChatModel:
    return briefly(llm.chat, _MAX_TOKENS[llm.size])


def _bound(llm: LLM, asked: Asked) -> Runnable[Any, Any] | None:
    """The chat model bound to the schema in its provider's way; ``None`` where there is none that all models know."""
    chat = _brief(llm)
    family = type(chat).__module__.partition(".")[0]
    schema = strict_schema(asked.schema, limits=llm.takes_grammar, statements=asked.statements)
    if family == "langchain_openai":
        named = {"name": "reply", "strict": True, "schema": schema}
        return chat.bind(extra_body={"response_format": {"type": "json_schema", "json_schema": named}})
    return chat.bind(format=schema) if family == "langchain_ollama" else None


def strict_schema(schema: Mapping[str, Any], *, limits: bool, statements: int | None = None) -> dict[str, Any]:
    """A schema as providers take it: every key required, no other allowed, and only the numbers that ragas knows.

    ``limits`` on lengths are not known to every server; with them a list has ``statements`` items where that is known.
    """
    kept: dict[str, Any] = {key: value for key, value in schema.items() if key not in ("title", "description")}
    if "$defs" in kept:
        kept["$defs"] = {
            name: strict_schema(part, limits=limits, statements=statements) for name, part in kept["$defs"].items()
        }
    if kept.get("type") == "object":
        parts = {
            name: strict_schema(part, limits=limits, statements=statements)
            | ({"enum": _ALLOWED[name]} if name in _ALLOWED else {})
            for name, part in kept["properties"].items()
        }
        return kept | {"properties": parts, "required": list(parts), "additionalProperties": False}
    if kept.get("type") == "array":
        kept["items"] = strict_schema(kept["items"], limits=limits)
        most = {"minItems": statements or 0, "maxItems": statements or _MOST_STATEMENTS}
        return kept | (most if limits else {})
    if kept.get("type") == "string" and limits:
        return kept | {"maxLength": _TEXT_CHARACTERS}
    return kept


def _once_more(said: tuple[str, str, str], language: Language) -> list[tuple[str, str]]:
    text, pt, en = said
    fault = (
        f"Isso não pôde ser lido: {pt}. Escreva de novo, só o objeto JSON."
        if language == "pt"
        else f"This could not be read: {en}. Write it again, the JSON object alone."
    )
    return [("assistant", text or "-"), ("user", fault)]
