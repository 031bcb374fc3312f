"""Samples in, scores out: drives ragas's process, answers what it asks, survives its death.

Nothing that goes wrong with one sample reaches another, or becomes a number.
"""

from __future__ import annotations

import contextvars
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.language import say
from eval.judging.asking import Patience, Silence
from eval.ragas.model import Asked, Models
from eval.ragas.process import Worker, WorkerDied
from eval.ragas.prompts import files_of, prompts_sha256
from eval.ragas.samples import ROOMS, Room, Sample
from eval.ragas.scores import Cause, RagasScore
from rag.encoder import Encoder
from rag.llm import LLM

_AT_ONCE = 4
# What ragas does itself between two requests takes milliseconds.
_SILENCE_S = 120.0
_LOOK_UP_S = 0.5


@dataclass(slots=True)
class _Running:
    """A sample that is being scored, and what it took so far."""

    sample: Sample
    started: float = field(default_factory=time.perf_counter)
    raw: list[str] = field(default_factory=list)
    asked: int = 0
    tokens: tuple[int, int] = (0, 0)


class Scorer:
    """Scores samples with ragas by asking a chat model and an encoder.

    Args:
        llm: the model that ragas asks.
        encoder: opens the encoder, when the first metric needs vectors.
        python: of ragas's environment (`eval.ragas.process.python_of`).
        patience: how long the model is waited for, how often it is asked again.
        at_once: how many samples are scored at a time; by default 1 with the embedded model, 4 with others.
        silence_s: how long ragas may say nothing while it waits for nothing.
    """

    def __init__(
        self,
        llm: LLM,
        encoder: Callable[[], Encoder],
        python: Path,
        *,
        patience: Patience | None = None,
        at_once: int | None = None,
        silence_s: float = _SILENCE_S,
    ) -> None:
        self.room: Room = ROOMS[llm.size]
        self._models = Models(llm, patience or Patience())
        self._open_encoder = encoder
        self._python = python
        # llama.cpp in this process answers one at a time.
        self._at_once = at_once or (1 if llm.takes_grammar else _AT_ONCE)
        self._silence_s = silence_s

    @property
    def name(self) -> str:
        """The model's, which goes into the records."""
        return self._models.llm.name

    def encoder_name(self) -> str:
        """Whose vectors are compared: name, weights, runtime. Opens the encoder."""
        if self._models.encoder is None:
            self._models.encoder = self._open_encoder()
        identity = self._models.encoder.identity
        return f"{identity.name}:{identity.sha256[:12]}:{identity.runtime}"

    def score(self, samples: Iterable[Sample]) -> Iterator[RagasScore]:
        """The scores as they come, one a sample; ragas is started again where it dies. Who stops listening ends it.

        Raises:
            UsageError: ragas's environment is not there, or is another.
        """
        waiting: deque[Sample] = deque()
        for sample in samples:
            if sample.lacks is None:
                waiting.append(sample)
            else:
                yield _score_of(_Running(sample), self.name, None, "nothing_given", sample.lacks)
        while waiting:
            with Worker(self._python) as worker:
                yield from _Session(self._models, worker, self._silence_s).score(waiting, self._at_once)


class _Session:
    """One life of ragas's process."""

    def __init__(self, models: Models, worker: Worker, silence_s: float) -> None:
        self._models, self._worker, self._silence_s = models, worker, silence_s
        self._running: dict[int, _Running] = {}
        # How many requests ragas waits for: the threads that answer them count themselves out.
        self._open = 0
        self._lock = threading.Lock()

    def score(self, waiting: deque[Sample], at_once: int) -> Iterator[RagasScore]:
        """Scores until nothing waits, or until the process dies or hangs; what it was at then has none."""
        name = self._models.llm.name
        numbers = itertools.count(1)
        heard_at = time.monotonic()
        while waiting or self._running:
            while waiting and len(self._running) < at_once:
                self._begin(next(numbers), waiting.popleft())
            try:
                message = self._worker.hear(_LOOK_UP_S)
            except WorkerDied as death:
                yield from self._left("died", say(f"o ragas morreu ({death})", f"ragas died ({death})"))
                return
            if message is not None or self._open:
                heard_at = time.monotonic()
            if message is None:
                if time.monotonic() - heard_at > self._silence_s:
                    s = f"{self._silence_s:g} s"
                    yield from self._left("timeout", say(f"o ragas ficou {s} calado", f"ragas was silent for {s}"))
                    return
            elif "ask" in message:
                self._answer(message)
            else:
                error = message["error"] and say(message["error"]["pt"], message["error"]["en"])
                running = self._running.pop(message["task"])
                yield _score_of(running, name, message["score"], message["cause"], error)

    def _begin(self, task: int, sample: Sample) -> None:
        self._running[task] = _Running(sample)
        files = files_of(sample.metric, sample.language)
        self._worker.tell({"task": task, "metric": sample.metric, "given": dict(sample.given), "files": files})

    def _left(self, cause: Cause, error: str) -> Iterator[RagasScore]:
        for running in self._running.values():
            yield _score_of(running, self._models.llm.name, None, cause, error)

    def _answer(self, message: Mapping[str, Any]) -> None:
        """Answer a request of ragas's, in a thread of its own."""
        running = self._running[message["task"]]
        with self._lock:
            self._open += 1

        def work() -> None:
            try:
                reply = self._reply(running, message)
            except Exception as error:  # noqa: BLE001 - whatever it is, ragas waits for a reply
                reply = {"cause": "failed", "error": f"{type(error).__name__}: {error}"[:200]}
            self._worker.tell({"reply": message["ask"], **reply})
            with self._lock:
                self._open -= 1

        # Errors are worded in the interface's language, which a new thread would not know.
        threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()

    def _reply(self, running: _Running, message: Mapping[str, Any]) -> dict[str, Any]:
        if "texts" in message:
            return {"vectors": self._models.vectors(message["texts"])}
        running.asked += 1
        outcome = self._models.reply(
            Asked(
                message["prompt"],
                message["schema"],
                running.sample.language,
                file=message["file"],
                case=message["case"] or "",
                statements=message["statements"],
                said=[(text, pt, en) for text, pt, en in message["said"]],
            )
        )
        if isinstance(outcome, Silence):
            return {"cause": outcome.cause, "error": outcome.error}
        running.raw.append(outcome.text)
        running.tokens = (running.tokens[0] + outcome.tokens[0], running.tokens[1] + outcome.tokens[1])
        return {"text": outcome.text, "cut_off": outcome.cut_off}


def _score_of(running: _Running, llm: str, score: float | None, cause: Cause | None, error: str | None) -> RagasScore:
    sample = running.sample
    return RagasScore(
        topic_id=sample.topic_id,
        metric=sample.metric,
        score=score,
        llm=llm,
        language=sample.language,
        encoder=sample.encoder,
        error=error,
        cause=cause,
        prompts_sha256=prompts_sha256(sample.metric, sample.language),
        answer_sha256=sample.answer_sha256,
        key=sample.key(llm),
        asked=running.asked,
        raw="\n---\n".join(running.raw) or None,
        tokens=running.tokens,
        took_ms=(time.perf_counter() - running.started) * 1000.0,
    )
