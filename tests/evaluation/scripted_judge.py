"""A LangChain chat model that says what a list holds, raises what is an exception, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, PrivateAttr

from eval.judging.asking import Patience
from eval.judging.judge import Judge
from rag.llm import LLM


def said(score: object, criteria: str = "what is asked", evidence: str = "what it says") -> str:
    return json.dumps({"criteria": criteria, "supporting_evidence": evidence, "score": score}, ensure_ascii=False)


class ScriptedChat(BaseChatModel):
    """``replies`` are said in turn, the last one again and again; ``busy`` is how many were asked at a time.

    A copy of the model shares what it was asked.
    """

    replies: list[Any] = Field(default_factory=list)
    pause_s: float = 0.0
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    busy: list[int] = Field(default_factory=lambda: [0])
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        with self._lock:
            reply = self.replies[min(len(self.asked), len(self.replies) - 1)]
            self.asked.append(messages)
            self.busy.append(self.busy[-1] + 1)
        try:
            time.sleep(self.pause_s)
            if isinstance(reply, BaseException):
                raise reply
            if callable(reply):
                reply = reply(messages)
        finally:
            with self._lock:
                self.busy.append(self.busy[-1] - 1)
        message = AIMessage(reply, usage_metadata={"input_tokens": 10, "output_tokens": 2, "total_tokens": 12})
        return ChatResult(generations=[ChatGeneration(message=message)])


def scripted(
    *replies: Any, pause_s: float = 0.0, timeout_s: float = 20.0, at_once: int = 1
) -> tuple[Judge, ScriptedChat]:
    """A judge that has these replies in store and does not wait between tries, and its chat model."""
    chat = ScriptedChat(replies=list(replies), pause_s=pause_s)
    patience = Patience(timeout_s=timeout_s, tries=3, sleep=lambda _: None)
    return Judge(LLM("scripted", chat, "small"), patience=patience, at_once=at_once), chat
