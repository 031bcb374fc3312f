"""Reads the 4-bit E5 that packages carry: one little-endian file with tokenizer, normalisation and tensors.

Nothing is written here: `rag.models.e5_folder` makes a sentence-transformers folder of what this returns.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelUnavailable

MAGIC = b"E5S1"
VERSION = 1
_BLOCK = 32  # elements that share one scale
_BLOCK_BYTES = 2 + _BLOCK // 2


@dataclass(frozen=True, slots=True)
class E5Shape:
    """The header's seven sizes, in the file's order."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """Token ids, in the file's order."""

    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True, slots=True)
class CarriedE5:
    """Everything that the file holds.

    Attributes:
        shape: sizes; the embedding may have more rows than there are pieces.
        epsilon: of the layer norms.
        special: ids of bos, eos, pad and unk.
        pieces: SentencePiece unigram pieces with their log probabilities; the index is the token id.
        normalisation: replacement of single characters, keyed by character.
        tensors: float32 by the file's own names, flat (`rag.models.e5_folder` gives them their shapes).
    """

    shape: E5Shape
    epsilon: float
    special: SpecialTokens
    pieces: tuple[tuple[str, float], ...]
    normalisation: Mapping[str, str]
    tensors: Mapping[str, NDArray[np.float32]]


class _Cursor:
    """Reads numbers one after another and never beyond the end."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.content):
            raise _malformed(f"{count} bytes at {self.at} of {len(self.content)}")
        self.at += count
        return self.content[self.at - count : self.at]

    def integers(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(f"<{layout}", self.take(struct.calcsize(f"<{layout}")))

    def integer(self, layout: str) -> int:
        return self.integers(layout)[0]

    def array(self, dtype: str, count: int) -> NDArray[np.generic]:
        return np.frombuffer(self.take(count * np.dtype(dtype).itemsize), dtype)


def _malformed(what: str) -> ModelUnavailable:
    return ModelUnavailable(
        pt=f"o arquivo de pesos E5 não tem o formato esperado ({what}); apague-o e rode: monitoria models pull",
        en=f"the E5 weights file is not laid out as expected ({what}); delete it and run: monitoria models pull",
    )


def read_carried(path: Path) -> CarriedE5:
    """Read a carried E5 file.

    Raises:
        ModelUnavailable: another format or version, or a file that ends early.
        OSError: the file cannot be read.
    """
    cursor = _Cursor(path.read_bytes())
    magic, version = cursor.take(4), cursor.integer("I")
    if (magic, version) != (MAGIC, VERSION):
        raise _malformed(f"{magic!r}, version {version}")
    shape = E5Shape(*cursor.integers("7i"))
    (epsilon,) = struct.unpack("<f", cursor.take(4))
    if (block := cursor.integer("i")) != _BLOCK:
        raise _malformed(f"block of {block}")
    special, pieces = _tokenizer(cursor)
    normalisation = _normalisation(cursor)
    return CarriedE5(shape, epsilon, special, pieces, normalisation, _tensors(cursor))


def _tokenizer(cursor: _Cursor) -> tuple[SpecialTokens, tuple[tuple[str, float], ...]]:
    count = cursor.integer("i")
    special = SpecialTokens(*cursor.integers("4i"))
    blob_length = cursor.integer("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    blob = cursor.take(blob_length)
    names = (blob[start:end].decode() for start, end in pairwise(offsets))
    return special, tuple(zip(names, scores, strict=True))


def _normalisation(cursor: _Cursor) -> dict[str, str]:
    """Each entry: u32 character, u8 n, n × u32 replacement. The byte count before them is theirs together."""
    entries, length = cursor.integer("i"), cursor.integer("I")
    end = cursor.at + length
    table = {}
    for _ in range(entries):
        character, count = cursor.integers("IB")
        table[chr(character)] = "".join(map(chr, cursor.integers(f"{count}I")))
    if cursor.at != end:
        raise _malformed(f"normalisation ends at {cursor.at}, not {end}")
    return table


def _tensors(cursor: _Cursor) -> dict[str, NDArray[np.float32]]:
    tensors = {}
    for _ in range(cursor.integer("i")):
        name = cursor.take(cursor.integer("H")).decode()
        kind, elements = cursor.integers("BI")
        offset, length = cursor.integers("QQ")
        content = cursor.content[offset : offset + length]
        if len(content) != length:
            raise _malformed(f"tensor {name} at {offset}")
        tensors[name] = _float32(name, kind, elements, content)
    return tensors


def _float32(name: str, kind: int, elements: int, content: bytes) -> NDArray[np.float32]:
    """A tensor's values, flat: type 0 as they are, type 1 (Q4_0) as (nibble - 8) × scale."""
    if kind == 0 and len(content) == 4 * elements:
        return np.frombuffer(content, "<f4").astype(np.float32)
    if kind == 1 and elements % _BLOCK == 0 and len(content) == elements // _BLOCK * _BLOCK_BYTES:
        blocks = np.frombuffer(content, np.uint8).reshape(-1, _BLOCK_BYTES)
        scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
        nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        values: NDArray[np.float32] = (nibbles.astype(np.float32) - 8) * scales
        return values.reshape(-1)
    raise _malformed(f"tensor {name}: type {kind}, {elements} elements, {len(content)} bytes")
