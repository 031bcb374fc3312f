"""Late interaction: each token of a question finds its nearest token in a segment.

One vector for two minutes of speech throws away most of what E5 knows of them; its token vectors keep it
(MaxSim, Khattab & Zaharia 2020). They come from the segment's windows (`rag.windows`) and are kept as
`rag.token_codes` has them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.encoder import TokenVectors
from rag.errors import IndexDamaged
from rag.products import product
from rag.token_codes import LEVEL_TABLE, PER_BYTE, Calibration, TokenCodes, content_tokens, decode, norms_of, unit
from rag.windows import ranges

# Tokens in more than this share of the segments ("o", "que", "né") match everything and find nothing.
_COMMON = 0.4
# A word that the lectures hardly hold must not decide alone.
_MAX_WEIGHT = 4.0
# Tokens decoded at once: few enough to stay in the processor's cache until they are multiplied.
_BLOCK = 384


class LateIndex:
    """Token codes of all segments, memory-mapped, window by window; row *i* is the index's segment *i*."""

    _ARRAYS = ("codes", "norms", "starts", "offsets", "firsts", "known_ids", "weights", "hubness")

    def __init__(self, calibration: Calibration, arrays: dict[str, NDArray[np.generic]]) -> None:
        self._calibration = calibration
        self._codes: NDArray[Any] = arrays["codes"]
        self._norms = arrays["norms"]
        self._starts = arrays["starts"]
        # Window *i* has the tokens offsets[i]:offsets[i + 1], segment *i* the windows firsts[i]:firsts[i + 1].
        self._offsets = np.asarray(arrays["offsets"], dtype=np.int64)
        self._firsts = np.asarray(arrays["firsts"], dtype=np.int64)
        self._known_ids = np.asarray(arrays["known_ids"])
        self._weights = np.asarray(arrays["weights"], dtype=np.float32)
        self._hubness = np.asarray(arrays["hubness"], dtype=np.float32)

    def __len__(self) -> int:
        return len(self._firsts) - 1

    @classmethod
    def build(cls, folder: Path, segments: Sequence[Sequence[TokenCodes]], calibration: Calibration) -> LateIndex:
        """Assemble the windows of ``segments`` in ``folder`` and open it. Hubness is zero until set.

        Common tokens are left out, and windows that hold nothing else; ``starts`` are characters of the segment.
        """
        folder.mkdir(parents=True, exist_ok=True)
        known_ids, frequency = _document_frequency(segments)
        n = len(segments)
        idf = np.log1p((n - frequency + 0.5) / (frequency + 0.5))
        telling = frequency <= max(1.0, _COMMON * n)
        kept: list[TokenCodes] = []
        n_windows = []
        for windows in segments:
            parts = (window.only(telling[np.searchsorted(known_ids, window.token_ids)]) for window in windows)
            filled = [part for part in parts if part.token_ids.size]
            kept.extend(filled)
            n_windows.append(len(filled))
        width = calibration.mean.shape[0] // PER_BYTE
        norms = [norms_of(part.codes, calibration.scale).astype(np.float16) for part in kept]
        arrays: dict[str, NDArray[np.generic]] = {
            "codes": np.concatenate([np.empty((0, width), dtype=np.uint8), *(part.codes for part in kept)]),
            "norms": np.concatenate([np.empty(0, np.float16), *norms]),
            "starts": np.concatenate([np.empty(0, np.int32), *(part.starts for part in kept)]),
            "offsets": np.cumsum([0, *(len(part.token_ids) for part in kept)], dtype=np.int64),
            "firsts": np.cumsum([0, *n_windows], dtype=np.int64),
            "known_ids": known_ids,
            "weights": np.minimum(idf, _MAX_WEIGHT).astype(np.float32),
            "hubness": np.zeros(n, dtype=np.float32),
        }
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        calibration.save(folder / "calibration.npz")
        return cls(calibration, arrays)

    @classmethod
    def load(cls, folder: Path, n_segments: int) -> LateIndex:
        """Open memory-mapped.

        Raises:
            IndexDamaged: a file is not what `build` writes, or holds another number of segments.
        """
        try:
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in cls._ARRAYS}
            opened = cls(Calibration.load(folder / "calibration.npz"), arrays)
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(folder, type(error).__name__) from error
        fits = len(opened._codes) == opened._offsets[-1] and len(opened._offsets) - 1 == opened._firsts[-1]
        if len(opened) != n_segments or not fits:
            raise _damaged(folder, f"{len(opened)} segments, not {n_segments}")
        return opened

    def set_hubness(self, folder: Path, background: Sequence[TokenVectors], rows_at_once: int = 256) -> None:
        """Measure how near each segment is to questions in general; half of it is taken off every score.

        A few chatty segments are near to everything and crowd every list of hits. The background needs no
        labels, and costs nothing when a question comes.
        """
        total = np.zeros(len(self), dtype=np.float64)
        for start in range(0, len(self), rows_at_once):
            rows = np.arange(start, min(start + rows_at_once, len(self)), dtype=np.int64)
            for question in background:
                total[rows] += self._similarity(question, rows)
        self._hubness = (total / max(1, len(background))).astype(np.float32)
        np.save(folder / "hubness.npy", self._hubness, allow_pickle=False)

    def scores(self, question: TokenVectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores of the given rows, in their order, ``(len(rows),) float32``; differences count, not values.

        The weighted mean over the question's tokens of the cosine to the nearest token of the segment, and the
        same within its best window, averaged; a token's weight is its idf among the segments, at most 4.
        """
        return self._similarity(question, rows) - 0.5 * self._hubness[rows]

    def span_scores(self, question: TokenVectors, row: int, spans: NDArray[np.int64]) -> NDArray[np.float32]:
        """How near each stretch of one segment's text is to the question: ``(n_spans,) float32``.

        ``spans``, ``(n_spans, 2)``, are first and last character (half-open) in the segment's text. A stretch
        without a single telling token gets -1, which no cosine is below.
        """
        nearest, weights = self.span_matches(question, row, spans)
        return nearest @ weights if weights.size else np.full(len(spans), -1.0, dtype=np.float32)

    def span_matches(
        self, question: TokenVectors, row: int, spans: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cosines ``(n_spans, n_tokens)`` of each question token to its nearest in a stretch, and the tokens' weights.

        What stretches match together is the largest of each column. -1 in a stretch without a telling token.
        """
        first, last = self._offsets[self._firsts[row]], self._offsets[self._firsts[row + 1]]
        weights, asked = self._asked(question)
        result = np.full((len(spans), len(weights)), -1.0, dtype=np.float32)
        if first == last or weights.size == 0:
            return result, weights
        places = np.arange(first, last)
        cosines = self._cosines(asked, places)
        starts = np.asarray(self._starts[places])
        for i, (begin, end) in enumerate(spans):
            inside = cosines[(starts >= begin) & (starts < end)]
            if len(inside):
                result[i] = inside.max(axis=0)
        return result, weights

    def text_score(self, question: TokenVectors, text: TokenVectors) -> float:
        """How near a text that is not in the index is to the question; comes in the same two bits, to be compared."""
        weights, asked = self._asked(question)
        kept = content_tokens(text)
        if weights.size == 0 or not kept.any():
            return -1.0
        codes = self._calibration.encode(text.vectors[kept])
        cosines = decode(codes) @ asked.T / norms_of(codes, self._calibration.scale)[:, None]
        return float(cosines.max(axis=0) @ weights)

    def _similarity(self, question: TokenVectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        result = np.zeros(len(rows), dtype=np.float32)
        weights, asked = self._asked(question)
        filled = np.flatnonzero(self._firsts[rows + 1] > self._firsts[rows])
        if filled.size == 0 or weights.size == 0:
            return result
        windows, of_segment = ranges(self._firsts[rows[filled]], self._firsts[rows[filled] + 1])
        places, of_window = ranges(self._offsets[windows], self._offsets[windows + 1])
        nearest = np.maximum.reduceat(self._cosines(asked, places), of_window, axis=0)
        anywhere = np.maximum.reduceat(nearest, of_segment, axis=0) @ weights
        together = np.maximum.reduceat(nearest @ weights, of_segment)
        result[filled] = (anywhere + together) / 2
        return result

    def _asked(self, question: TokenVectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights ``(n_tokens,)`` and turned, scaled vectors ``(n_tokens, dim)`` of a question's content tokens."""
        kept = content_tokens(question)
        weights = self._token_weights(question.token_ids[kept])
        centred = unit(question.vectors[kept] - self._calibration.mean)
        return weights, product(centred, self._calibration.rotation) * self._calibration.scale

    def _cosines(self, asked: NDArray[np.float32], places: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of stored tokens to question tokens, ``(len(places), n_question_tokens) float32``."""
        right = np.ascontiguousarray(asked.T)
        result = np.empty((len(places), len(asked)), dtype=np.float32)
        levels = np.empty((min(_BLOCK, len(places)), self._codes.shape[1]), dtype=np.complex128)
        for start in range(0, len(places), _BLOCK):
            codes = self._codes[places[start : start + _BLOCK]]
            # Without "clip" numpy checks every code in a buffer of its own; a byte is always in the table.
            np.take(LEVEL_TABLE, codes, out=levels[: len(codes)], mode="clip")
            product(levels[: len(codes)].view(np.float32), right, result[start : start + len(codes)])
        result /= self._norms[places].astype(np.float32)[:, None]
        return result

    def _token_weights(self, token_ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Weights of a question's tokens, summing to one; a token that no segment holds counts most."""
        if self._known_ids.size == 0 or token_ids.size == 0:
            return np.full(len(token_ids), 1.0 / max(1, len(token_ids)), dtype=np.float32)
        places = np.minimum(np.searchsorted(self._known_ids, token_ids), len(self._known_ids) - 1)
        unknown_weight = min(_MAX_WEIGHT, math.log1p(2 * len(self) + 1))
        weights = np.where(self._known_ids[places] == token_ids, self._weights[places], unknown_weight)
        total = float(weights.sum())
        return (weights / total if total > 0 else np.full(len(weights), 1.0 / len(weights))).astype(np.float32)


def _document_frequency(
    segments: Sequence[Sequence[TokenCodes]],
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Distinct token ids, ascending, and in how many segments each occurs."""
    nothing = np.empty(0, np.int32)
    distinct = [np.unique(np.concatenate([nothing, *(part.token_ids for part in windows)])) for windows in segments]
    ids, counts = np.unique(np.concatenate([nothing, *distinct]), return_counts=True)
    return ids.astype(np.int32), counts.astype(np.float64)


def _damaged(folder: Path, fault: str) -> IndexDamaged:
    return IndexDamaged(
        pt=f"os vetores de palavras em {folder} estão danificados ({fault}); reconstrua com monitoria index",
        en=f"the token vectors in {folder} are damaged ({fault}); rebuild them with monitoria index",
    )
