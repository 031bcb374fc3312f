"""Compressed token vectors already computed, by text, and the calibration that they share.

Like `rag.embedding_cache`, with records of differing length: key, number of tokens, ids, first characters, codes,
checksum. What a kill tears is cut off when the file is opened again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.embedding_cache import KEY_BYTES, TextRecords, cache_name, text_key
from rag.encoder import TokenVectors
from rag.records import EncoderIdentity
from rag.token_codes import Calibration, TokenCodes


class TokenCache(TextRecords):
    """Token codes by text."""

    _head_bytes = KEY_BYTES + 4

    def __init__(self, folder: Path, encoder: EncoderIdentity) -> None:
        name = cache_name(encoder).removesuffix(".vectors")
        self._calibration_path = folder / f"{name}.calibration.npz"
        self._held_folder = folder / f"{name}.held"
        self._width = encoder.dim // 4
        self.calibration = Calibration.load(self._calibration_path) if self._calibration_path.exists() else None
        path = folder / f"{name}.tokens"
        if self.calibration is None:
            # Codes without the calibration that made them mean nothing.
            path.unlink(missing_ok=True)
        super().__init__(path)

    def _body_bytes(self, head: bytes) -> int:
        return int.from_bytes(head[KEY_BYTES:], "little") * (8 + self._width)

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
        self._append(texts, map(_record, codes))

    def codes(self, texts: Sequence[str]) -> list[TokenCodes]:
        """The codes of texts, in their order.

        Raises:
            KeyError: a text that was never added.
        """
        return [self._read(self._places[text_key(text)]) for text in texts]

    def _read(self, place: int) -> TokenCodes:
        self._file.seek(place + KEY_BYTES)
        n_tokens = int.from_bytes(self._file.read(4), "little")
        token_ids = np.frombuffer(self._file.read(4 * n_tokens), dtype="<i4").astype(np.int32)
        starts = np.frombuffer(self._file.read(4 * n_tokens), dtype="<i4").astype(np.int32)
        codes = np.frombuffer(self._file.read(self._width * n_tokens), dtype=np.uint8)
        return TokenCodes(token_ids, starts, codes.reshape(n_tokens, self._width))


def _record(tokens: TokenCodes) -> bytes:
    arrays = (tokens.token_ids.astype("<i4"), tokens.starts.astype("<i4"), tokens.codes)
    return len(tokens.token_ids).to_bytes(4, "little") + b"".join(array.tobytes() for array in arrays)
