"""Streams a chat model's text, and says in one plain sentence what happened when it fails, hangs or breaks off."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from rag.errors import GenerationFailed
from rag.llm import LLM
from rag.prompts import Prompt


@dataclass(slots=True)
class Generation:
    """One answer being written. Iterate `tokens` to the end, then ask how it ended.

    Attributes:
        cut_off: the model reached its length limit.
        prompt_tokens, completion_tokens: as the server counted them, 0 where it does not.
    """

    llm: LLM
    prompt: Prompt
    timeout_s: float
    cut_off: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    _finished: bool = field(default=False, repr=False)

    def tokens(self) -> Iterator[str]:
        """Pieces of text as they come.

        The model is read in a thread of its own, so that one that hangs cannot hold the caller longer than
        ``timeout_s`` seconds of silence.

        Raises:
            GenerationFailed: it failed, stayed silent too long, wrote nothing, or broke off midway.
        """
        arrivals: queue.Queue[BaseMessage | Exception | None] = queue.Queue()
        stopped = threading.Event()
        arguments = (self.llm.chat, messages_of(self.prompt), arrivals, stopped)
        reader = threading.Thread(target=_read, args=arguments, daemon=True)
        reader.start()
        wrote = False
        try:
            while (piece := self._next(arrivals)) is not None:
                text = piece.text
                wrote = wrote or bool(text.strip())
                self._note(piece)
                if text:
                    yield text
        finally:
            stopped.set()
        if not wrote:
            raise _failure(self.llm.name, "não escreveu nada", "wrote nothing")
        # An OpenAI-compatible server names its reason to stop; one that went away mid-sentence does not.
        if not self._finished and type(self.llm.chat).__module__.startswith("langchain_openai"):
            raise _failure(self.llm.name, "parou no meio da resposta", "broke off in the middle of the answer")

    def written(self, within_s: float) -> tuple[str, bool]:
        """All of its text, or what was there when ``within_s`` seconds had gone, and whether they had.

        Raises:
            GenerationFailed: see `tokens`.
        """
        started = time.perf_counter()
        text = ""
        for piece in self.tokens():
            text += piece
            if time.perf_counter() - started > within_s:
                return text, True
        return text, False

    def _next(self, arrivals: queue.Queue[BaseMessage | Exception | None]) -> BaseMessage | None:
        try:
            piece = arrivals.get(timeout=self.timeout_s)
        except queue.Empty:
            raise _failure(
                self.llm.name,
                f"ficou {self.timeout_s:.0f} s sem responder",
                f"was silent for {self.timeout_s:.0f} s",
            ) from None
        if isinstance(piece, Exception):
            first_line = (str(piece).strip().splitlines() or [""])[0][:200]
            reason = f"{type(piece).__name__}: {first_line}"
            raise _failure(self.llm.name, f"falhou ({reason})", f"failed ({reason})") from piece
        return piece

    def _note(self, piece: BaseMessage) -> None:
        reason = piece.response_metadata.get("finish_reason") or piece.response_metadata.get("done_reason")
        if reason:
            self._finished = True
            self.cut_off = reason == "length"
        usage = getattr(piece, "usage_metadata", None)
        if usage:
            self.prompt_tokens += usage["input_tokens"]
            self.completion_tokens += usage["output_tokens"]


def messages_of(prompt: Prompt) -> list[BaseMessage]:
    """The prompt as a conversation; the beginning of the reply, if it has one, comes last."""
    begun = [AIMessage(prompt.opening)] if prompt.opening else []
    return [SystemMessage(prompt.system), *turns(prompt.before), HumanMessage(prompt.user), *begun]


def turns(said: Sequence[tuple[str, str]]) -> list[BaseMessage]:
    """What was said in turn, as ``(role, text)``, as messages."""
    return [AIMessage(text) if role == "assistant" else HumanMessage(text) for role, text in said]


def _read(
    chat: BaseChatModel,
    messages: list[BaseMessage],
    arrivals: queue.Queue[BaseMessage | Exception | None],
    stopped: threading.Event,
) -> None:
    try:
        for piece in chat.stream(messages):
            arrivals.put(piece)
            if stopped.is_set():
                return
        arrivals.put(None)
    except Exception as error:  # noqa: BLE001 - handed over to the caller's thread, which raises it
        arrivals.put(error)


def _failure(name: str, pt: str, en: str) -> GenerationFailed:
    return GenerationFailed(
        pt=f"o modelo {name} {pt}; no lugar da resposta dele ficam os trechos das aulas",
        en=f"the model {name} {en}; the lecture passages stand in place of its answer",
    )
