"""Token vectors in two bits a dimension: centred (all share the mean token), turned to their principal axes, cut.

96 bytes a token instead of 1,536. How much finding loses by it is in `docs/ablation.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.encoder import TokenVectors
from rag.windows import Window

# The four levels that lose least of a normal variable, and the thresholds between them (Max 1960, table I).
_LEVELS = np.array([-1.510, -0.4528, 0.4528, 1.510], dtype=np.float32)
_THRESHOLDS = np.array([-0.9816, 0.0, 0.9816], dtype=np.float32)
PER_BYTE = 4


def _level_table() -> NDArray[np.complex128]:
    """``(256,)``: the four levels that a byte stands for, lowest two bits first, as four floats in one element.

    One look-up of sixteen bytes is several times as fast as four of a float.
    """
    codes = np.arange(256)[:, None] >> np.array([0, 2, 4, 6]) & 3
    return np.ascontiguousarray(_LEVELS[codes]).view(np.complex128).ravel()


LEVEL_TABLE = _level_table()


def decode(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Codes ``(n, dim / 4)`` as levels, ``(n, dim) float32``."""
    return np.take(LEVEL_TABLE, codes).view(np.float32)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How token vectors of one index are centred, turned and scaled. Fitted once, kept with the vectors."""

    mean: NDArray[np.float32]
    rotation: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def fit(cls, vectors: NDArray[np.float32]) -> Calibration:
        """From a sample of token vectors, ``(n, dim)``: mean, principal axes, deviation along each."""
        mean = vectors.mean(axis=0)
        centred = unit(vectors - mean)
        _, axes = np.linalg.eigh(centred.T @ centred)
        # The sign of an axis is arbitrary; fixing it makes two fits of the same sample the same bytes.
        axes = axes[:, ::-1] * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])[::-1]
        rotation = np.ascontiguousarray(axes, dtype=np.float32)
        scale = np.maximum((centred @ rotation).std(axis=0), 1e-6)
        return cls(mean.astype(np.float32), rotation, scale.astype(np.float32))

    @classmethod
    def none(cls, vectors: NDArray[np.float32]) -> Calibration:
        """For an index without a single text: nothing is centred, turned or scaled."""
        dim = vectors.shape[1]
        return cls(np.zeros(dim, np.float32), np.eye(dim, dtype=np.float32), np.ones(dim, np.float32))

    def turn(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Centred unit vectors along the principal axes, ``(n, dim)``."""
        return unit(vectors - self.mean) @ self.rotation

    def encode(self, vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Two bits a dimension: ``(n, dim / 4) uint8``."""
        levels = np.searchsorted(_THRESHOLDS, self.turn(vectors) / self.scale).astype(np.uint8)
        grouped = levels.reshape(len(levels), -1, PER_BYTE)
        packed = grouped[..., 0] | grouped[..., 1] << 2 | grouped[..., 2] << 4 | grouped[..., 3] << 6
        return np.ascontiguousarray(packed, dtype=np.uint8)

    def save(self, path: Path) -> None:
        """Write the three arrays (``.npz``, nothing pickled)."""
        np.savez(path, mean=self.mean, rotation=self.rotation, scale=self.scale)

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["mean"], arrays["rotation"], arrays["scale"])


@dataclass(frozen=True, slots=True)
class TokenCodes:
    """The tokens of one text: vocabulary ids ``(n,)``, first characters ``(n,)``, codes ``(n, dim / 4)``."""

    token_ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    codes: NDArray[np.uint8]

    def only(self, mask: NDArray[np.bool_]) -> TokenCodes:
        """Those of a mask ``(n,)``."""
        return TokenCodes(self.token_ids[mask], self.starts[mask], self.codes[mask])


def content_tokens(tokens: TokenVectors) -> NDArray[np.bool_]:
    """Which tokens stand for text: not the prefix's, not the opening or closing one."""
    return np.asarray(tokens.spans[:, 1] > tokens.spans[:, 0])


def token_codes(tokens: TokenVectors, calibration: Calibration) -> TokenCodes:
    """A text's tokens, compressed."""
    kept = content_tokens(tokens)
    return TokenCodes(
        tokens.token_ids[kept].astype(np.int32),
        tokens.spans[kept, 0].astype(np.int32),
        calibration.encode(tokens.vectors[kept]),
    )


def in_segment(tokens: TokenCodes, window: Window) -> TokenCodes:
    """The codes of a window as part of its segment: the title's left out, ``starts`` in the segment's text."""
    part = tokens.only(tokens.starts >= window.n_title)
    return TokenCodes(part.token_ids, part.starts - window.n_title + window.start, part.codes)


def norms_of(codes: NDArray[np.uint8], scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """The length of each token's scaled levels, ``(n,)``."""
    return np.asarray(np.linalg.norm(decode(codes) * scale, axis=1))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors ``(n, dim)`` scaled to length 1; a zero stays one."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-9), dtype=np.float32)
