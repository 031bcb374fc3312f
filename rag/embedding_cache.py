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

KEY_BYTES = 32
_CHECK_BYTES = 4


def cache_name(encoder: EncoderIdentity) -> str:
    """The file's name: vectors of other weights, another prefix or another precision never meet."""
    precision = "int8" if encoder.runtime == "onnx-int8" else "fp32"
    seed = f"{encoder.sha256}\0{encoder.dim}\0{encoder.passage_prefix}\0{precision}"
    return f"{hashlib.sha256(seed.encode()).hexdigest()[:16]}.vectors"


def text_key(text: str) -> bytes:
    """SHA-256 of a passage's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class TextRecords:
    """An append-only file of records by text: a head that begins with the text's key, a body, a checksum of both.

    What a kill tears is cut off when the file is opened again. Used by one process at a time (the build's lock
    sees to it). A subclass says how long a record's head is, and from the head how long its body.
    """

    _head_bytes = KEY_BYTES

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._places: dict[bytes, int] = {}
        self._file = path.open("a+b")
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

    def _body_bytes(self, head: bytes) -> int:
        raise NotImplementedError

    def _append(self, texts: Sequence[str], records: Iterable[bytes]) -> None:
        """Keep a record (what follows the key) of each text; on the disk when this returns."""
        self._file.seek(0, os.SEEK_END)
        for text, record in zip(texts, records, strict=True):
            key = text_key(text)
            self._places[key] = self._file.tell()
            self._file.write(key + record + _checksum(key + record))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _recover(self) -> None:
        """Read the keys; stop at the first record that is torn or damaged and cut the file there."""
        self._places.clear()
        self._file.seek(0)
        good = 0
        while len(head := self._file.read(self._head_bytes)) == self._head_bytes:
            n_bytes = self._body_bytes(head)
            rest = self._file.read(n_bytes + _CHECK_BYTES)
            if len(rest) != n_bytes + _CHECK_BYTES or _checksum(head + rest[:n_bytes]) != rest[n_bytes:]:
                break
            self._places[head[:KEY_BYTES]] = good
            good += len(head) + len(rest)
        self._file.seek(0, os.SEEK_END)
        if self._file.tell() != good:
            self._file.truncate(good)


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECK_BYTES, "little")


class EmbeddingCache(TextRecords):
    """Vectors by text."""

    def __init__(self, folder: Path, encoder: EncoderIdentity) -> None:
        self._dim = encoder.dim
        self._record_bytes = KEY_BYTES + 4 * encoder.dim + _CHECK_BYTES
        super().__init__(folder / cache_name(encoder))

    def _body_bytes(self, head: bytes) -> int:
        return 4 * self._dim

    def add(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep ``vectors``, ``(len(texts), dim) float32``; on the disk when this returns."""
        self._append(texts, (np.ascontiguousarray(vector, dtype="<f4").tobytes() for vector in vectors))

    def vectors(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """``(n, dim) float32`` in the order of ``texts``.

        Raises:
            KeyError: a text that was never added.
        """
        rows = []
        for text in texts:
            self._file.seek(self._places[text_key(text)] + KEY_BYTES)
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
