"""Which copy of a model is used: a local folder, the Hub's cache, the Hub, or the one that packages carry.

The order is that of the sentence above. Nothing is loaded here: the answer is a folder or a file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from rag.errors import ChecksumMismatch, ModelUnavailable, SettingsError, UsageError
from rag.models import hub
from rag.models.cache import MANIFEST, Progress, cache_dir, read_manifest, sha256_file, write_whole
from rag.models.carried import ensure, present
from rag.models.catalogue import HUB_ENCODERS, MODELS, Model, find_model
from rag.models.transport import Transport

Source = Literal["auto", "local", "hub", "carried"]
_GGUF_MAGIC = b"GGUF"


@dataclass(frozen=True, slots=True)
class ResolvedEncoder:
    """A folder that sentence-transformers can load, and what to write into an index about it.

    Attributes:
        name: the Hub's name of the model.
        revision: the Hub commit, the carried copy's package and file, or ``local``.
        sha256: of ``model.safetensors``.
        source: ``local``, ``hub-cache``, ``hub`` or ``carried``.
    """

    folder: Path
    name: str
    revision: str
    sha256: str
    source: str


def resolve_encoder(
    name: str = "intfloat/multilingual-e5-small",
    source: Source = "auto",
    folder: Path | None = None,
    progress: Progress | None = None,
    transport: Transport | None = None,
) -> ResolvedEncoder:
    """The encoder's weights from the first source that has them.

    Args:
        name: a Hub name of the E5 family, or a carried model's (``e5-small``, ``e5-small-multilingual``).
        source: ``auto`` tries all four in order; the others only theirs (``hub``: its cache, then itself).
        folder: a local folder; used by ``auto`` and ``local``, and then nothing else is tried.
        progress: see `rag.models.cache.Progress`.
        transport: how wheels are brought; pip by default.

    Raises:
        SettingsError: an impossible source, or ``local`` without a folder.
        UsageError: an unknown name.
        ModelUnavailable: no source has it; the message says what each lacked.
    """
    _check_source(source, folder)
    if folder is not None and source in ("auto", "local"):
        return _local(name, folder)
    repository, carried = _known(name)
    missed: str | None = None
    if source in ("auto", "hub"):
        if (cached := hub.cached_encoder(repository)) is not None:
            return _described(cached, repository, cached.name, "hub-cache")
        missed = hub.unreachable(repository)
        if missed is None:
            fetched = hub.fetch_encoder(repository)
            return _described(fetched, repository, fetched.name, "hub")
    if source == "hub" or carried is None:
        raise _nowhere(repository, missed, carried)
    made = ensure(carried, progress, transport)
    manifest = read_manifest(made)
    if manifest is None:
        raise _vanished(made)
    weights = manifest.files["model.safetensors"].sha256
    return ResolvedEncoder(made, repository, carried.revision, weights, "carried")


def resolve_llm(
    name: str = "qwen2.5-coder-1.5b",
    *,
    source: Source = "auto",
    file: Path | None = None,
    progress: Progress | None = None,
    transport: Transport | None = None,
) -> Path:
    """The embedded LLM's GGUF file: the named one, our own cache's, the Hub cache's, the Hub's, the carried one.

    Whatever gives it, it is byte for byte the same file, except a ``file`` of your own, which is only looked at
    for being GGUF.

    Raises:
        SettingsError: an impossible source, or ``local`` without a file.
        UsageError: an unknown name.
        ModelUnavailable: no source has it.
    """
    _check_source(source, file)
    if file is not None and source in ("auto", "local"):
        return _local_gguf(file)
    model = find_model(name, "llm")
    if source in ("auto", "carried") and (ready := present(model)) is not None:
        return ready
    missed: str | None = None
    if source in ("auto", "hub") and model.on_hub:
        cached = hub.cached_file(model.origin, model.blob.file, model.revision)
        if cached is not None:
            return _checked(cached, model)
        missed = hub.unreachable(model.origin)
        if missed is None:
            return _checked(hub.fetch_file(model.origin, model.blob.file, model.revision), model)
    if source == "hub":
        raise _nowhere(model.origin, missed, model)
    return ensure(model, progress, transport)


def _check_source(source: str, path: Path | None) -> None:
    if source not in get_args(Source):
        known = ", ".join(get_args(Source))
        raise SettingsError(
            pt=f"source = {source!r} não existe; escolha um destes: {known}",
            en=f"source = {source!r} does not exist; choose one of: {known}",
        )
    if source == "local" and path is None:
        raise SettingsError(
            pt="source = 'local' pede também o caminho do modelo (folder ou file) nas configurações",
            en="source = 'local' also needs the model's path (folder or file) in the settings",
        )


def _known(name: str) -> tuple[str, Model | None]:
    """The Hub repository of an encoder's name, and the carried model that stands in for it."""
    if name in HUB_ENCODERS:
        carried = HUB_ENCODERS[name]
        return name, None if carried is None else find_model(carried, "encoder")
    for model in MODELS:
        if model.kind == "encoder" and model.name == name:
            return model.origin, model
    known = ", ".join([*HUB_ENCODERS, *(model.name for model in MODELS if model.kind == "encoder")])
    raise UsageError(
        pt=f"codificador desconhecido: {name!r}; os conhecidos são: {known} (ou indique uma pasta local)",
        en=f"unknown encoder: {name!r}; known are: {known} (or name a local folder)",
    )


def _local(name: str, folder: Path) -> ResolvedEncoder:
    missing = [needed for needed in hub.NEEDED_FILES if not (folder / needed).is_file()]
    if missing:
        raise ModelUnavailable(
            pt=f"a pasta {folder} não tem um codificador completo: falta {', '.join(missing)} "
            "(só se leem pesos em safetensors); corrija o caminho nas configurações",
            en=f"the folder {folder} does not hold a whole encoder: {', '.join(missing)} missing "
            "(weights are read as safetensors only); correct the path in the settings",
        )
    _check_mean_pooling(folder)
    return _described(folder.resolve(), name, "local", "local")


def _check_mean_pooling(folder: Path) -> None:
    """E5 is mean-pooled; a folder that says otherwise is another kind of model. No word of it counts as mean."""
    path = folder / "1_Pooling" / "config.json"
    try:
        pooling = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise ModelUnavailable(
            pt=f"{path} não é JSON ({error}); copie a pasta do modelo de novo",
            en=f"{path} is not JSON ({error}); copy the model's folder again",
        ) from error
    if pooling.get("pooling_mode_mean_tokens", True) and pooling.get("pooling_mode", "mean") == "mean":
        return
    raise ModelUnavailable(
        pt=f"a pasta {folder} tem um modelo que não usa a média dos tokens, e E5 usa; indique um modelo E5",
        en=f"the folder {folder} holds a model that does not average its tokens, as E5 does; name an E5 model",
    )


def _described(folder: Path, name: str, revision: str, source: str) -> ResolvedEncoder:
    return ResolvedEncoder(folder, name, revision, _remembered_sha256(folder / "model.safetensors"), source)


def _remembered_sha256(path: Path) -> str:
    """The file's sha256, read from the cache's notes while its size and time are the same.

    Half a gigabyte takes a second to read, and an encoder is opened by every command.
    """
    notes = cache_dir() / "sha256.json"
    seen = path.resolve()
    stat = seen.stat()
    key = f"{seen}|{stat.st_size}|{stat.st_mtime_ns}"
    known = _read_notes(notes)
    if key not in known:
        known[key] = sha256_file(seen)
        _try(lambda: write_whole(notes, json.dumps(known, indent=1)))
    return known[key]


def _read_notes(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # only a note: without it the file is read again
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}


def _try(write: Callable[[], None]) -> None:
    try:
        write()
    except OSError:
        return  # a cache that cannot be written costs the next start a second, and nothing else


def _local_gguf(file: Path) -> Path:
    try:
        with file.open("rb") as content:
            magic = content.read(len(_GGUF_MAGIC))
    except OSError as error:
        raise ModelUnavailable(
            pt=f"não foi possível abrir {file} ({error.strerror}); corrija o caminho nas configurações",
            en=f"could not open {file} ({error.strerror}); correct the path in the settings",
        ) from error
    if magic != _GGUF_MAGIC:
        raise ModelUnavailable(
            pt=f"{file} não é um arquivo GGUF (começa com {magic!r}); indique o arquivo .gguf do modelo",
            en=f"{file} is not a GGUF file (it starts with {magic!r}); name the model's .gguf file",
        )
    return file


def _checked(file: Path, model: Model) -> Path:
    if (found := _remembered_sha256(file)) == model.blob.sha256:
        return file
    raise ChecksumMismatch(
        pt=f"{file}: o sha256 esperado é {model.blob.sha256} e o do arquivo é {found}; apague-o e tente de novo",
        en=f"{file}: sha256 {model.blob.sha256} was expected and the file has {found}; delete it and try again",
    )


def _nowhere(repository: str, missed: str | None, carried: Model | None) -> ModelUnavailable:
    reason = missed or "-"
    if carried is not None:
        pt_next, en_next = "use source = carried", "use source = carried"
    else:
        small = "intfloat/multilingual-e5-small"
        pt_next = f"este modelo não vem em pacotes; use {small}"
        en_next = f"no package carries this model; use {small}"
    return ModelUnavailable(
        pt=f"{repository} não está no cache do Hugging Face Hub e o Hub não responde ({reason}); "
        f"{pt_next}, ou indique nas configurações uma pasta local com o modelo",
        en=f"{repository} is not in the Hugging Face Hub's cache and the Hub does not answer ({reason}); "
        f"{en_next}, or name a local folder with the model in the settings",
    )


def _vanished(folder: Path) -> ModelUnavailable:
    return ModelUnavailable(
        pt=f"{folder / MANIFEST} sumiu enquanto era lido; rode: monitoria models pull",
        en=f"{folder / MANIFEST} went away while it was read; run: monitoria models pull",
    )
