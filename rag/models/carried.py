"""The carried models in the cache: fetched, made ready for use, listed, verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag.models.cache import (
    MANIFEST,
    Manifest,
    Progress,
    cache_dir,
    clear_leftovers,
    damaged_files,
    locked,
    make_folder,
    read_manifest,
    require_space,
)
from rag.models.catalogue import DEFAULT_MODELS, MODELS, Kind, Model, find_model
from rag.models.fetch import fetch_blob
from rag.models.transport import PipTransport, Transport

State = Literal["absent", "partial", "present", "verified", "damaged"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Where a known model stands.

    Attributes:
        state: ``absent``; ``partial`` (a download to be resumed); ``present`` (whole by its manifest and sizes);
            ``verified`` (every byte was read and has its sha256); ``damaged`` (one has not, or a file is gone).
        path: the encoder's folder or the LLM's file; ``None`` unless the model is there.
        size_bytes: on disk now.
        download_bytes: size of the data that the packages carry.
        source: the packages and their version.
    """

    name: str
    kind: Kind
    state: State
    path: Path | None
    size_bytes: int
    download_bytes: int
    source: str
    licence: str
    origin: str


def pull(
    names: Sequence[str] = (), progress: Progress | None = None, *, transport: Transport | None = None
) -> list[ModelStatus]:
    """Fetch models into the cache unless they are there, and verify every byte of each.

    Args:
        names: as in `list_models`; none means `DEFAULT_MODELS`. A damaged model is fetched anew.
        progress: called with the file's name, bytes done and bytes in all.
        transport: how wheels are brought; pip by default.

    Raises:
        UsageError: an unknown name; nothing is fetched then.
        ModelUnavailable, ChecksumMismatch: see `rag.models.fetch`.
    """
    models = [find_model(name) for name in names or DEFAULT_MODELS]
    statuses = []
    for model in dict.fromkeys(models):
        status = _status(model, verify=True)
        if status.state != "verified":
            # Without its manifest a damaged folder counts as absent.
            (_folder(model) / MANIFEST).unlink(missing_ok=True)
            ensure(model, progress, transport)
            status = _status(model, verify=True)
        statuses.append(status)
    return statuses


def list_models(verify: bool = False) -> list[ModelStatus]:
    """Every known model and where it stands; with ``verify`` every byte is read (seconds a gigabyte)."""
    return [_status(model, verify) for model in MODELS]


def ensure(model: Model, progress: Progress | None = None, transport: Transport | None = None) -> Path:
    """The model ready for use: an encoder's folder or an LLM's file. Fetched unless it is there.

    Safe to call from several processes: one fetches, the others wait and find it done.
    """
    folder = _folder(model)
    if read_manifest(folder) is None:
        with locked(model.name):
            if read_manifest(folder) is None:
                _make(model, folder, progress or _silent, transport or PipTransport())
    return folder if model.kind == "encoder" else folder / model.blob.file


def present(model: Model) -> Path | None:
    """What `ensure` would give, if it needs no fetching; else ``None``."""
    folder = _folder(model)
    if read_manifest(folder) is None:
        return None
    return folder if model.kind == "encoder" else folder / model.blob.file


def _make(model: Model, folder: Path, progress: Progress, transport: Transport) -> None:
    downloads = cache_dir() / "downloads"
    clear_leftovers(downloads, model.blob.file)
    clear_leftovers(folder.parent, model.name)
    if model.kind == "encoder":
        require_space(downloads, model.blob.size + model.made_size)
    blob = fetch_blob(model.blob, downloads, transport, progress)

    def fill(scratch: Path) -> None:
        if model.kind == "llm":
            _link_or_move(blob, scratch / model.blob.file)
            return
        # Imported here: listing models needs neither numpy nor tokenizers.
        from rag.models.e5_carried import read_carried  # noqa: PLC0415
        from rag.models.e5_folder import write_folder  # noqa: PLC0415

        write_folder(read_carried(blob), scratch)

    make_folder(folder, model.name, model.revision, model.carried_by, fill)
    blob.unlink(missing_ok=True)


def _link_or_move(file: Path, target: Path) -> None:
    """A second name for a gigabyte, so that a process killed now has not lost it; a move where links are unknown."""
    try:
        target.hardlink_to(file)
    except OSError:
        file.rename(target)


def _folder(model: Model) -> Path:
    return cache_dir() / "models" / model.name


def _status(model: Model, verify: bool) -> ModelStatus:
    folder = _folder(model)
    manifest = read_manifest(folder)
    state = _state(model, folder, manifest, verify)
    path = None
    if manifest is not None:
        path = folder if model.kind == "encoder" else folder / model.blob.file
    return ModelStatus(
        name=model.name,
        kind=model.kind,
        state=state,
        path=path,
        size_bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        download_bytes=model.blob.size,
        source=model.carried_by,
        licence=model.licence,
        origin=model.origin,
    )


def _state(model: Model, folder: Path, manifest: Manifest | None, verify: bool) -> State:
    if manifest is None:
        if folder.exists():
            return "damaged"
        partial = cache_dir() / "downloads" / f"{model.blob.file}.partial"
        return "partial" if partial.exists() else "absent"
    if not verify:
        return "present"
    return "damaged" if damaged_files(folder, manifest) else "verified"


def _silent(label: str, done: int, total: int | None) -> None:
    """A progress that nobody watches."""
