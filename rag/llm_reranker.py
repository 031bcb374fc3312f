"""Reranking by the chat model: does this passage answer the question, and how sure is it?

The score is the log-probability of yes less that of no (as Liang et al. 2022, "Holistic evaluation of language
models"; Zhuang et al. 2023, "Beyond yes and no", compare the ways to ask). The embedded model is too small for it:
docs/decisions/0008-a-second-look.md.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from numpy.typing import NDArray

from corpus.language import detect_language, fold_accents
from rag.cross_encoder import lowest_for_the_rest
from rag.errors import GenerationFailed, UsageError
from rag.llm import LLM
from rag.prompts import filled
from rag.rewriting import briefly

_ALTERNATIVES = 10  # of the first word; OpenAI gives at most 20
_LEAST = -20.0  # a log-probability below this is noise of the arithmetic
_AT_ONCE = 4  # requests under way; llama.cpp with one slot takes them one by one
# With accents folded. A model may answer in the other language, or its first token may be the start of the word.
_YES, _NO = ("sim", "yes"), ("nao", "no")


class LLMReranker:
    """Asks the chat model of each passage whether it answers the question. Safe to use from several threads.

    The question comes before the passage, so that a server that caches prompts reads it once. A score is
    ln p(yes) - ln p(no) of the reply's first token; 0 where the model says neither.

    Args:
        open_llm: gives the chat model, opened when it is first needed; ``None`` where there is none.
        max_passages: see `Reranker`; each costs a request.
        passage_tokens: see `Reranker`.
        timeout_s: how long the model may take for its next reply.
    """

    name = "llm"

    def __init__(
        self,
        open_llm: Callable[[], LLM | None],
        *,
        max_passages: int = 20,
        passage_tokens: int | None = 120,
        timeout_s: float = 60.0,
    ) -> None:
        self._open_llm = open_llm
        self.max_passages = max_passages
        self.passage_tokens = passage_tokens
        self._timeout_s = timeout_s

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """See `Reranker`.

        Raises:
            UsageError: there is no chat model, or it gives no log-probabilities or no yes and no.
            GenerationFailed: it failed or hung.
        """
        if not passages:
            return np.zeros(0, dtype=np.float32)
        llm = self._open_llm()
        if llm is None:
            raise _no_model()
        language = detect_language(question)
        prompts = [
            filled("rerank", language, question=" ".join(question.split()), passage=" ".join(passage.split()))
            for passage in passages[: self.max_passages]
        ]
        requests: list[list[BaseMessage]] = [[SystemMessage(p.system), HumanMessage(p.user)] for p in prompts]
        replies = self._replies(llm, requests)
        margins = [_margin(_first_token(reply, llm.name)) for reply in replies]
        if all(margin is None for margin in margins):
            raise _unsuitable(llm.name, "não responde sim nem não", "answers neither yes nor no")
        read = np.array([0.0 if margin is None else margin for margin in margins], dtype=np.float32)
        return lowest_for_the_rest(read, len(passages))

    def _replies(self, llm: LLM, requests: Sequence[list[BaseMessage]]) -> list[BaseMessage]:
        """The replies in the order of the requests; a model that hangs holds nobody longer than ``timeout_s``."""
        chat = _telling_chances(llm)
        arrivals: queue.Queue[tuple[int, BaseMessage] | Exception] = queue.Queue()
        threading.Thread(target=_ask, args=(chat, requests, arrivals), daemon=True).start()
        found: dict[int, BaseMessage] = {}
        while len(found) < len(requests):
            try:
                arrival = arrivals.get(timeout=self._timeout_s)
            except queue.Empty:
                pt, en = f"ficou {self._timeout_s:.0f} s sem responder", f"was silent for {self._timeout_s:.0f} s"
                raise _failure(llm.name, pt, en) from None
            if isinstance(arrival, Exception):
                reason = f"{type(arrival).__name__}: {(str(arrival).strip().splitlines() or [''])[0][:200]}"
                raise _failure(llm.name, f"falhou ({reason})", f"failed ({reason})") from arrival
            found[arrival[0]] = arrival[1]
        return [found[place] for place in range(len(requests))]


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


def _first_token(reply: BaseMessage, name: str) -> list[Mapping[str, Any]]:
    """The likeliest first tokens, as ``{"token", "logprob"}``: OpenAI's way to write them, or Ollama's.

    Raises:
        UsageError: the server did not give them.
    """
    told: Any = reply.response_metadata.get("logprobs")
    tokens = told.get("content") if isinstance(told, Mapping) else told
    if not tokens or not isinstance(tokens[0], Mapping) or "logprob" not in tokens[0]:
        raise _no_chances(name)
    return list(tokens[0].get("top_logprobs") or [tokens[0]])


def _margin(alternatives: Sequence[Mapping[str, Any]]) -> float | None:
    """How much likelier yes is than no, as ln p(yes) - ln p(no); ``None`` where neither is among the alternatives.

    A word that is not among them is less likely than the least of them, and is taken to be as likely.

    >>> _margin([{"token": "Sim", "logprob": -0.1}, {"token": " N", "logprob": -2.5}, {"token": "O", "logprob": -4.0}])
    2.4
    """
    yes = _log_sum(alternatives, _YES)
    no = _log_sum(alternatives, _NO)
    if yes is None and no is None:
        return None
    least = min(_chance(alternative) for alternative in alternatives)
    return (least if yes is None else yes) - (least if no is None else no)


def _log_sum(alternatives: Sequence[Mapping[str, Any]], words: Sequence[str]) -> float | None:
    """The logarithm of the summed probability of the tokens that begin one of the words; ``None`` for no token."""
    chances = []
    for alternative in alternatives:
        token = fold_accents(str(alternative["token"])).strip().casefold()
        if token and any(word.startswith(token) for word in words):
            chances.append(_chance(alternative))
    return float(np.logaddexp.reduce(chances)) if chances else None


def _chance(alternative: Mapping[str, Any]) -> float:
    """The token's log-probability; some servers write -9999 for what they did not compute."""
    return max(float(alternative["logprob"]), _LEAST)


def _failure(name: str, pt: str, en: str) -> GenerationFailed:
    return GenerationFailed(
        pt=f"o modelo {name} {pt} ao reordenar; tente de novo ou use rerank.model = none",
        en=f"the model {name} {en} while reranking; try again or use rerank.model = none",
    )


def _no_model() -> UsageError:
    return UsageError(
        pt="rerank.model = llm precisa de um modelo de linguagem e llm.spec = none; escolha um em --llm",
        en="rerank.model = llm needs a language model and llm.spec = none; choose one with --llm",
    )


def _no_chances(name: str) -> UsageError:
    return _unsuitable(name, "não dá probabilidades (logprobs)", "gives no probabilities (logprobs)")


def _unsuitable(name: str, pt: str, en: str) -> UsageError:
    return UsageError(
        pt=f"o modelo {name} não serve para reordenar: {pt}; use embedded, um servidor llama.cpp, vLLM ou Ollama, "
        "ou em rerank.model um reordenador como BAAI/bge-reranker-v2-m3",
        en=f"the model {name} cannot rerank: it {en}; use embedded, a llama.cpp, vLLM or Ollama server, "
        "or in rerank.model a reranker such as BAAI/bge-reranker-v2-m3",
    )
