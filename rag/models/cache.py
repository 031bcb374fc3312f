"""The cache of weights: where it lies, folders that are whole or absent, and the manifest that says so.

A folder counts only when its ``manifest.json`` lists every file with size and sha256; it is made beside its
place and renamed into it, so a killed process leaves nothing that looks whole.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from rag.errors import ModelUnavailable

Progress = Callable[[str, int, int | None], None]
"""``progress(label, done, total)``: bytes while fetching, texts while encoding; ``None``: total unknown."""

MANIFEST = "manifest.json"
_FORMAT = 1
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a folder."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a whole folder holds; ``files`` is keyed by path relative to the folder, with forward slashes."""

    name: str
    revision: str
    source: str
    files: Mapping[str, FileEntry]


def cache_dir() -> Path:
    """The cache folder: ``MONITORIA_CACHE``, else ``monitoria`` in the user's cache folder. Not created here."""
    if chosen := os.environ.get("MONITORIA_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        return base / "monitoria" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "monitoria"
    # The XDG specification says that a relative path is to be ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME") or "")
    return (base if base.is_absolute() else Path.home() / ".cache") / "monitoria"


def sha256_file(path: Path, start: int = 0, size: int | None = None) -> str:
    """The sha256, in hex, of ``size`` bytes from ``start``; of all to the end without ``size``."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(start)
        left = size
        while chunk := file.read(_CHUNK if left is None else min(_CHUNK, left)):
            digest.update(chunk)
            left = None if left is None else left - len(chunk)
    return digest.hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a whole folder; ``None`` where there is none, or a file is missing or has another size.

    Bytes are not read: `damaged_files` does that.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if content.pop("format") != _FORMAT:
            return None
        files = {name: FileEntry(**entry) for name, entry in content.pop("files").items()}
        manifest = Manifest(files=files, **content)
        sizes = {name: (folder / name).stat().st_size for name in files}
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, AttributeError):
        return None  # a folder without a readable manifest is not whole, and is made anew
    return manifest if all(sizes[name] == entry.size for name, entry in files.items()) else None


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """Names of the files whose bytes are not those of the manifest."""
    return [name for name, entry in manifest.files.items() if sha256_file(folder / name) != entry.sha256]


def make_folder(target: Path, name: str, revision: str, source: str, fill: Callable[[Path], None]) -> Manifest:
    """Make ``target`` whole: ``fill`` writes into an empty folder beside it, which then takes its place.

    The caller holds the lock. What lay at ``target`` before is replaced.

    Raises:
        ModelUnavailable: the disk is full or not writable.
        Exception: whatever ``fill`` raises; ``target`` is then as it was.
    """
    with disk_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".making", dir=target.parent))
        try:
            fill(scratch)
            files = {}
            for path in sorted(scratch.rglob("*")):
                if path.is_file():
                    _flush(path)
                    relative = path.relative_to(scratch).as_posix()
                    files[relative] = FileEntry(path.stat().st_size, sha256_file(path))
            manifest = Manifest(name, revision, source, files)
            write_whole(scratch / MANIFEST, json.dumps({"format": _FORMAT, **asdict(manifest)}, indent=2) + "\n")
            scratch.chmod(0o755)  # mkdtemp makes it private; a cache may be shared
            shutil.rmtree(target, ignore_errors=True)
            scratch.replace(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return manifest


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".writing", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)  # mkstemp makes it private; a cache may be shared
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the cache's lock of that name; another process that wants the same waits here."""
    folder = cache_dir() / "locks"
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{name}.lock")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def clear_leftovers(folder: Path, name: str) -> None:
    """Remove what a killed process left of making ``name`` in ``folder``. The caller holds the lock."""
    for path in folder.glob(f".{name}.*"):
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def disk_errors(folder: Path, needed: int | None = None) -> Iterator[None]:
    """Turn a full or forbidden disk into a sentence; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(folder, needed) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise ModelUnavailable(
                pt=f"não é possível escrever em {folder} ({error.strerror}); "
                "dê permissão ou escolha outra pasta em MONITORIA_CACHE",
                en=f"cannot write in {folder} ({error.strerror}); "
                "give permission or choose another folder in MONITORIA_CACHE",
            ) from error
        raise


def require_space(folder: Path, needed: int) -> None:
    """Raise `ModelUnavailable` unless ``folder``'s disk has ``needed`` bytes free."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if shutil.disk_usage(existing).free < needed:
        raise disk_full(folder, needed)


def disk_full(folder: Path, needed: int | None) -> ModelUnavailable:
    """The error of a full disk: bytes needed (where known) and free, and what to do."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    need_pt = f"são necessários {_megabytes(needed)} e há" if needed is not None else "há"
    need_en = f"{_megabytes(needed)} are needed and" if needed is not None else "only"
    return ModelUnavailable(
        pt=f"falta espaço no disco de {folder}: {need_pt} {_megabytes(free)} livres; "
        "libere espaço ou escolha outra pasta em MONITORIA_CACHE",
        en=f"the disk of {folder} is full: {need_en} {_megabytes(free)} are free; "
        "make room or choose another folder in MONITORIA_CACHE",
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
