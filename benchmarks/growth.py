"""`python -m benchmarks.growth`: what an index of 10³ to 10⁶ segments costs to make, to keep and to ask.

All the distinct lecture text there is makes one real index; the others are drawn to its distribution
(`benchmarks.synthetic`) and called synthetic. Each is served by a process of its own, with the default settings, and
asked the 60 answerable questions of the FastAPI lectures. Recall is against exact search on the same vectors.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.environment import ROOT, SHARED, circumstances, made_by, need_shared, working_folder, write_results
from benchmarks.serving import SETTINGS
from benchmarks.synthetic import (
    DrawnSegments,
    Pool,
    assemble_late,
    assemble_windows,
    draw_lectures,
    draw_texts,
    draw_vectors,
    enlarge_lexical,
)
from corpus.store import write_lectures, write_segments
from rag.background import background_questions
from rag.build import build_index
from rag.dense import DenseIndex
from rag.encoder import Encoder, open_encoder
from rag.generations import describe_files, new_generation, publish
from rag.index import CourseIndex
from rag.late import LateIndex
from rag.lexical import LexicalIndex

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_SOURCES = (SHARED / "fastapi-do-zero-pt" / "lectures", SHARED / "hf-course")
# BM25 is built in memory, 30 KB a segment; beyond this its postings are drawn.
_LEXICAL_BUILT_UP_TO = 100_000
# A background question over every segment's tokens is linear and slow; it is timed where it takes a minute or so.
_HUBNESS_TIMED_UP_TO = 10_000
_SEED = 7


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, write `benchmarks/results/growth.json` and the README's table."""
    options = _options(arguments)
    need_shared("the benchmark")
    results: dict[str, Any] = circumstances(f"python -m benchmarks.growth --largest {options.largest}")
    with working_folder(options.work) as place:
        encoder = open_encoder(source=SETTINGS.encoder.source, runtime=SETTINGS.encoder.runtime)
        results["real"] = real_course(place / "real", encoder)
        _say(results["real"])
        results["synthetic"] = []
        parts = Pool.of(CourseIndex(place / "real", device="cpu"))
        for n in [size for size in _SIZES if size <= options.largest]:
            entry = synthetic_course(place, n, parts, encoder)
            _say(entry)
            results["synthetic"].append(entry)
    if options.largest == _SIZES[-1]:
        write_results("growth", results, growth_table(results))
    else:
        print(growth_table(results), "a part was run: nothing is written", sep="\n")


def real_course(index: Path, encoder: Encoder) -> dict[str, Any]:
    """Build the index of all real text, embedding included, and ask it."""
    report = build_index(index, _SOURCES, encoder, SETTINGS)
    # An index kept from an earlier run has nothing left to embed: what it took then is kept beside it.
    note = index.with_name("real-build.json")
    if report.n_embedded:
        note.write_text(
            json.dumps({"build_s": round(report.seconds, 1), "load": round(os.getloadavg()[0], 1)}), "utf-8"
        )
    folder = CourseIndex(index, device="cpu").folder
    return {
        "segments": report.n_segments,
        "text": "real",
        "build": json.loads(note.read_text("utf-8")),
        "disk_bytes": _sizes(folder),
        **_served(index, None),
    }


def synthetic_course(place: Path, n: int, parts: Pool, encoder: Encoder) -> dict[str, Any]:
    """Assemble an index of ``n`` drawn segments, ask it in another process, and remove it."""
    index, vectors = place / f"drawn-{n}", place / f"vectors-{n}.npy"
    shutil.rmtree(index, ignore_errors=True)
    index.mkdir()
    seconds = _assemble(index, vectors, n, parts, encoder)
    entry = {
        "segments": n,
        "text": "synthetic",
        "index_s": {name: round(value, 2) for name, value in seconds.items()},
        "lexical": "built from drawn texts" if n <= _LEXICAL_BUILT_UP_TO else "postings drawn",
        "disk_bytes": _sizes(CourseIndex(index, device="cpu").folder),
        **_served(index, vectors),
    }
    vectors.unlink()
    shutil.rmtree(index)
    return entry


def _assemble(index: Path, vectors_file: Path, n: int, parts: Pool, encoder: Encoder) -> dict[str, float]:
    """Write a generation part by part; seconds of each part that is made as a build makes it."""
    folder = new_generation(index)
    picks = np.random.default_rng(_SEED).integers(0, len(parts.segments), n)
    seconds: dict[str, float] = {}
    draw_vectors(parts.vectors, picks, vectors_file, np.float32, _SEED)
    vectors = np.load(vectors_file, mmap_mode="r")
    np.save(folder / "hubness.npy", np.load(parts.folder / "hubness.npy")[picks])
    assemble_windows(parts, picks, folder / "windows", _SEED)
    assemble_late(parts, picks, folder / "late", _SEED)
    lectures = draw_lectures(parts, n)
    with _timed(seconds, "segments"):
        write_segments(folder / "segments.parquet", DrawnSegments(parts, picks))  # type: ignore[arg-type]
        write_lectures(folder / "lectures.parquet", lectures)
    with _timed(seconds, "dense"):
        DenseIndex.build(vectors).save(folder / "dense.faiss")
    kept = index.parent / "lexical"
    if n <= _LEXICAL_BUILT_UP_TO:
        texts = draw_texts(parts, picks, _SEED)
        languages = [parts.languages[pick] for pick in picks]
        with _timed(seconds, "background questions"):
            background = background_questions(texts, languages)
        with _timed(seconds, "lexical"):
            LexicalIndex.build(texts, languages).save(folder / "lexical")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder / "lexical", kept)
        if n <= _HUBNESS_TIMED_UP_TO:
            with _timed(seconds, "late hubness"):
                LateIndex.load(folder / "late", n).set_hubness(folder / "late", encoder.token_vectors(background))
    else:
        enlarge_lexical(kept, n // _LEXICAL_BUILT_UP_TO, folder / "lexical", _SEED)
    manifest = CourseIndex(parts.folder.parent, device="cpu").manifest
    with _timed(seconds, "checksums"):
        files = describe_files(folder)
    made = replace(manifest, generation=folder.name, n_segments=n, n_lectures=len(lectures), files=files)
    publish(index, folder, made)
    return seconds


def _served(index: Path, vectors: Path | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.serving", str(index), *([] if vectors is None else [str(vectors)])]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes on disk by part, a part being a file or a folder of the generation."""
    parts = {path.name: path for path in sorted(folder.iterdir()) if path.name != "manifest.json"}
    return {
        name: sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*")))
        for name, path in parts.items()
    }


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started


def growth_table(results: dict[str, Any]) -> str:
    """The README's table."""
    lines = [
        "| segments | text | on disk | in memory (own) | question p50 / p95 | just opened | recall@10 |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in (results["real"], *results["synthetic"]):
        disk, memory = sum(entry["disk_bytes"].values()) / 1e9, entry["memory_mb"]["asked"]
        warm, cold = entry["question_ms"]["warm"], entry["question_ms"]["cold"]
        recall = entry.get("recall", {}).get("dense@10")
        lines.append(
            f"| {entry['segments']:,} | {entry['text']} | {disk:.2f} GB | {memory['resident']} MB ({memory['own']}) "
            f"| {warm['p50']:.0f} / {warm['p95']:.0f} ms | {cold['p50']:.0f} / {cold['p95']:.0f} ms "
            f"| {'' if recall is None else recall} |"
        )
    lines.append(f"\n{made_by(results)}.\n")
    return "\n".join(lines)


def _say(entry: dict[str, Any]) -> None:
    print(json.dumps(entry), flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--largest", type=int, default=_SIZES[-1], help="largest number of segments")
    parser.add_argument("--work", type=Path, help="keep the real index here, and use one that is there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
