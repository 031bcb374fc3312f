"""What ragas is answered when it asks a model: by the same chat model and the same encoder as everything else.

A reply is asked for under the schema that ragas names, where the model takes one. What goes wrong is a `Silence`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from corpus.language import Language
from eval.judging.asking import Asker, Patience, Reply, Silence
from eval.ragas.prompts import prompt_of
from rag.encoder import Encoder
from rag.llm import LLM, Size
from rag.prompts import Prompt
from rag.records import Query

# Room for the longest reply: a statement of each sentence, with its reason.
_MAX_TOKENS: Mapping[Size, int] = {"small": 1200, "large": 4000}
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


class Models:
    """The chat model and the encoder behind ragas. Safe to use from several threads."""

    def __init__(self, llm: LLM, patience: Patience) -> None:
        self.llm = llm
        self.encoder: Encoder | None = None
        self._asker = Asker(llm, patience, max_tokens=_MAX_TOKENS)
        self._lock = threading.Lock()

    def reply(self, asked: Asked) -> Reply | Silence:
        """What the chat model writes, or why it does not."""
        prompt = prompt_of(asked.file, asked.case) if asked.file else Prompt(_SYSTEM, asked.prompt, "")
        after = [turn for said in asked.said for turn in _once_more(said, asked.language)]
        schema = strict_schema(asked.schema, limits=self.llm.takes_grammar, statements=asked.statements)
        return self._asker.ask(prompt, after=after, schema=schema)

    def vectors(self, questions: Sequence[str]) -> list[list[float]]:
        """A unit vector of each text. ragas compares questions with each other, so that all are queries to E5."""
        assert self.encoder is not None, "a metric that compares vectors was given an encoder"
        with self._lock:
            return cast("list[list[float]]", self.encoder.encode_queries([Query(text) for text in questions]).tolist())


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
