"""Scores samples with ragas for the process that started it, which does all the talking to models. A script.

It runs in an environment of its own (`make ragas`), where this project is not: it imports only ragas and what ragas
brings. One object of JSON a line, on standard input and standard output:

- first ``{"ready": true, "ragas": "0.4.3"}`` is said;
- ``{"task", "metric", "given", "files"}`` is heard: score what is ``given``, with the parent's files in the place of
  these of ragas's prompts; ``{"task", "score", "cause", "error"}`` is said in the end;
- in between, ``{"ask", "task", "prompt", "file", "case", "schema", "statements", "said"}`` is said and
  ``{"reply", "text", "cut_off"}`` heard, or ``{"ask", "task", "texts"}`` and ``{"reply", "vectors"}``; where there is
  none, ``{"reply", "cause", "error"}``.

It ends when standard input does.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any, TextIO

from pydantic import BaseModel, ValidationError
from ragas.embeddings.base import BaseRagasEmbedding  # type: ignore[import-not-found]  # of the other environment
from ragas.llms.base import InstructorBaseRagasLLM  # type: ignore[import-not-found]
from ragas.metrics import collections  # type: ignore[import-not-found]
from ragas.prompt.metrics.base_prompt import BasePrompt  # type: ignore[import-not-found]

_FENCE = re.compile(r"^```(?:json)?\s*(.*?)\s*```$", re.DOTALL)
_ALLOWED = {"verdict": (0, 1), "attributed": (0, 1), "noncommittal": (0, 1), "rating": (0, 2, 4)}
_TRIES = 2
# What floating point adds to a cosine of 1.
_ROUNDING = 1e-6
_METRICS = {
    "faithfulness": collections.Faithfulness,
    "answer_relevancy": collections.AnswerRelevancy,
    "context_precision": collections.ContextPrecision,
    "context_recall": collections.ContextRecall,
    "answer_accuracy": collections.AnswerAccuracy,
}


class Missing(Exception):
    """Why there is no value: a word, and a sentence in Portuguese and in English."""

    def __init__(self, cause: str, pt: str, en: str) -> None:
        super().__init__(en)
        self.cause, self.pt, self.en = cause, pt, en


class Fault(Exception):
    """Why a reply is not what was asked for, in Portuguese and in English."""

    def __init__(self, pt: str, en: str) -> None:
        super().__init__(en)
        self.pt, self.en = pt, en


class Parent:
    """The process that started this one: told, and asked."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    def tell(self, message: dict[str, Any]) -> None:
        """Say one line."""
        self._out.write(json.dumps(message, allow_nan=False) + "\n")
        self._out.flush()

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to a request.

        Raises:
            Missing: the parent has none.
        """
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self.tell({"ask": number, **request})
        reply = await self._waiting[number]
        if "cause" in reply:
            raise Missing(reply["cause"], reply["error"], reply["error"])
        return reply

    def hear(self, reply: dict[str, Any]) -> None:
        """Hand a reply to whoever waits for it."""
        self._waiting.pop(reply["reply"]).set_result(reply)


class ParentLLM(InstructorBaseRagasLLM):  # type: ignore[misc]  # ragas is not installed where this is type-checked
    """The way to a model for one task: asks the parent, reads strictly, asks once more with the fault named.

    At temperature 0 the same prompt has one reply: where ragas repeats itself for more samples, it is not asked again.
    ``missing`` is why a reply could not be had: ragas swallows some failures, and makes a number of what is left.
    """

    def __init__(self, parent: Parent, task: int) -> None:
        self._parent, self._task = parent, task
        self._known: dict[str, BaseModel] = {}
        self.shown: BaseModel | None = None
        self.file: str | None = None
        self.missing: Missing | None = None

    def generate(self, prompt: str, response_model: type[BaseModel]) -> BaseModel:
        """Not used: ragas scores with `agenerate`."""
        raise NotImplementedError

    async def agenerate(self, prompt: str, response_model: type[BaseModel]) -> BaseModel:
        """The object that the model's reply spells."""
        if self.missing is not None:
            raise self.missing
        if prompt not in self._known:
            try:
                self._known[prompt] = await self._read_reply(prompt, response_model)
            except Missing as missing:
                self.missing = missing
                raise
        return self._known[prompt]

    async def _read_reply(self, prompt: str, response_model: type[BaseModel]) -> BaseModel:
        statements = getattr(self.shown, "statements", None)
        request = {
            "task": self._task,
            "prompt": prompt,
            "file": self.file,
            "case": self.shown and self.shown.model_dump_json(exclude_none=True),
            "schema": response_model.model_json_schema(),
        }
        said: list[tuple[str, str, str]] = []
        while True:
            number = None if statements is None else len(statements)
            reply = await self._parent.ask(request | {"statements": number, "said": said})
            try:
                return _checked(_read(reply["text"], response_model), number)
            except Fault as fault:
                cut = Fault("o texto parou no limite de tokens", "the text stopped at the limit of tokens")
                told = cut if reply["cut_off"] else fault
            said.append((reply["text"], told.pt, told.en))
            if len(said) == _TRIES:
                raise Missing("cut_off" if reply["cut_off"] else "unreadable", told.pt, told.en)


class ParentEmbeddings(BaseRagasEmbedding):  # type: ignore[misc]  # as above
    """ragas's way to vectors: the parent's encoder."""

    def __init__(self, parent: Parent, task: int) -> None:
        super().__init__()
        self._parent, self._task = parent, task

    def embed_text(self, text: str, **_: Any) -> list[float]:  # noqa: ANN401 - ragas's signature
        """Not used: ragas scores with `aembed_text`."""
        raise NotImplementedError

    async def aembed_text(self, text: str, **_: Any) -> list[float]:  # noqa: ANN401
        """A unit vector of the text."""
        return (await self.aembed_texts([text]))[0]

    async def aembed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:  # noqa: ANN401
        """A unit vector of each text."""
        vectors: list[list[float]] = (await self._parent.ask({"task": self._task, "texts": texts}))["vectors"]
        return vectors


def _read(text: str, response_model: type[BaseModel]) -> BaseModel:
    """The one object of JSON in a text, as ragas's model has it.

    Raises:
        Fault: there is none, or more than one, or it is another.
    """
    bare = _FENCE.sub(r"\1", text.strip())
    begin = bare.find("{")
    if begin < 0:
        raise Fault("não há objeto JSON", "there is no JSON object")
    try:
        value, end = json.JSONDecoder().raw_decode(bare, begin)
    except (ValueError, RecursionError):
        raise Fault("o JSON está incompleto ou errado", "the JSON is unfinished or wrong") from None
    if "{" in bare[end:]:
        raise Fault("há mais de um objeto JSON", "there is more than one JSON object")
    try:
        return response_model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Fault(f"{place} está errado ou falta", f"{place} is wrong or missing") from None


def _checked(reply: BaseModel, statements: int | None) -> BaseModel:
    """The reply, if ragas may count with it: it would count a verdict of 7, and score only what came back.

    Raises:
        Fault: a number that is no verdict, a text that is blank, verdicts that do not match the statements, repetition.
    """
    told = reply.model_dump()
    for name, value in _leaves("", told):
        if name in _ALLOWED and value not in _ALLOWED[name]:
            allowed = " ou ".join(map(str, _ALLOWED[name])), " or ".join(map(str, _ALLOWED[name]))
            raise Fault(f"{name} é {value}, e não {allowed[0]}", f"{name} is {value}, not {allowed[1]}")
        # Of an answer that evades there is no question to guess.
        if isinstance(value, str) and not value.strip() and not told.get("noncommittal"):
            raise Fault(f"{name} está sem texto", f"{name} has no text")
    if statements is not None and len(told["statements"]) != statements:
        n = len(told["statements"])
        raise Fault(f"há {n} veredictos, e não {statements}", f"there are {n} verdicts, not {statements}")
    if statements is None and len(set(map(str, told.get("statements", ())))) < len(told.get("statements", ())):
        raise Fault("há afirmações repetidas", "there are statements that repeat others")
    return reply


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(key, part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(name, part)
    else:
        yield name, value


def _watch(prompt: Any, file: str | None, llm: ParentLLM) -> None:  # noqa: ANN401 - ragas's BasePrompt
    """Have the model told what a prompt of ragas's is about, and which file takes its place, when it is spelt."""
    spell: Callable[[BaseModel], str] = prompt.to_string

    def to_string(data: BaseModel) -> str:
        llm.shown, llm.file = data, file
        return spell(data)

    prompt.to_string = to_string


def _scorer(llm: ParentLLM, parent: Parent, task: int, metric: str, files: dict[str, str]) -> Any:  # noqa: ANN401
    """A metric of ragas's, with our ways to models and, where there are any, our prompts' files."""
    needs = {"embeddings": ParentEmbeddings(parent, task)} if metric == "answer_relevancy" else {}
    scorer = _METRICS[metric](llm=llm, **needs)
    theirs = {name: part for name, part in vars(scorer).items() if isinstance(part, BasePrompt)}
    if files and files.keys() != theirs.keys():
        names = ", ".join(sorted(theirs))
        raise Missing("failed", f"o ragas tem outros prompts: {names}", f"ragas has other prompts: {names}")
    for name, prompt in theirs.items():
        _watch(prompt, files.get(name), llm)
    return scorer


async def _score(parent: Parent, task: int, metric: str, given: dict[str, Any], files: dict[str, str]) -> float:
    """What ragas makes of a sample; raises ``Missing`` where that does not stand on everything that it asked."""
    llm = ParentLLM(parent, task)
    try:
        value = float((await _scorer(llm, parent, task, metric, files).ascore(**given)).value)
    except Missing:
        raise
    except Exception as error:
        told = f"{type(error).__name__}: {error}"[:200]
        raise Missing("failed", f"o ragas falhou ({told})", f"ragas failed ({told})") from error
    if llm.missing is not None:
        raise llm.missing
    if not -_ROUNDING <= value <= 1 + _ROUNDING:  # NaN is neither
        raise Missing("undefined", f"o ragas deu {value}, que não é nota", f"ragas gave {value}, which is no score")
    return min(1.0, max(0.0, value))


async def _work(parent: Parent, task: dict[str, Any]) -> None:
    try:
        value = await _score(parent, task["task"], task["metric"], task["given"], task["files"])
        parent.tell({"task": task["task"], "score": value, "cause": None, "error": None})
    except Missing as missing:
        told = {"pt": missing.pt, "en": missing.en}
        parent.tell({"task": task["task"], "score": None, "cause": missing.cause, "error": told})


async def _serve(parent: Parent) -> None:
    parent.tell({"ready": True, "ragas": version("ragas")})
    working: set[asyncio.Task[None]] = set()
    while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        message = json.loads(line)
        if "reply" in message:
            parent.hear(message)
        else:
            begun = asyncio.create_task(_work(parent, message))
            working.add(begun)
            begun.add_done_callback(working.discard)


def main() -> None:
    """Serve until standard input ends; what libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asyncio.run(_serve(Parent(out)))


if __name__ == "__main__":
    main()
