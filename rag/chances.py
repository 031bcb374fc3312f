"""How likely a chat model's reply begins with one word rather than another; nothing is written.

Asks for one token and reads the probabilities of it and of the others. What the words mean is the caller's.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from corpus.language import fold_accents
from rag.errors import GenerationFailed, UsageError
from rag.generator import messages_of
from rag.llm import LLM, briefly
from rag.prompts import Prompt

Chance = Mapping[str, Any]

_ALTERNATIVES = 10  # of the first word; OpenAI gives at most 20
_LEAST = -20.0  # a log-probability below this is noise of the arithmetic
_AT_ONCE = 4  # requests under way; llama.cpp with one slot takes them one by one


def first_words(llm: LLM, prompts: Sequence[Prompt], timeout_s: float) -> list[list[Chance]]:
    """The likeliest first tokens of the reply to each prompt, as ``{"token", "logprob"}``.

    A model that hangs holds nobody longer than ``timeout_s`` for its next reply.

    Raises:
        UsageError: it gives no probabilities.
        GenerationFailed: it failed or hung.
    """
    chat = _telling_chances(llm)
    arrivals: queue.Queue[tuple[int, BaseMessage] | Exception] = queue.Queue()
    threading.Thread(target=_ask, args=(chat, [messages_of(p) for p in prompts], arrivals), daemon=True).start()
    found: dict[int, list[Chance]] = {}
    while len(found) < len(prompts):
        try:
            arrival = arrivals.get(timeout=timeout_s)
        except queue.Empty:
            pt, en = f"ficou {timeout_s:.0f} s sem responder", f"was silent for {timeout_s:.0f} s"
            raise _failure(llm.name, pt, en) from None
        if isinstance(arrival, Exception):
            reason = f"{type(arrival).__name__}: {(str(arrival).strip().splitlines() or [''])[0][:200]}"
            raise _failure(llm.name, f"falhou ({reason})", f"failed ({reason})") from arrival
        found[arrival[0]] = _first_token(arrival[1], llm.name)
    return [found[place] for place in range(len(prompts))]


def margin(alternatives: Sequence[Chance], yes: Sequence[str], no: Sequence[str]) -> float | None:
    """How much likelier a ``yes`` word begins than a ``no`` word: ln p(yes) - ln p(no); ``None`` where neither may.

    Words are given with accents folded. One that is not among the alternatives is less likely than the least of
    them, and is taken to be as likely.

    >>> sim = {"token": "Sim", "logprob": -0.1}
    >>> margin([sim, {"token": " N", "logprob": -2.5}, {"token": "O", "logprob": -4.0}], ["sim"], ["nao"])
    2.4
    """
    likely, unlikely = chance_of(alternatives, yes), chance_of(alternatives, no)
    if likely is None and unlikely is None:
        return None
    least = min(_chance(alternative) for alternative in alternatives)
    return (least if likely is None else likely) - (least if unlikely is None else unlikely)


def _telling_chances(llm: LLM) -> BaseChatModel:
    """The chat model, made to say one token and how likely others were.

    Raises:
        UsageError: its provider has no way to ask for that.
    """
    if not {"logprobs", "top_logprobs"} <= type(llm.chat).model_fields.keys():
        raise _no_chances(llm.name)
    return briefly(llm.chat, 1).model_copy(update={"logprobs": True, "top_logprobs": _ALTERNATIVES})


def _ask(
    chat: BaseChatModel,
    requests: Sequence[list[BaseMessage]],
    arrivals: queue.Queue[tuple[int, BaseMessage] | Exception],
) -> None:
    try:
        for place, reply in chat.batch_as_completed(list(requests), config={"max_concurrency": _AT_ONCE}):
            arrivals.put((place, reply))
    except Exception as error:  # noqa: BLE001 - handed over to the caller's thread, which raises it
        arrivals.put(error)


def _first_token(reply: BaseMessage, name: str) -> list[Chance]:
    """The likeliest first tokens: OpenAI's way to write them, or Ollama's.

    Raises:
        UsageError: the server did not give them.
    """
    told: Any = reply.response_metadata.get("logprobs")
    tokens = told.get("content") if isinstance(told, Mapping) else told
    if not tokens or not isinstance(tokens[0], Mapping) or "logprob" not in tokens[0]:
        raise _no_chances(name)
    return list(tokens[0].get("top_logprobs") or [tokens[0]])


def chance_of(alternatives: Sequence[Chance], words: Sequence[str]) -> float | None:
    """The logarithm of the summed probability of the tokens that begin one of the words; ``None`` for no token.

    Words are given in lower case with accents folded.
    """
    chances = []
    for alternative in alternatives:
        token = fold_accents(str(alternative["token"])).strip().casefold()
        if token and any(word.startswith(token) for word in words):
            chances.append(_chance(alternative))
    return float(np.logaddexp.reduce(chances)) if chances else None


def _chance(alternative: Chance) -> float:
    """The token's log-probability; some servers write -9999 for what they did not compute."""
    return max(float(alternative["logprob"]), _LEAST)


def _failure(name: str, pt: str, en: str) -> GenerationFailed:
    return GenerationFailed(pt=f"o modelo {name} {pt}", en=f"the model {name} {en}")


def _no_chances(name: str) -> UsageError:
    return UsageError(
        pt=f"o modelo {name} não dá probabilidades (logprobs)", en=f"the model {name} gives no probabilities (logprobs)"
    )
