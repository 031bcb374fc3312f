"""Several views of a segment: windows of about forty seconds, each encoded by itself with its lecture's title.

Two minutes of speech change their subject; a vector of a third of them is nearer to a question about it, and its
token vectors are not diluted by what was said before and after. The title says what the lecture takes for granted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.readers import title_from_id
from corpus.records import Lecture, Segment
from rag.encoder import TokenVectors, pool
from rag.errors import IndexDamaged
from rag.products import product_with

# Of 130 and 170 tokens, with and without context on both sides, none was better than another beyond noise.
WINDOW_TOKENS = 150
# A longer title says little more, and takes room from the window.
_TITLE_CHARACTERS = 80
# "aula-01" and "p0042" in front of every window only dilute it; "regra-da-cadeia" does not.
_TELLING_WORD = re.compile(r"[^\W\d_]{4,}")
_TELLING_WORDS = 2


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a segment as the encoder sees it.

    Attributes:
        text: title and part.
        n_title: characters of ``text`` before the part begins.
        start: where the part begins in the segment's text, in characters.
    """

    text: str
    n_title: int
    start: int


def telling_title(lecture: Lecture) -> str:
    """The lecture's title where it says what the lecture is about; nothing where it is only a file's name.

    >>> telling_title(Lecture("aula-01", "Aula 01")), telling_title(Lecture("regra-da-cadeia", "Regra da cadeia"))
    ('', 'Regra da cadeia')
    """
    is_file_name = lecture.title == title_from_id(lecture.lecture_id)
    return "" if is_file_name and len(_TELLING_WORD.findall(lecture.title)) < _TELLING_WORDS else lecture.title


def windows(segment: Segment, title: str, n_tokens: int) -> list[Window]:
    """Cut a segment of ``n_tokens`` into equal parts of about `WINDOW_TOKENS`, at spaces; nothing is left out.

    >>> from corpus.records import Cue
    >>> two = Segment(1, "aula-01", 0.0, 90.0, "a taxa de aprendizado", (Cue("a taxa de aprendizado"),))
    >>> [(w.text, w.n_title, w.start) for w in windows(two, "Treino", 300)]
    [('Treino. a taxa', 8, 0), ('Treino. de aprendizado', 8, 7)]
    """
    words = segment.text.split(" ")
    head = f"{title.strip()[:_TITLE_CHARACTERS].strip()}. " if title.strip() else ""
    n_parts = min(len(words), max(1, round(n_tokens / WINDOW_TOKENS)))
    cuts = [len(words) * part // n_parts for part in range(n_parts + 1)]
    found: list[Window] = []
    start = 0
    for begin, end in pairwise(cuts):
        part = " ".join(words[begin:end])
        found.append(Window(head + part, len(head), start))
        start += len(part) + 1
    return found


class WindowVectors:
    """One vector a window, and which windows are each segment's: ``firsts[i]:firsts[i + 1]`` are segment *i*'s."""

    _ARRAYS = ("vectors", "firsts", "hubness")

    def __init__(self, vectors: NDArray[np.float16], firsts: NDArray[np.int64], hubness: NDArray[np.float32]) -> None:
        self._vectors = vectors
        self._firsts = np.asarray(firsts, dtype=np.int64)
        self._hubness = np.asarray(hubness, dtype=np.float32)

    @classmethod
    def build(
        cls,
        folder: Path,
        vectors: NDArray[np.float32],
        n_windows: Sequence[int],
        background: Sequence[TokenVectors],
    ) -> WindowVectors:
        """Keep ``vectors``, ``(n, dim)`` in segment order, in half precision; ``n_windows`` is of each segment."""
        folder.mkdir(parents=True, exist_ok=True)
        hubness = dense_hubness(vectors, background)
        made = cls(vectors.astype(np.float16), np.cumsum([0, *n_windows], dtype=np.int64), hubness)
        arrays: tuple[NDArray[Any], ...] = (made._vectors, made._firsts, made._hubness)
        for name, array in zip(cls._ARRAYS, arrays, strict=True):
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        return made

    @classmethod
    def load(cls, folder: Path, n_segments: int) -> WindowVectors:
        """Open memory-mapped.

        Raises:
            IndexDamaged: a file is not what `build` writes, or is of another number of segments.
        """
        try:
            arrays = [np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in cls._ARRAYS]
            opened = cls(*arrays)
        except (OSError, ValueError, TypeError) as error:
            raise _damaged(folder, type(error).__name__) from error
        n_windows = len(opened._vectors)
        if (
            len(opened._firsts) != n_segments + 1
            or opened._firsts[-1] != n_windows
            or len(opened._hubness) != n_windows
        ):
            raise _damaged(folder, f"{len(opened._firsts) - 1} segments, not {n_segments}")
        return opened

    def scores(self, question: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """For each row the cosine of its best window to the question's vector, half the window's hubness taken off.

        Returns ``(len(rows),) float32``; differences count, not values.
        """
        if rows.size == 0:
            return np.empty(0, dtype=np.float32)
        places, bounds = ranges(self._firsts[rows], self._firsts[rows + 1])
        cosines = product_with(self._vectors[places].astype(np.float32), question) - 0.5 * self._hubness[places]
        return np.asarray(np.maximum.reduceat(cosines, bounds), dtype=np.float32)


def ranges(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers of several half-open ranges after each other, and where each range begins among them.

    >>> [x.tolist() for x in ranges(np.array([3, 10]), np.array([5, 13]))]
    [[3, 4, 10, 11, 12], [0, 2]]
    """
    lengths = ends - begins
    bounds = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    places = np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(begins - bounds, lengths)
    return places, np.asarray(bounds, dtype=np.int64)


def dense_hubness(vectors: NDArray[np.float32], background: Sequence[TokenVectors]) -> NDArray[np.float32]:
    """Mean cosine of each vector to questions in general: ``(n_vectors,) float32``."""
    if not background:
        return np.zeros(len(vectors), dtype=np.float32)
    questions = np.stack([pool(question.vectors) for question in background])
    return np.asarray((vectors @ questions.T).mean(axis=1), dtype=np.float32)


def _damaged(folder: Path, fault: str) -> IndexDamaged:
    return IndexDamaged(
        pt=f"os vetores das janelas em {folder} estão danificados ({fault}); reconstrua com monitoria index",
        en=f"the window vectors in {folder} are damaged ({fault}); rebuild them with monitoria index",
    )
