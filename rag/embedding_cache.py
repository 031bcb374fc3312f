"""Vectors already computed, by text: what makes a killed build resume without embedding anything twice.

One append-only file an encoder. A record is the text's SHA-256, the vector, and a checksum of both, all of
fixed length, so a record torn by a kill is recognised and cut off when the file is opened again.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rag.records import EncoderIdentity

_KEY_BYTES = 32
_CHECK_BYTES = 4


def cache_name(encoder: EncoderIdentity) -> str:
    """The file's name: vectors of other weights, another prefix or another precision never meet."""
    precision = "int8" if encoder.runtime == "onnx-int8" else "fp32"
    seed = f"{encoder.sha256}\0{encoder.dim}\0{encoder.passage_prefix}\0{precision}"
    return f"{hashlib.sha256(seed.encode()).hexdigest()[:16]}.vectors"


def text_key(text: str) -> bytes:
    """SHA-256 of a passage's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class EmbeddingCache:
    """Vectors by text. Used by one process at a time (the build's lock sees to it)."""

    def __init__(self, folder: Path, encoder: EncoderIdentity) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / cache_name(encoder)
        self._dim = encoder.dim
        self._record_bytes = _KEY_BYTES + 4 * encoder.dim + _CHECK_BYTES
        self._places: dict[bytes, int] = {}
        self._file = self.path.open("a+b")
        self._recover()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, text: str) -> bool:
        return text_key(text) in self._places

    def add(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep ``vectors``, ``(len(texts), dim) float32``; on the disk when this returns."""
        for text, vector in zip(texts, vectors, strict=True):
            key = text_key(text)
            body = key + np.ascontiguousarray(vector, dtype="<f4").tobytes()
            self._file.seek(0, os.SEEK_END)
            place = self._file.tell()
            self._file.write(body + zlib.crc32(body).to_bytes(_CHECK_BYTES, "little"))
            self._places[key] = place
        self._file.flush()
        os.fsync(self._file.fileno())

    def vectors(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """``(n, dim) float32`` in the order of ``texts``.

        Raises:
            KeyError: a text that was never added.
        """
        rows = []
        for text in texts:
            self._file.seek(self._places[text_key(text)] + _KEY_BYTES)
            rows.append(np.frombuffer(self._file.read(4 * self._dim), dtype="<f4"))
        if not rows:
            return np.empty((0, self._dim), dtype=np.float32)
        return np.stack(rows).astype(np.float32)

    def keep_only(self, texts: Iterable[str]) -> None:
        """Rewrite the file with these texts' vectors once more than half of it is other texts'."""
        wanted = {text_key(text) for text in texts} & self._places.keys()
        if len(self._places) <= 2 * len(wanted) + 256:
            return
        replacement = self.path.with_suffix(".compacting")
        with replacement.open("wb") as out:
            for key in sorted(wanted, key=self._places.__getitem__):
                self._file.seek(self._places[key])
                out.write(self._file.read(self._record_bytes))
            out.flush()
            os.fsync(out.fileno())
        replacement.replace(self.path)
        self._file.close()
        self._file = self.path.open("a+b")
        self._recover()

    def _recover(self) -> None:
        """Read the keys; stop at the first record that is torn or damaged and cut the file there."""
        self._places.clear()
        self._file.seek(0)
        good = 0
        while len(record := self._file.read(self._record_bytes)) == self._record_bytes:
            body, check = record[:-_CHECK_BYTES], record[-_CHECK_BYTES:]
            if zlib.crc32(body).to_bytes(_CHECK_BYTES, "little") != check:
                break
            self._places[body[:_KEY_BYTES]] = good
            good += self._record_bytes
        self._file.seek(0, os.SEEK_END)
        if self._file.tell() != good:
            self._file.truncate(good)
