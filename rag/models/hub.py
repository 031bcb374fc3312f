"""The Hugging Face Hub and its local cache. Only the files that are used, only safetensors, only with a short wait."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

from rag.errors import ModelUnavailable

PROBE_TIMEOUT_S = 3.0
ENCODER_FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentencepiece.bpe.model",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
    "2_Normalize/config.json",
)
NEEDED_FILES = ("config.json", "model.safetensors", "tokenizer.json")


def cached_encoder(repository: str, revision: str = "main") -> Path | None:
    """The snapshot of the Hub's local cache that has every needed file, else ``None``."""
    weights = cached_file(repository, "model.safetensors", revision)
    if weights is None or not all((weights.parent / name).exists() for name in NEEDED_FILES):
        return None
    return weights.parent


def cached_file(repository: str, name: str, revision: str = "main") -> Path | None:
    """One file of the Hub's local cache, else ``None``; nothing is asked of the network."""
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 (slow to import, often not needed)

    found = try_to_load_from_cache(repository, name, revision=revision)
    return Path(found) if isinstance(found, str) else None


def fetch_encoder(repository: str, revision: str = "main") -> Path:
    """Fetch the encoder's files into the Hub's local cache and give the snapshot's folder.

    Raises:
        ModelUnavailable: the Hub has not all of them, or broke off.
    """
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    try:
        folder = snapshot_download(repository, revision=revision, allow_patterns=list(ENCODER_FILES))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise _broken(repository, error) from error
    if cached_encoder(repository, revision) is None:
        raise _broken(repository, FileNotFoundError(", ".join(NEEDED_FILES)))
    return Path(folder)


def fetch_file(repository: str, name: str, revision: str) -> Path:
    """Fetch one file into the Hub's local cache.

    Raises:
        ModelUnavailable: the Hub does not have it, or broke off.
    """
    from huggingface_hub import hf_hub_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    try:
        return Path(hf_hub_download(repository, name, revision=revision))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise _broken(repository, error) from error


@cache
def unreachable(repository: str) -> str | None:
    """Why the Hub cannot be asked for that repository, in a few words; ``None`` where it answers.

    Asked once in a process. The wait is bounded also where a name look-up hangs, which no HTTP timeout covers.
    """
    from huggingface_hub import HfApi, constants  # noqa: PLC0415

    if constants.is_offline_mode():
        return "HF_HUB_OFFLINE=1"
    outcome: list[str | None] = []

    def probe() -> None:
        try:
            HfApi().model_info(repository, timeout=PROBE_TIMEOUT_S)
            outcome.append(None)
        except Exception as error:  # noqa: BLE001 (whatever stops the Hub is a reason to go on without it)
            outcome.append(type(error).__name__)

    thread = threading.Thread(target=probe, daemon=True, name="hub-probe")
    thread.start()
    thread.join(PROBE_TIMEOUT_S)
    return outcome[0] if outcome else f"timeout {PROBE_TIMEOUT_S:g} s"


def _broken(repository: str, error: Exception) -> ModelUnavailable:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ModelUnavailable(
        pt=f"o Hugging Face Hub não entregou {repository} ({reason}); tente de novo, use uma pasta local "
        "ou, onde houver, a cópia dos pacotes (source = carried)",
        en=f"the Hugging Face Hub did not deliver {repository} ({reason}); try again, use a local folder "
        "or, where there is one, the copy in packages (source = carried)",
    )
