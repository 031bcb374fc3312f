"""Encoding side by side: ten real segments of about 400 tokens at once, and one question, in turns."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tokenizers import Tokenizer

from benchmarks.peers.side_by_side import Bench
from benchmarks.peers.systems import OUR_ENCODER, PEER_ENCODERS
from benchmarks.peers.worker_process import Worker, WorkerFailed
from benchmarks.records import BenchSet
from rag.index import CourseIndex

_N_TOKENS = 400
_N_PASSAGES = 10
_N_QUESTIONS = 20
_ROUNDS = 9
# Threads of the one before may still be spinning, waiting for more work.
_PAUSE_S = 0.1


def compare_encoders(bench: Bench, bench_set: BenchSet) -> dict[str, Any]:
    """Passages a second and milliseconds a question of each encoder; texts are of the set indexed last.

    Raises:
        WorkerFailed: ours; what another encoder could not do stands under ``could_not_run``.
    """
    passages, counts = _passages(bench)
    questions = [q.question for q in bench_set.questions[:_N_QUESTIONS]]
    seconds: dict[str, dict[str, list[float]]] = {}
    failures: dict[str, str] = {}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for system in (OUR_ENCODER, *PEER_ENCODERS):
            try:
                workers[system.name] = bench.start(system)
                stack.callback(workers[system.name].close)
                seconds[system.name] = {"passages": [], "question": []}
                _encode(workers[system.name], bench.place, passages, "passage")
                _encode(workers[system.name], bench.place, questions[:1], "query")
            except WorkerFailed as failure:
                failures[system.name] = str(failure)
        if OUR_ENCODER.name in failures:
            raise WorkerFailed(failures[OUR_ENCODER.name])
        names = [name for name in workers if name not in failures]
        for turn in range(_ROUNDS):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                seconds[name]["passages"].append(_encode(workers[name], bench.place, passages, "passage"))
        for turn, question in enumerate(questions):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                seconds[name]["question"].append(_encode(workers[name], bench.place, [question], "query"))
    return {
        "tokens": counts,
        "rounds": _ROUNDS,
        "n_questions": len(questions),
        "encoders": {name: _summary(seconds[name], seconds[OUR_ENCODER.name]) for name in names},
        "could_not_run": failures,
    }


def _passages(bench: Bench) -> tuple[list[str], list[int]]:
    """The segments nearest to 400 tokens, and how many tokens each has."""
    tokenizer = Tokenizer.from_file(str(bench.model / "tokenizer.json"))
    tokenizer.no_truncation()
    texts = CourseIndex(bench.index, device="cpu").table.texts
    counts = [len(encoding) for encoding in tokenizer.encode_batch(["passage: " + text for text in texts])]
    nearest = sorted(range(len(texts)), key=lambda row: (abs(counts[row] - _N_TOKENS), row))[:_N_PASSAGES]
    return [texts[row] for row in nearest], [counts[row] for row in nearest]


def _encode(worker: Worker, place: Path, texts: Sequence[str], kind: str) -> float:
    path = place / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    time.sleep(_PAUSE_S)
    return float(worker.ask({"do": "encode", "texts": str(path), "kind": kind})["seconds"])


def _summary(seconds: dict[str, list[float]], ours: dict[str, list[float]]) -> dict[str, Any]:
    """Medians with the slowest and fastest round; ratios are medians of each round's own ratio."""
    rates = [_N_PASSAGES / taken for taken in seconds["passages"]]
    questions_ms = [taken * 1000.0 for taken in seconds["question"]]
    return {
        "passages_per_s": _spread(rates),
        "question_ms": _spread(questions_ms),
        "ours_faster_on_passages": _ratio(seconds["passages"], ours["passages"]),
        "ours_faster_on_a_question": _ratio(seconds["question"], ours["question"]),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": round(median(values), 2), "low": round(min(values), 2), "high": round(max(values), 2)}


def _ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    return round(median(their / our for their, our in zip(theirs, ours, strict=True)), 2)
