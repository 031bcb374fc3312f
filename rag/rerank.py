"""Reranking: a second, slower look at the best candidates. One protocol, two ways; off by default.

`rag.cross_encoder` reads question and passage together with a model made for it. `LLMReranker` asks the chat model
whether a passage answers, and takes the log-probability of yes less that of no (as Liang et al. 2022, "Holistic
evaluation of language models"; Zhuang et al. 2023, "Beyond yes and no", compare the ways to ask). What the scores
are worth beside the other stages is the fusion's business.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from numpy.typing import NDArray

from corpus.language import detect_language, fold_accents
from rag.config import RerankSettings
from rag.cross_encoder import CrossEncoderReranker, lowest_for_the_rest, open_cross_encoder
from rag.encoder import Encoder
from rag.errors import GenerationFailed, SettingsError, UsageError
from rag.excerpts import excerpts
from rag.fusion import order, standardise
from rag.llm import LLM
from rag.prompts import filled
from rag.records import Hit, StageScore
from rag.rewriting import briefly

__all__ = ["CrossEncoderReranker", "LLMReranker", "Reranker", "hit_scores", "open_reranker"]

_ALTERNATIVES = 10  # of the first word; OpenAI gives at most 20
_LEAST = -20.0  # a log-probability below this is noise of the arithmetic
_AT_ONCE = 4  # requests under way; llama.cpp with one slot takes them one by one
# With accents folded. A model may answer in the other language, or its first token may be the start of the word.
_YES, _NO = ("sim", "yes"), ("nao", "no")


class Reranker(Protocol):
    """Looks again at passages that retrieval found.

    Attributes:
        name: for records.
        max_passages: how many passages a question it reads.
        passage_tokens: the encoder's tokens that it should be given of each; ``None`` for whole segments.
    """

    @property
    def name(self) -> str:
        """See above."""
        ...

    @property
    def max_passages(self) -> int:
        """See above."""
        ...

    @property
    def passage_tokens(self) -> int | None:
        """See above."""
        ...

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """(n_passages,) float32, higher is better, comparable only within one question.

        Passages come best first. Those after the first ``max_passages`` are not read: they get the lowest score
        of those that were.

        Raises:
            MonitoriaError: the model failed; the message says what to do.
        """
        ...


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


def open_reranker(settings: RerankSettings, open_llm: Callable[[], LLM | None]) -> Reranker | None:
    """The reranker that the settings name; ``None`` where reranking is off. A cross-encoder is loaded here.

    Raises:
        SettingsError: a folder without a model's name, or a name that means nothing.
        ModelUnavailable: the cross-encoder is nowhere, or is none.
    """
    if settings.model in ("none", "llm") and settings.folder is not None:
        raise SettingsError(
            pt=f"rerank.folder = {str(settings.folder)!r} só vale com o nome do modelo, e rerank.model = "
            f"{settings.model!r}; escreva em rerank.model como ele se chama",
            en=f"rerank.folder = {str(settings.folder)!r} needs the model's name, and rerank.model = "
            f"{settings.model!r}; write in rerank.model what it is called",
        )
    if settings.model == "none":
        return None
    if settings.model == "llm":
        return LLMReranker(open_llm, max_passages=settings.candidates, passage_tokens=settings.passage_tokens)
    return open_cross_encoder(
        settings.model, settings.folder, max_tokens=settings.max_tokens, max_passages=settings.candidates
    )


@dataclass(frozen=True, slots=True)
class Reranking:
    """A reranker at its place in the search: it looks at the first ``candidates`` hits, and counts with ``weight``."""

    reranker: Reranker
    candidates: int
    weight: float

    def applied(self, encoder: Encoder, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits in their new order, with what the reranker thought of those that it read.

        Its scores and those of the fusion are standardised over the hits that it read and added; the rest follow
        in their old order, each below the last of these.

        Raises:
            MonitoriaError: the model failed; the hits are as good as they were.
        """
        read, rest = list(hits[: self.candidates]), list(hits[self.candidates :])
        if not read:
            return rest
        scores = hit_scores(self.reranker, encoder, question, read)
        before = standardise(np.array([hit.score for hit in read], dtype=np.float32))
        final = before + self.weight * standardise(scores)
        ids = np.array([hit.segment.segment_id for hit in read], dtype=np.int64)
        ranks = {int(place): rank for rank, place in enumerate(order(scores, ids), start=1)}
        moved = [
            replace(
                read[place],
                score=float(final[place]),
                stages={**read[place].stages, "rerank": StageScore(ranks[int(place)], float(scores[place]))},
            )
            for place in order(final, ids)
        ]
        lowest = moved[-1].score
        moved += [replace(hit, score=lowest - 1.0 - place) for place, hit in enumerate(rest)]
        return [replace(hit, rank=rank) for rank, hit in enumerate(moved, start=1)]


def open_reranking(settings: RerankSettings, open_llm: Callable[[], LLM | None]) -> Reranking | None:
    """`open_reranker`, at its place in the search."""
    reranker = open_reranker(settings, open_llm)
    return None if reranker is None else Reranking(reranker, settings.candidates, settings.weight)


def hit_scores(reranker: Reranker, encoder: Encoder, question: str, hits: Sequence[Hit]) -> NDArray[np.float32]:
    """The reranker's score of each hit, ``(n_hits,) float32``; hits come best first.

    A reranker that reads little is given the sentences of each segment that are nearest to the question.
    """
    read = hits[: reranker.max_passages]
    if reranker.passage_tokens is None:
        texts = [hit.segment.text for hit in read]
    else:
        texts = [x.text for x in excerpts(encoder, question, read, reranker.passage_tokens * len(read))]
    return lowest_for_the_rest(reranker.scores(question, texts), len(hits))


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
