"""Reranking by the chat model: does this passage answer the question, and how sure is it?

The score is the log-probability of yes less that of no (as Liang et al. 2022, "Holistic evaluation of language
models"; Zhuang et al. 2023, "Beyond yes and no", compare the ways to ask). The embedded model is too small for it:
docs/decisions/0008-a-second-look.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.language import detect_language
from rag.chances import first_words, margin
from rag.cross_encoder import lowest_for_the_rest
from rag.errors import GenerationFailed, UsageError
from rag.llm import LLM
from rag.prompts import filled

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
        try:
            replies = first_words(llm, prompts, self._timeout_s)
        except GenerationFailed as error:
            raise GenerationFailed(
                pt=f"{error.pt} ao reordenar; tente de novo ou use rerank.model = none",
                en=f"{error.en} while reranking; try again or use rerank.model = none",
            ) from error
        except UsageError as error:
            raise _unsuitable(error.pt, error.en) from error
        margins = [margin(reply, _YES, _NO) for reply in replies]
        if all(found is None for found in margins):
            raise _unsuitable(
                f"o modelo {llm.name} não responde sim nem não", f"the model {llm.name} answers neither yes nor no"
            )
        read = np.array([0.0 if found is None else found for found in margins], dtype=np.float32)
        return lowest_for_the_rest(read, len(passages))


def _no_model() -> UsageError:
    return UsageError(
        pt="rerank.model = llm precisa de um modelo de linguagem e llm.spec = none; escolha um em --llm",
        en="rerank.model = llm needs a language model and llm.spec = none; choose one with --llm",
    )


def _unsuitable(pt: str, en: str) -> UsageError:
    return UsageError(
        pt=f"{pt} e não serve para reordenar; use embedded, um servidor llama.cpp, vLLM ou Ollama, "
        "ou em rerank.model um reordenador como BAAI/bge-reranker-v2-m3",
        en=f"{en} and cannot rerank; use embedded, a llama.cpp, vLLM or Ollama server, "
        "or in rerank.model a reranker such as BAAI/bge-reranker-v2-m3",
    )
