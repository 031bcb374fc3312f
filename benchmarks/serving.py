"""`python -m benchmarks.serving INDEX [VECTORS]`: one index, opened and asked as a server does, in a fresh process.

Prints JSON. `benchmarks.growth` runs it for every size, so that what is resident is this index's and nothing else's.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import SHARED
from eval.topics import read_topics
from rag.config import Settings
from rag.dense import DenseIndex
from rag.encoder import Encoder, open_encoder, pool
from rag.index import CourseIndex
from rag.records import Query
from rag.retriever import SegmentRetriever

# Read from the environment by nothing here: figures must not depend on who runs them.
SETTINGS = Settings.model_validate({"encoder": {"source": "carried", "runtime": "onnx-int8"}})
_QUESTIONS = SHARED / "fastapi-do-zero-pt" / "questions.jsonl"
_K = 10


def serve(index: Path, vectors: Path | None) -> dict[str, Any]:
    """Open an index as a server does, ask every question three times, and say what it took.

    ``cold`` is the first round after opening, ``warm`` the two others. The machine's load is told beside them, and
    the processor time, since other work on the machine lengthens the one and hardly the other.
    """
    encoder = open_encoder(source=SETTINGS.encoder.source, runtime=SETTINGS.encoder.runtime)
    asked = [topic.question for topic in read_topics(_QUESTIONS) if topic.gold]
    encoder.encode_queries([Query(asked[0])])
    memory = {"encoder": _memory_mb()}
    started = time.perf_counter()
    course = CourseIndex(index, device="cpu")
    open_s = time.perf_counter() - started
    memory["opened"] = _memory_mb()
    retriever = SegmentRetriever(course, encoder, SETTINGS.retrieval)
    cold = _times(lambda question: retriever.search(question, k=_K), asked)
    warm = _times(lambda question: retriever.search(question, k=_K), asked * 2)
    memory["asked"] = _memory_mb()
    found = {
        "dense_kind": course.dense.kind,
        "open_s": round(open_s, 2),
        "memory_mb": memory,
        "load": round(os.getloadavg()[0], 1),
        "question_ms": {"n": len(asked), "cold": cold, "warm": warm},
        "stages_ms": _stages(course, encoder, asked),
    }
    return found if vectors is None else found | {"recall": _recall(retriever, asked, vectors)}


def _times(ask: Callable[[str], object], questions: Sequence[str]) -> dict[str, float]:
    """Percentiles of wall time and the median of processor time, in milliseconds."""
    wall, processor = [], []
    for question in questions:
        before, used = time.perf_counter(), time.process_time()
        ask(question)
        wall.append((time.perf_counter() - before) * 1000)
        processor.append((time.process_time() - used) * 1000)
    p50, p95 = np.percentile(wall, [50, 95])
    return {"p50": round(p50, 1), "p95": round(p95, 1), "processor_p50": round(float(np.median(processor)), 1)}


def _stages(course: CourseIndex, encoder: Encoder, asked: Sequence[str]) -> dict[str, dict[str, float]]:
    """Each stage by itself, at the depth that the default settings give it."""
    retrieval = SETTINGS.retrieval
    tokens = dict(zip(asked, encoder.token_vectors([Query(question) for question in asked]), strict=True))
    vectors = {question: pool(found.vectors) for question, found in tokens.items()}
    near = {question: np.sort(course.dense.search(vectors[question], retrieval.candidates)[0]) for question in asked}
    some = {question: rows[:: max(1, len(rows) // retrieval.late_candidates)] for question, rows in near.items()}
    stages: dict[str, Callable[[str], object]] = {
        "encode": lambda question: encoder.token_vectors([Query(question)]),
        "dense": lambda question: course.dense.search(vectors[question], retrieval.candidates),
        "dense scores": lambda question: course.dense.scores_of(vectors[question], near[question]),
        "windows": lambda question: course.windows.scores(vectors[question], near[question]),
        "lexical": course.lexical.scores,
        "late": lambda question: course.late.scores(tokens[question], some[question]),
        "texts": lambda question: [course.segment(int(row)) for row in some[question][:_K]],
    }
    return {name: _times(stage, asked) for name, stage in stages.items()}


def _recall(retriever: SegmentRetriever, asked: Sequence[str], vectors_file: Path) -> dict[str, float]:
    """Share of the exact ten (and of the exact candidates) that dense search finds, and of the exact hybrid hits."""
    course = retriever.index
    exact = DenseIndex.build(np.load(vectors_file, mmap_mode="r"), exact_up_to=sys.maxsize)
    questions = retriever.encoder.encode_queries([Query(question) for question in asked])
    depths = {"dense@10": _K, f"dense@{SETTINGS.retrieval.candidates}": SETTINGS.retrieval.candidates}
    found = {
        name: _overlap([(course.dense.search(q, k)[0], exact.search(q, k)[0]) for q in questions])
        for name, k in depths.items()
    }
    hybrid = [_ids(retriever, question) for question in asked]
    course.dense = exact
    return found | {"hybrid@10": _overlap(list(zip(hybrid, [_ids(retriever, q) for q in asked], strict=True)))}


def _ids(retriever: SegmentRetriever, question: str) -> NDArray[np.int64]:
    return np.array([hit.segment.segment_id for hit in retriever.search(question, k=_K)])


def _overlap(pairs: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> float:
    return round(float(np.mean([len(np.intersect1d(mine, theirs)) / max(1, len(theirs)) for mine, theirs in pairs])), 4)


def _memory_mb() -> dict[str, int]:
    """What is resident, and how much of that is the process's own: the rest is files, which the system can drop."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "RssAnon"))}
    return {"resident": kilobytes["VmRSS"] // 1024, "own": kilobytes["RssAnon"] // 1024}


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    print(json.dumps(serve(given[0], given[1] if len(given) > 1 else None)))
