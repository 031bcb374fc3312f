"""An index folder on disk: generations, the name of the live one, the manifest, the lock.

A generation is complete and on the disk before CURRENT names it, so a killed build leaves the old one live.
Nothing here knows what a generation contains beyond its manifest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from corpus.errors import StoreError
from rag.errors import IndexBusy, IndexDamaged, IndexForeign, IndexMissing, UsageError
from rag.records import EncoderIdentity

FORMAT_VERSION = 2
CORRECTIONS = "corrections.jsonl"
_GENERATION = re.compile(r"gen-(\d{6,})")
# The generation before the live one stays, for readers that opened it a moment ago.
_KEPT = 2


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of a generation, by its path below the generation's folder."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is: its format, its encoder, how it was segmented, and every file with its checksum."""

    format_version: int
    generation: str
    encoder: EncoderIdentity
    segmenter: dict[str, Any]
    lexical: dict[str, Any]
    n_lectures: int
    n_segments: int
    languages: tuple[str, ...]
    created_at: str
    monitoria_version: str
    files: tuple[FileRecord, ...]


def rebuild_command(index: Path) -> str:
    """The command that makes an index anew; people's corrections are no part of what it removes."""
    quoted = shlex.quote(str(index))
    removed = f"find {quoted} -mindepth 1 -not -name {CORRECTIONS} -delete"
    return (
        f"{removed if (index / CORRECTIONS).exists() else f'rm -r {quoted}'} && monitoria index SOURCE --index {quoted}"
    )


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def current_generation(index: Path) -> str | None:
    """The live generation's name, or ``None`` where nothing was ever finished.

    Raises:
        IndexDamaged: CURRENT holds something else than a generation's name.
        UsageError: the path is no index and no place for one; nothing is said of removing it.
    """
    try:
        name = (index / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise _no_index_folder(index) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(index, f"CURRENT: {error}") from error
    if not _GENERATION.fullmatch(name):
        if not any(_GENERATION.fullmatch(path.name) for path in index.iterdir()):
            raise _no_index_folder(index)
        raise _damaged(index, f"CURRENT = {name[:40]!r}")
    return name


def read_manifest(index: Path, generation: str | None = None) -> tuple[Path, Manifest]:
    """The live generation's folder and manifest, with every file present at its size.

    Raises:
        IndexMissing: there is no index in the folder.
        IndexForeign: another format version.
        IndexDamaged: the manifest or a file is missing or not what it should be.
    """
    name = generation or current_generation(index)
    if name is None:
        quoted = shlex.quote(str(index))
        raise IndexMissing(
            pt=f"não há índice em {index}; crie um com: monitoria index FONTE --index {quoted}",
            en=f"there is no index in {index}; make one with: monitoria index SOURCE --index {quoted}",
        )
    folder = index / name
    try:
        manifest = _parse(json.loads((folder / "manifest.json").read_text(encoding="utf-8")), index)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(index, f"{name}/manifest.json: {type(error).__name__}") from error
    for record in manifest.files:
        path = folder / record.path
        if not path.is_file() or path.stat().st_size != record.size_bytes:
            raise _damaged(index, f"{name}/{record.path}")
    return folder, manifest


def verify(index: Path) -> Manifest:
    """Check every byte of the live generation against its manifest.

    Raises:
        IndexDamaged: naming the first file that is not what the manifest says, or that it does not know.
    """
    folder, manifest = read_manifest(index)
    for record in manifest.files:
        if file_sha256(folder / record.path) != record.sha256:
            raise _damaged(index, f"{manifest.generation}/{record.path}")
    known = {record.path for record in manifest.files} | {"manifest.json"}
    strangers = sorted({p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - known)
    if strangers:
        raise _damaged(index, f"{manifest.generation}/{strangers[0]}")
    return manifest


@contextlib.contextmanager
def build_lock(index: Path, *, wait_s: float, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the folder for one build; the operating system frees it when the process dies.

    Raises:
        IndexBusy: another build still holds it after ``wait_s`` seconds.
        UsageError: the folder cannot be made or written.
    """
    try:
        index.mkdir(parents=True, exist_ok=True)
        lock = FileLock(index / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait is not None:
                on_wait()
            lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise IndexBusy(
            pt=f"outra indexação ainda usa {index} depois de {wait_s:.0f} s; tente de novo quando ela terminar",
            en=f"another build still holds {index} after {wait_s:.0f} s; try again when it has finished",
        ) from error
    except OSError as error:
        raise UsageError(
            pt=f"não dá para escrever em {index} ({error.strerror}); escolha outra pasta com --index",
            en=f"{index} cannot be written ({error.strerror}); choose another folder with --index",
        ) from error
    try:
        yield
    except OSError as error:
        raise UsageError(
            pt=f"não dá para escrever o índice em {index} ({error}); libere espaço ou permissão, ou use outra pasta",
            en=f"the index in {index} cannot be written ({error}); make room, allow it, or choose another folder",
        ) from error
    finally:
        lock.release()


@contextlib.contextmanager
def reading(index: Path) -> Iterator[None]:
    """Turn a damaged table of segments or lectures into an `IndexDamaged` with the command that mends it."""
    try:
        yield
    except StoreError as error:
        raise IndexDamaged(
            pt=f"{error.pt}; reconstrua: {rebuild_command(index)}",
            en=f"{error.en}; rebuild it: {rebuild_command(index)}",
        ) from error


def new_generation(index: Path) -> Path:
    """An empty folder for the next generation; leftovers of killed builds are cleared away first."""
    live = current_generation(index)
    numbers = [0]
    for path in index.iterdir():
        match = _GENERATION.fullmatch(path.name)
        if match is None:
            continue
        number = int(match.group(1))
        if live is not None and number <= int(live.removeprefix("gen-")):
            numbers.append(number)
        else:
            shutil.rmtree(path)
    folder = index / f"gen-{max(numbers) + 1:06d}"
    folder.mkdir()
    return folder


def describe_files(folder: Path) -> tuple[FileRecord, ...]:
    """Every file below a generation's folder, forced to the disk, with its checksum; by path."""
    records = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        sync(path)
        relative = path.relative_to(folder).as_posix()
        records.append(FileRecord(relative, path.stat().st_size, file_sha256(path)))
    return tuple(records)


def publish(index: Path, folder: Path, manifest: Manifest) -> None:
    """Write the manifest, then let CURRENT name this generation, then drop generations nobody needs."""
    _write_synced(folder / "manifest.json", json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    for path in [p for p in folder.rglob("*") if p.is_dir()] + [folder]:
        sync(path)
    staged = index / "CURRENT.new"
    _write_synced(staged, folder.name + "\n")
    staged.replace(index / "CURRENT")
    sync(index)
    finished = [p for p in index.iterdir() if _GENERATION.fullmatch(p.name)]
    finished.sort(key=lambda p: int(p.name.removeprefix("gen-")))
    for old in finished[:-_KEPT]:
        shutil.rmtree(old)


def _no_index_folder(path: Path) -> UsageError:
    return UsageError(
        pt=f"{path} não é uma pasta de índice; escolha outra com --index",
        en=f"{path} is no index folder; choose another with --index",
    )


def _parse(data: dict[str, Any], index: Path) -> Manifest:
    version = data["format_version"]
    if version != FORMAT_VERSION:
        raise IndexForeign(
            pt=f"o índice {index} tem o formato {version}, e esta versão lê o {FORMAT_VERSION}; "
            f"reconstrua: {rebuild_command(index)}",
            en=f"the index {index} has format {version}, and this version reads {FORMAT_VERSION}; "
            f"rebuild it: {rebuild_command(index)}",
        )
    files = tuple(FileRecord(**record) for record in data.pop("files"))
    encoder = EncoderIdentity(**data.pop("encoder"))
    languages = tuple(data.pop("languages"))
    return Manifest(**data, files=files, encoder=encoder, languages=languages)


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def sync(path: Path) -> None:
    """Have a file, or what a folder lists, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(index: Path, fault: str) -> IndexDamaged:
    return IndexDamaged(
        pt=f"o índice {index} está danificado ({fault}); reconstrua: {rebuild_command(index)}",
        en=f"the index {index} is damaged ({fault}); rebuild it: {rebuild_command(index)}",
    )
