"""Retrieval side by side: every system indexes, then all answer the questions in turns, a block at a time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.systems import OURS, BenchSystem
from benchmarks.peers.worker_process import Worker, WorkerFailed
from benchmarks.records import BenchSet
from benchmarks.scoring import DEPTH, differences, means, score_question
from rag.index import CourseIndex

# So short that a busy moment of the machine does not strike one system alone.
_BLOCK = 30


@dataclass(frozen=True, slots=True)
class Bench:
    """Where to work, which interpreters, and the folder with E5's weights."""

    place: Path
    our_python: Path
    peer_python: Path
    model: Path

    def start(self, system: BenchSystem, bench_set: BenchSet | None = None) -> Worker:
        """Start a system's worker, for a set where it retrieves."""
        values = {"model": str(self.model), "index": str(self.index)}
        if bench_set is not None:
            values["language"] = bench_set.language.rpartition("→")[2]
        sources = [str(source) for source in bench_set.sources] if bench_set is not None else []
        arguments: list[str] = []
        for argument in system.arguments:
            arguments += sources if argument == "{sources}" else [argument.format(**values)]
        python = self.our_python if system.ours else self.peer_python
        return Worker(python, system.script, arguments, self.place / f"{system.name}.log")

    @property
    def index(self) -> Path:
        """Where ours builds its index."""
        return self.place / "index"


@dataclass(slots=True)
class _Run:
    """A system at work on a set: its hits and seconds by question id, or why it stopped."""

    system: BenchSystem
    worker: Worker | None = None
    index_s: float = 0.0
    failure: str | None = None
    hits: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def compare(bench: Bench, bench_set: BenchSet, peers: Sequence[BenchSystem]) -> dict[str, Any]:
    """Measures, index seconds and milliseconds a question of each system over one set.

    Raises:
        WorkerFailed: ours; what another system could not do stands in its place.
    """
    shutil.rmtree(bench.index, ignore_errors=True)
    with ExitStack() as stack:
        runs = [_indexed(bench, bench_set, OURS, stack)]
        _insist(runs[0])
        segments = _segments(bench)
        runs += [_indexed(bench, bench_set, peer, stack) for peer in peers]
        _ask_in_turns(bench, bench_set, runs)
        _insist(runs[0])
    entry: dict[str, Any] = {
        "language": bench_set.language,
        "convention": {"unit": bench_set.convention.unit, "meaning": bench_set.convention.meaning},
        "n_questions": len(bench_set.questions),
        "n_segments": len(segments),
        "systems": {},
    }
    scores = {run.system.name: _scores(run, bench_set, segments) for run in runs if run.failure is None}
    for run in runs:
        entry["systems"][run.system.name] = (
            {"could_not_run": run.failure}
            if run.failure is not None
            else _summary(run, runs[0], bench_set, scores[run.system.name], scores[OURS.name])
        )
    return entry


def _insist(ours: _Run) -> None:
    if ours.failure is not None:
        raise WorkerFailed(ours.failure)


def _indexed(bench: Bench, bench_set: BenchSet, system: BenchSystem, stack: ExitStack) -> _Run:
    run = _Run(system)
    print(f"{bench_set.name}: {system.name} indexes", flush=True)
    try:
        run.worker = bench.start(system, bench_set)
        stack.callback(run.worker.close)
        # Ours makes the documents; asked first, it finds none.
        documents = bench.place / "documents.jsonl"
        if system.ours:
            documents.write_text("", encoding="utf-8")
        run.index_s = run.worker.ask({"do": "index", "documents": str(documents)})["seconds"]
    except WorkerFailed as failure:
        run.failure = str(failure)
    return run


def _segments(bench: Bench) -> dict[str, dict[str, Any]]:
    """Our segments as run objects by id, and as the documents of the others."""
    table = CourseIndex(bench.index, device="cpu").table
    segments = {}
    with (bench.place / "documents.jsonl").open("w", encoding="utf-8") as out:
        for row in range(len(table)):
            segment = table.segment(row)
            name = str(segment.segment_id)
            segments[name] = {"lecture_id": segment.lecture_id, "start_s": segment.start_s, "end_s": segment.end_s}
            out.write(json.dumps({"id": name, "text": segment.text}) + "\n")
    return segments


def _ask_in_turns(bench: Bench, bench_set: BenchSet, runs: Sequence[_Run]) -> None:
    """All questions to every system that has an index; each block begins with another system."""
    lines = [json.dumps({"id": q.question_id, "question": q.question}) for q in bench_set.questions]
    blocks = [lines[start : start + _BLOCK] for start in range(0, len(lines), _BLOCK)]
    for run in runs:
        _ask(bench, run, blocks[0][:3])  # warms up; asked again below
    for number, block in enumerate(blocks):
        for turn in range(len(runs)):
            _ask(bench, runs[(number + turn) % len(runs)], block)


def _ask(bench: Bench, run: _Run, lines: Sequence[str]) -> None:
    if run.worker is None or run.failure is not None:
        return
    questions, hits = bench.place / "questions.jsonl", bench.place / "hits.jsonl"
    questions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        run.worker.ask({"do": "search", "questions": str(questions), "hits": str(hits), "k": DEPTH})
    except WorkerFailed as failure:
        run.failure = str(failure)
        return
    for line in hits.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        run.hits[found["id"]] = found["document_ids"]
        run.seconds[found["id"]] = found["seconds"]


def _scores(run: _Run, bench_set: BenchSet, segments: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    return {
        q.question_id: score_question([segments[name] for name in run.hits[q.question_id]], q, bench_set.convention)
        for q in bench_set.questions
    }


def _summary(
    run: _Run,
    ours: _Run,
    bench_set: BenchSet,
    scores: Mapping[str, Mapping[str, float]],
    our_scores: Mapping[str, Mapping[str, float]],
) -> dict[str, Any]:
    taken, reference = (np.array(list(r.seconds.values())) * 1000.0 for r in (run, ours))
    summary: dict[str, Any] = {
        "does": run.system.does,
        "measures": means(scores, bench_set),
        "index_s": round(run.index_s, 1),
        "question_ms": {f"p{p}": round(float(np.percentile(taken, p)), 2) for p in (5, 50, 95)},
        "times_our_ms": round(float(np.median(taken) / np.median(reference)), 2),
    }
    if not run.system.ours:
        summary["difference_to_ours"] = differences(scores, our_scores, bench_set)
    return summary
