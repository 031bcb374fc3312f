"""Courses larger than there is text for: parts of an index, drawn to the distribution of a real index's parts.

What is drawn from what, so that figures can say it: **segments** are real ones under new ids; **vectors** (of segments
and of windows) are real ones with part of their deviation from the mean exchanged for noise of the same covariance,
which keeps mean and covariance and, at the share used, the distance to the nearest neighbour; **token codes** are
real windows' codes, windows drawn one by one; **texts for BM25** are runs of real words set together; **postings**
beyond what BM25 can be built for in memory keep each term's share of the segments and its scores.

Reads and writes the files of a generation's `late`, `windows` and `lexical` folders without the classes they belong
to: a million segments do not fit in memory. If their format changes, this has to.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from corpus.language import Language
from corpus.records import Lecture, Segment
from corpus.store import read_segments
from rag.index import CourseIndex

# Share of a vector's deviation that is noise. Among 1,905 real segments the median cosine to the nearest other one is
# 0.942; among as many drawn ones 0.951 at a share of 0.3, 0.934 at 0.4.
NOISE_SHARE = 0.35
SEGMENTS_PER_LECTURE = 24
# Words of one run; the pair across two runs is a new one, so every eighth pair is.
_RUN_WORDS = 8
_ROWS_AT_ONCE = 20_000
_LATE_PER_TOKEN = ("codes", "norms", "starts")
_LATE_AS_THEY_ARE = ("known_ids.npy", "weights.npy", "calibration.npz")


@dataclass(frozen=True, slots=True)
class Pool:
    """A real index's parts, to draw from."""

    segments: Sequence[Segment]
    lectures: Sequence[Lecture]
    languages: Sequence[Language]
    vectors: NDArray[np.float32]
    folder: Path

    @classmethod
    def of(cls, index: CourseIndex) -> Pool:
        """The parts of an opened index."""
        segments = read_segments(index.folder / "segments.parquet")
        lectures = sorted(index.lectures.values(), key=lambda lecture: lecture.lecture_id)
        languages = [index.lectures[segment.lecture_id].language for segment in segments]
        return cls(segments, lectures, languages, index.dense.vectors(), index.folder)


def draw_lectures(pool: Pool, n_segments: int) -> list[Lecture]:
    """As many lectures as ``n_segments`` fill."""
    n = -(-n_segments // SEGMENTS_PER_LECTURE)
    return [replace(pool.lectures[i % len(pool.lectures)], lecture_id=_lecture_id(i)) for i in range(n)]


class DrawnSegments:
    """Segments ``picks`` of the pool under new ids, made when a slice is asked for: a million do not lie in memory."""

    def __init__(self, pool: Pool, picks: NDArray[np.int64]) -> None:
        self._pool = pool
        self._picks = picks

    def __len__(self) -> int:
        return len(self._picks)

    def __getitem__(self, rows: slice) -> list[Segment]:
        return [
            replace(
                self._pool.segments[self._picks[row]],
                segment_id=(row + 1) * 2_654_435_761 % 2**31,  # odd, so no two rows meet
                lecture_id=_lecture_id(row // SEGMENTS_PER_LECTURE),
            )
            for row in range(*rows.indices(len(self)))
        ]


def draw_vectors(
    real: NDArray[np.float32], picks: NDArray[np.int64], path: Path, dtype: type[np.floating[Any]], seed: int
) -> None:
    """Unit vectors around the real ones that were picked, written to a ``.npy`` of ``(len(picks), dim)``."""
    random = np.random.default_rng(seed)
    mean = real.mean(axis=0)
    deviations = real - mean
    variances, axes = np.linalg.eigh(np.cov(deviations.T))
    spread = (axes * np.sqrt(np.maximum(variances, 0))).T.astype(np.float32)
    out = open_memmap(path, "w+", dtype, (len(picks), real.shape[1]))
    for start in range(0, len(picks), _ROWS_AT_ONCE):
        chosen = picks[start : start + _ROWS_AT_ONCE]
        noise = random.standard_normal((len(chosen), real.shape[1]), dtype=np.float32) @ spread
        drawn = mean + np.sqrt(1 - NOISE_SHARE) * deviations[chosen] + np.sqrt(NOISE_SHARE) * noise
        out[start : start + len(chosen)] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    out.flush()


def draw_texts(pool: Pool, picks: NDArray[np.int64], seed: int) -> list[str]:
    """A text in the language and of the length of each picked segment, of runs of real words."""
    random = np.random.default_rng(seed)
    words: dict[str, list[str]] = {}
    for segment, language in zip(pool.segments, pool.languages, strict=True):
        words.setdefault(language, []).extend(segment.text.split())
    texts = []
    for pick in picks:
        said = words[pool.languages[pick]]
        n_words = len(pool.segments[pick].text.split())
        starts = random.integers(0, len(said), -(-n_words // _RUN_WORDS))
        run = [word for start in starts for word in said[start : start + _RUN_WORDS]]
        texts.append(" ".join(run[:n_words]))
    return texts


def assemble_windows(pool: Pool, picks: NDArray[np.int64], folder: Path, seed: int) -> None:
    """The `windows` folder: as many windows as each picked segment has, their vectors drawn."""
    folder.mkdir()
    real = np.load(pool.folder / "windows" / "vectors.npy").astype(np.float32)
    firsts = np.load(pool.folder / "windows" / "firsts.npy")
    hubness = np.load(pool.folder / "windows" / "hubness.npy")
    drawn = _places(firsts[picks], firsts[picks + 1])
    draw_vectors(real, drawn, folder / "vectors.npy", np.float16, seed)
    np.save(folder / "firsts.npy", _bounds(np.diff(firsts)[picks]))
    np.save(folder / "hubness.npy", hubness[drawn])


def assemble_late(pool: Pool, picks: NDArray[np.int64], folder: Path, seed: int) -> None:
    """The `late` folder: as many windows as each picked segment has, each with the tokens of some real window."""
    folder.mkdir()
    real = {path.stem: np.load(path, mmap_mode="r") for path in (pool.folder / "late").glob("*.npy")}
    offsets, firsts = np.asarray(real["offsets"]), np.asarray(real["firsts"])
    n_windows = np.diff(firsts)[picks]
    windows = np.random.default_rng(seed).integers(0, len(offsets) - 1, int(n_windows.sum()))
    bounds = _bounds(np.diff(offsets)[windows])
    np.save(folder / "firsts.npy", _bounds(n_windows))
    np.save(folder / "offsets.npy", bounds)
    np.save(folder / "hubness.npy", np.asarray(real["hubness"])[picks])
    for name in _LATE_AS_THEY_ARE:
        shutil.copy(pool.folder / "late" / name, folder / name)
    for name in _LATE_PER_TOKEN:
        source = np.asarray(real[name])
        out = open_memmap(folder / f"{name}.npy", "w+", source.dtype, (int(bounds[-1]), *source.shape[1:]))
        for start in range(0, len(windows), _ROWS_AT_ONCE):
            some = windows[start : start + _ROWS_AT_ONCE]
            out[bounds[start] : bounds[start + len(some)]] = source[_places(offsets[some], offsets[some + 1])]
        out.flush()


def enlarge_lexical(smaller: Path, times: int, folder: Path, seed: int) -> None:
    """The `lexical` folder of ``times`` as many segments: each term in as large a share of them, scored as there."""
    shutil.copytree(smaller, folder)
    random = np.random.default_rng(seed)
    parameters = json.loads((smaller / "params.index.json").read_text("utf-8"))
    n = parameters["num_docs"] * times
    (folder / "params.index.json").write_text(json.dumps(parameters | {"num_docs": n}), "utf-8")
    old = {name: np.load(smaller / f"{name}.csc.index.npy") for name in ("data", "indices", "indptr")}
    bounds = old["indptr"].astype(np.int64) * times
    np.save(folder / "indptr.csc.index.npy", bounds.astype(old["indptr"].dtype))
    data = open_memmap(folder / "data.csc.index.npy", "w+", old["data"].dtype, (int(bounds[-1]),))
    rows = open_memmap(folder / "indices.csc.index.npy", "w+", old["indices"].dtype, (int(bounds[-1]),))
    for term in np.flatnonzero(np.diff(bounds)):
        begin, end = int(bounds[term]), int(bounds[term + 1])
        scores = old["data"][begin // times : end // times]
        data[begin:end] = scores[random.integers(0, len(scores), end - begin)]
        # Ascending with repetitions, then made distinct.
        spread = np.sort(random.integers(0, n - (end - begin) + 1, end - begin))
        rows[begin:end] = spread + np.arange(end - begin)
    data.flush()
    rows.flush()


def _lecture_id(number: int) -> str:
    return f"aula-{number:06d}"


def _bounds(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _places(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of several half-open ranges after each other."""
    lengths = ends - begins
    return np.repeat(begins - _bounds(lengths)[:-1], lengths) + np.arange(int(lengths.sum()))
