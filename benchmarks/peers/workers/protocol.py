"""How a peer is driven: a command a line on standard input, a reply a line on standard output.

The scripts here run in an environment of their own, without this project: they import nothing of it but this
file, which needs only the standard library.

- ``{"do": "index", "documents": FILE}``: index the documents of a JSON Lines file, each
  ``{"id", "text"}``; once a process. ``{"seconds"}`` is the reply.
- ``{"do": "search", "questions": FILE, "hits": FILE, "k": 50}``: for each ``{"id", "question"}`` write a line
  ``{"id", "document_ids", "seconds"}``, best document first.
- ``{"do": "encode", "texts": FILE, "kind": "passage"}``: encode the texts, each ``{"text"}``, in one call;
  ``{"seconds"}``.

A reply with ``error`` says what went wrong.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

Kind = Literal["query", "passage"]


class System(Protocol):
    """What a worker offers; a system that only encodes has only `encode`, and so on."""

    def index(self, documents: Sequence[dict[str, str]]) -> None:
        """Index ``{"id", "text"}`` documents."""
        ...

    def search(self, question: str, k: int) -> list[str]:
        """Ids of the ``k`` best documents, best first."""
        ...

    def encode(self, texts: list[str], kind: Kind) -> object:
        """Vectors of the texts."""
        ...


def serve(make: Callable[[], Any]) -> None:
    """Make the system, say that it is there, and answer commands until standard input ends."""
    replies = _replies_channel()
    system = make()
    _reply(replies, {"ready": True})
    for line in sys.stdin:
        try:
            _reply(replies, _obey(system, json.loads(line)))
        except Exception as error:  # noqa: BLE001 (whatever a peer raises is told to the driver)
            _reply(replies, {"error": f"{type(error).__name__}: {error}"})


def _obey(system: System, command: dict[str, Any]) -> dict[str, Any]:
    if command["do"] == "index":
        documents = list(_read_lines(command["documents"]))
        started = time.perf_counter()
        system.index(documents)
        return {"seconds": time.perf_counter() - started}
    if command["do"] == "encode":
        texts = [line["text"] for line in _read_lines(command["texts"])]
        started = time.perf_counter()
        system.encode(texts, command["kind"])
        return {"seconds": time.perf_counter() - started}
    with Path(command["hits"]).open("w", encoding="utf-8") as out:
        for line in _read_lines(command["questions"]):
            started = time.perf_counter()
            found = system.search(line["question"], command["k"])
            seconds = time.perf_counter() - started
            out.write(json.dumps({"id": line["id"], "document_ids": found, "seconds": seconds}) + "\n")
    return {}


def _read_lines(path: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    with Path(path).open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _replies_channel() -> TextIO:
    """The real standard output; what libraries print goes to standard error instead."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return channel


def _reply(channel: TextIO, reply: dict[str, Any]) -> None:
    channel.write(json.dumps(reply) + "\n")
    channel.flush()
