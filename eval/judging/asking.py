"""Asks a chat model for an object of JSON: under a schema where it takes one, in time, and again after a failure.

What goes wrong is a `Silence` with its cause; nothing is raised for it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable

from corpus.language import say
from eval.judging.judgements import MAY_PASS, Cause
from rag.generator import messages_of, turns
from rag.llm import LLM, Size, briefly
from rag.prompts import Prompt

# Room for the JSON; a small model is held to few words by the schema, a large one by its rubric.
_MAX_TOKENS: Mapping[Size, int] = {"small": 260, "large": 1000}
_CRITERIA_CHARACTERS, _EVIDENCE_CHARACTERS = 160, 240
_BAD_REQUEST, _TIMED_OUT, _SERVER = 400, 408, 500
_TRANSIENT = frozenset({_TIMED_OUT, 409, 425, 429})
# A server that knows no schemas says so by one of these.
_NO_SCHEMA = frozenset({_BAD_REQUEST, 404, 415, 422, 501})
_MISTAKES = (TypeError, ValueError, LookupError, AttributeError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the judge wrote, whether it reached its limit of tokens, and how many it read and wrote."""

    text: str
    cut_off: bool = False
    tokens: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Silence:
    """Why there is no reply."""

    cause: Cause
    error: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a judge is waited for (seconds, each time) and how often it is asked again after a failure.

    The wait before the second try is ``backoff_s``, and twice as long before each further one.
    """

    timeout_s: float = 120.0
    tries: int = 4
    backoff_s: float = 1.0
    sleep: Callable[[float], None] = time.sleep


Answered = TypeVar("Answered")


class Asker:
    """One chat model, asked for objects of JSON, by default judgements. Safe to use from several threads.

    ``max_tokens`` is the room for a reply, by the model's size.
    """

    def __init__(self, llm: LLM, patience: Patience, *, max_tokens: Mapping[Size, int] | None = None) -> None:
        self._chat = briefly(llm.chat, (max_tokens or _MAX_TOKENS)[llm.size])
        self._judgement = judgement_schema(limits=llm.takes_grammar)
        self._patience = patience
        self._takes_schema = True

    def ask(
        self, prompt: Prompt, *, after: Sequence[tuple[str, str]] = (), schema: Mapping[str, Any] | None = None
    ) -> Reply | Silence:
        """The reply to a prompt and what followed it, as ``(role, text)``; waits and asks again after a failure.

        ``schema`` is what the reply is held to, a judgement's where none is given.
        """
        messages = [*messages_of(prompt), *turns(after)]

        def once() -> Reply | Silence:
            outcome = self._ask_once(messages, schema or self._judgement)
            return outcome if isinstance(outcome, Reply) else _silence(outcome, self._patience.timeout_s)

        return patiently(once, self._patience)

    def _ask_once(self, messages: list[BaseMessage], schema: Mapping[str, Any]) -> Reply | Exception:
        held = _with_schema(self._chat, schema) if self._takes_schema else None
        if held is not None:
            outcome = _in_time(held, messages, self._patience.timeout_s)
            if not isinstance(outcome, Exception) or _status(outcome) not in _NO_SCHEMA:
                return outcome
        plain = _in_time(self._chat, messages, self._patience.timeout_s)
        if isinstance(plain, Reply):
            # It was the schema that was refused: it is not sent again.
            self._takes_schema = False
        return plain


def patiently(once: Callable[[], Answered | Silence], patience: Patience) -> Answered | Silence:
    """What ``once`` gives, tried again after a failure that may pass, each time after a longer wait."""
    wait = patience.backoff_s
    for _ in range(patience.tries - 1):
        outcome = once()
        if not isinstance(outcome, Silence) or outcome.cause not in MAY_PASS:
            return outcome
        patience.sleep(wait)
        wait *= 2
    return once()


def _with_schema(chat: BaseChatModel, schema: Mapping[str, Any]) -> Runnable[Any, BaseMessage] | None:
    """The chat model bound to the schema in its provider's way; ``None`` where there is none that all models know."""
    family = type(chat).__module__.partition(".")[0]
    if family == "langchain_openai":
        named = {"name": "reply", "strict": True, "schema": schema}
        # Beside the request: named in it, langchain-openai takes the reply apart itself, and raises for one cut off.
        return chat.bind(extra_body={"response_format": {"type": "json_schema", "json_schema": named}})
    return chat.bind(format=schema) if family == "langchain_ollama" else None


def judgement_schema(*, limits: bool) -> dict[str, Any]:
    """Reasons first, then the score. ``limits`` on their length are not known to every server."""

    def text(most: int) -> dict[str, Any]:
        return {"type": "string"} | ({"minLength": 1, "maxLength": most} if limits else {})

    properties = {
        "criteria": text(_CRITERIA_CHARACTERS),
        "supporting_evidence": text(_EVIDENCE_CHARACTERS),
        "score": {"type": "integer", "enum": [0, 1, 2, 3]},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _in_time(chat: Runnable[Any, BaseMessage], messages: list[BaseMessage], timeout_s: float) -> Reply | Exception:
    """The reply, or what went wrong; a judge that hangs holds nobody longer than ``timeout_s``."""
    arrivals: queue.Queue[BaseMessage | Exception] = queue.Queue()
    threading.Thread(target=_read, args=(chat, messages, arrivals), daemon=True).start()
    try:
        arrival = arrivals.get(timeout=timeout_s)
    except queue.Empty:
        return TimeoutError()
    if isinstance(arrival, Exception):
        return arrival
    told = arrival.response_metadata
    usage = getattr(arrival, "usage_metadata", None) or {}
    reason = told.get("finish_reason") or told.get("done_reason")
    return Reply(arrival.text, reason == "length", (usage.get("input_tokens", 0), usage.get("output_tokens", 0)))


def _read(
    chat: Runnable[Any, BaseMessage], messages: list[BaseMessage], arrivals: queue.Queue[BaseMessage | Exception]
) -> None:
    try:
        arrivals.put(chat.invoke(messages))
    except Exception as error:  # noqa: BLE001 - handed over to the caller's thread, which records it
        arrivals.put(error)


def _status(error: Exception) -> int | None:
    """The HTTP status that an error carries in whatever provider's way; ``None`` for none."""
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _silence(error: Exception, timeout_s: float) -> Silence:
    """What a failure was. One that may pass is ``timeout`` or ``unreachable``, one that will not is ``refused``."""
    first_line = (str(error).strip().splitlines() or [""])[0][:200]
    reason = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    status = _status(error)
    if isinstance(error, TimeoutError) or "timeout" in type(error).__name__.lower() or status == _TIMED_OUT:
        return Silence(
            "timeout", say(f"o juiz não respondeu em {timeout_s:g} s", f"the judge was silent for {timeout_s:g} s")
        )
    permanent = status is not None and _BAD_REQUEST <= status < _SERVER and status not in _TRANSIENT
    if permanent or (status is None and isinstance(error, _MISTAKES)):
        return Silence("refused", say(f"o juiz recusou o pedido ({reason})", f"the judge refused ({reason})"))
    return Silence("unreachable", say(f"o juiz falhou ({reason})", f"the judge failed ({reason})"))
