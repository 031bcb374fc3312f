"""Compressed token vectors already computed, by text, and the calibration that they share.

Like `rag.embedding_cache`, with records of differing length: key, number of tokens, ids, first characters, codes,
checksum. What a kill tears is cut off when the file is opened again.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from rag.embedding_cache import cache_name, text_key
from rag.encoder import TokenVectors
from rag.late import Calibration, TokenCodes
from rag.records import EncoderIdentity

_KEY_BYTES = 32
_HEAD_BYTES = _KEY_BYTES + 4
_CHECK_BYTES = 4


class TokenCache:
    """Token codes by text. Used by one process at a time (the build's lock sees to it)."""

    def __init__(self, folder: Path, encoder: EncoderIdentity) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = cache_name(encoder).removesuffix(".vectors")
        self._calibration_path = folder / f"{name}.calibration.npz"
        self._held_folder = folder / f"{name}.held"
        self._width = encoder.dim // 4
        self._places: dict[bytes, int] = {}
        self.path = folder / f"{name}.tokens"
        self.calibration = Calibration.load(self._calibration_path) if self._calibration_path.exists() else None
        self._file = self.path.open("a+b")
        if self.calibration is None:
            # Codes without the calibration that made them mean nothing.
            self._file.truncate(0)
        self._recover()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __contains__(self, text: str) -> bool:
        return text_key(text) in self._places

    def calibrate(self, calibration: Calibration) -> None:
        """Keep the calibration that all codes to come are made with; whole or not at all."""
        staged = self._calibration_path.with_name("calibrating.npz")
        calibration.save(staged)
        staged.replace(self._calibration_path)
        self.calibration = calibration

    def hold(self, texts: Sequence[str], tokens: Sequence[TokenVectors]) -> None:
        """Keep vectors as they are until there is a calibration; on the disk, whole, when this returns."""
        staged = self._held_folder / "holding.tmp"
        self._held_folder.mkdir(exist_ok=True)
        for text, found in zip(texts, tokens, strict=True):
            with staged.open("wb") as stream:
                np.savez(stream, token_ids=found.token_ids, spans=found.spans, vectors=found.vectors)
                stream.flush()
                os.fsync(stream.fileno())
            staged.replace(self._held_folder / f"{text_key(text).hex()}.npz")

    def held(self, text: str) -> TokenVectors | None:
        """What `hold` kept of a text, if anything."""
        path = self._held_folder / f"{text_key(text).hex()}.npz"
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as arrays:
            return TokenVectors(arrays["token_ids"], arrays["spans"], arrays["vectors"])

    def release(self) -> None:
        """Drop what was held; their codes are kept now."""
        shutil.rmtree(self._held_folder, ignore_errors=True)

    def add(self, texts: Sequence[str], codes: Sequence[TokenCodes]) -> None:
        """Keep the codes of texts; on the disk when this returns."""
        self._file.seek(0, os.SEEK_END)
        for text, tokens in zip(texts, codes, strict=True):
            n_tokens = len(tokens.token_ids)
            body = text_key(text) + n_tokens.to_bytes(4, "little") + tokens.token_ids.astype("<i4").tobytes()
            body += tokens.starts.astype("<i4").tobytes() + tokens.codes.tobytes()
            self._places[text_key(text)] = self._file.tell()
            self._file.write(body + zlib.crc32(body).to_bytes(_CHECK_BYTES, "little"))
        self._file.flush()
        os.fsync(self._file.fileno())

    def codes(self, texts: Sequence[str]) -> list[TokenCodes]:
        """The codes of texts, in their order.

        Raises:
            KeyError: a text that was never added.
        """
        return [self._read(self._places[text_key(text)]) for text in texts]

    def _read(self, place: int) -> TokenCodes:
        self._file.seek(place + _KEY_BYTES)
        n_tokens = int.from_bytes(self._file.read(4), "little")
        token_ids = np.frombuffer(self._file.read(4 * n_tokens), dtype="<i4").astype(np.int32)
        starts = np.frombuffer(self._file.read(4 * n_tokens), dtype="<i4").astype(np.int32)
        codes = np.frombuffer(self._file.read(self._width * n_tokens), dtype=np.uint8)
        return TokenCodes(token_ids, starts, codes.reshape(n_tokens, self._width))

    def _recover(self) -> None:
        """Read the keys; stop at the first record that is torn or damaged and cut the file there."""
        self._places.clear()
        self._file.seek(0)
        good = 0
        while len(head := self._file.read(_HEAD_BYTES)) == _HEAD_BYTES:
            length = int.from_bytes(head[_KEY_BYTES:], "little") * (8 + self._width)
            rest = self._file.read(length + _CHECK_BYTES)
            if len(rest) != length + _CHECK_BYTES:
                break
            if zlib.crc32(head + rest[:-_CHECK_BYTES]).to_bytes(_CHECK_BYTES, "little") != rest[-_CHECK_BYTES:]:
                break
            self._places[head[:_KEY_BYTES]] = good
            good += _HEAD_BYTES + len(rest)
        self._file.seek(0, os.SEEK_END)
        if self._file.tell() != good:
            self._file.truncate(good)
