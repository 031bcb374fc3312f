"""A cross-encoder as a reranker: question and passage are read together, and one number says how well they fit.

Kept library: sentence-transformers' `CrossEncoder` reads the folder. Weights are safetensors, nothing is unpickled
and no code of a model's repository is run; where the weights are looked for is as in `rag.models`, save that no
package carries one.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.encoder_torch import quietly
from rag.errors import MissingExtra, ModelUnavailable, SettingsError
from rag.models import hub

_TOKEN_BUDGET = 4096  # tokens of one forward pass, padding counted
# As the Hub has it: organisation and name, neither with punctuation at an end.
_HUB_NAME = re.compile(r"(?!.*(?:--|\.\.|\.git$))\b[\w.-]{1,96}\b/\b[\w.-]{1,96}\b", re.ASCII)


class CrossEncoderReranker:
    """See `rag.rerank.Reranker`; scores are the model's logits. Safe to use from several threads.

    Args:
        folder: the model's, checked here.
        name: for records.
        max_tokens: what the model reads of question and passage together, special tokens included; the end of
            the passage is left out. Never more than the model can.
        max_passages: how many passages a question are read.

    Raises:
        ModelUnavailable: the folder holds no cross-encoder, or not a whole one.
    """

    passage_tokens: int | None = None

    def __init__(self, folder: Path, name: str, *, max_tokens: int = 512, max_passages: int = 20) -> None:
        _check_folder(folder)
        self.name = name
        self.max_passages = max_passages
        self._folder = folder
        self._model = _load(folder)
        self._limit = min(max_tokens, _positions(self._model))
        self._lock = threading.Lock()  # a tokenizer that is told where to cut cannot be told twice at once

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """See `rag.rerank.Reranker`."""
        read = [_whole(passage) for passage in passages[: self.max_passages]]
        found = np.empty(len(read), dtype=np.float32)
        with self._lock:
            pairs = [(self._shortened(_whole(question)), passage) for passage in read]
            for batch in batches(self._lengths(pairs), _TOKEN_BUDGET):
                found[batch] = self._forward([pairs[place] for place in batch])
        if not np.isfinite(found).all():
            raise _damaged(self._folder, "os pontos não são números", "its scores are not numbers")
        return lowest_for_the_rest(found, len(passages))

    def _cutting(self) -> dict[str, Any]:
        return {"truncation": "only_second", "max_length": self._limit}

    def _lengths(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        if not pairs:
            return []
        tokenizer = self._model.tokenizer
        encoded = tokenizer([pair[0] for pair in pairs], [pair[1] for pair in pairs], **self._cutting())
        return [len(ids) for ids in encoded["input_ids"]]

    def _shortened(self, question: str) -> str:
        """The question, at most half of what the model reads: without a passage there is nothing to score."""
        encoded = self._model.tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)
        ends = [end for _, end in encoded["offset_mapping"]]
        return question if len(ends) <= self._limit // 2 else question[: ends[self._limit // 2 - 1]]

    def _forward(self, pairs: list[tuple[str, str]]) -> NDArray[np.float32]:
        scores = self._model.predict(
            pairs,
            batch_size=len(pairs),
            show_progress_bar=False,
            processing_kwargs={"text": self._cutting()},
        )
        return np.asarray(scores, dtype=np.float32)


def open_cross_encoder(
    model: str, folder: Path | None = None, *, max_tokens: int = 512, max_passages: int = 20
) -> CrossEncoderReranker:
    """The cross-encoder of a local folder, of the Hub's local cache, or of the Hub, in this order.

    Args:
        model: a Hub name such as ``BAAI/bge-reranker-v2-m3``, or a local folder.
        folder: a local folder; then nothing else is tried, and ``model`` is only its name.
        max_tokens: see `CrossEncoderReranker`.
        max_passages: see `CrossEncoderReranker`.

    Raises:
        SettingsError: ``model`` is neither a folder nor the Hub's way to name one.
        ModelUnavailable: it is nowhere, or is no cross-encoder.
    """
    return CrossEncoderReranker(_place(model, folder), model, max_tokens=max_tokens, max_passages=max_passages)


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Positions of ``lengths`` (tokens) in groups that stay within ``budget`` when padded to their longest.

    Like lengths are together, so little is padded; a text longer than the budget is alone.

    >>> batches([5, 2, 9, 2], budget=10)
    [[1, 3], [0], [2]]
    """
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: (lengths[place], place)):
        if groups and lengths[place] * (len(groups[-1]) + 1) <= budget:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def lowest_for_the_rest(scores: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """``scores`` filled up to ``count`` with the lowest of them: what was not read is no better than what was.

    >>> lowest_for_the_rest(np.array([2, 1], dtype=np.float32), 4).tolist()
    [2.0, 1.0, 1.0, 1.0]
    """
    lowest = scores.min() if len(scores) else np.float32(0)
    return np.concatenate([scores, np.full(count - len(scores), lowest, dtype=np.float32)])


def _whole(text: str) -> str:
    """The text without lone surrogates, which no encoding of Unicode can carry."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _place(model: str, folder: Path | None) -> Path:
    local = (folder or Path(model)).expanduser()
    if folder is not None or local.is_dir():
        return local
    if _HUB_NAME.fullmatch(model) is None:
        raise SettingsError(
            pt=f"rerank.model = {model!r} não é none, nem llm, nem uma pasta daqui, nem um nome do Hugging Face Hub; "
            "escreva um como BAAI/bge-reranker-v2-m3",
            en=f"rerank.model = {model!r} is not none, nor llm, nor a folder here, nor a name of the Hugging Face Hub; "
            "write one such as BAAI/bge-reranker-v2-m3",
        )
    if (cached := hub.cached_encoder(model)) is not None:
        return cached
    if (missed := hub.unreachable(model)) is None:
        return hub.fetch_encoder(model)
    raise ModelUnavailable(
        pt=f"{model} não está no cache do Hugging Face Hub e o Hub não o dá ({missed}); copie o modelo para uma "
        "pasta e escreva-a em rerank.folder, ou use rerank.model = llm ou none",
        en=f"{model} is not in the Hugging Face Hub's cache and the Hub does not give it ({missed}); copy the model "
        "into a folder and write that in rerank.folder, or use rerank.model = llm or none",
    )


def _check_folder(folder: Path) -> None:
    """Refuse what is no cross-encoder, from its descriptions alone."""
    missing = [name for name in hub.NEEDED_FILES if not (folder / name).is_file()]
    if missing:
        raise ModelUnavailable(
            pt=f"a pasta {folder} não tem um reordenador completo: falta {', '.join(missing)} "
            "(só se leem pesos em safetensors, nunca pytorch_model.bin); corrija rerank.folder",
            en=f"the folder {folder} does not hold a whole reranker: {', '.join(missing)} missing "
            "(weights are read as safetensors only, never pytorch_model.bin); correct rerank.folder",
        )
    config = _read_json(folder / "config.json")
    architecture = next(iter(config.get("architectures") or []), "?")
    labels = len(config.get("id2label") or {}) or int(config.get("num_labels", 2))
    if "auto_map" in config:
        raise _no_reranker(folder, "pede código próprio", "it needs code of its own")
    if not str(architecture).endswith("ForSequenceClassification"):
        raise _no_reranker(folder, f"a arquitetura é {architecture}", f"its architecture is {architecture}")
    if labels != 1:
        raise _no_reranker(folder, f"dá {labels} números por par", f"it gives {labels} numbers a pair")
    modules = folder / "modules.json"
    if modules.is_file() and len(_read_json(modules)) != 1:
        raise _no_reranker(folder, "tem módulos além do modelo", "it has modules beside the model")


def _read_json(path: Path) -> Any:  # noqa: ANN401 (whatever the file holds)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error), str(error)) from error


def _load(folder: Path) -> Any:  # noqa: ANN401 (sentence-transformers is imported only where it is needed)
    try:
        import torch  # noqa: PLC0415
        from sentence_transformers import CrossEncoder  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(error.name or "sentence-transformers", "cpu") from error
    try:
        with quietly():
            model = CrossEncoder(
                str(folder),
                device="cuda" if torch.cuda.is_available() else "cpu",
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True, "dtype": torch.float32},
                # A sigmoid would make all good passages one: the order is in the logits.
                activation_fn=torch.nn.Identity(),
            )
    except Exception as error:  # whatever transformers and safetensors make of a foreign folder
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        raise _damaged(folder, reason, reason) from error
    _check_head(folder, model.model)
    return model.eval()


def _check_head(folder: Path, model: Any) -> None:  # noqa: ANN401
    """Refuse weights without a head: transformers makes one up at random, and its scores mean nothing."""
    from safetensors import safe_open  # noqa: PLC0415

    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        stored = set(file.keys())
    head = {name for name in model.state_dict() if not name.startswith(model.base_model_prefix + ".")}
    if absent := sorted(head - stored):
        names = ", ".join(absent)
        raise _no_reranker(folder, f"os pesos não têm {names}", f"its weights lack {names}")


def _positions(model: Any) -> int:  # noqa: ANN401
    """How many tokens the model can take. RoBERTa's first positions are spent on padding."""
    limit = int(model.max_seq_length or 512)
    for module in model.model.modules():
        table, padding = getattr(module, "position_embeddings", None), getattr(module, "padding_idx", None)
        if table is not None and hasattr(table, "num_embeddings"):
            limit = min(limit, table.num_embeddings - (0 if padding is None else int(padding) + 1))
    return limit


def _no_reranker(folder: Path, pt: str, en: str) -> ModelUnavailable:
    return ModelUnavailable(
        pt=f"a pasta {folder} não tem um reordenador: {pt}; indique um que dê um número por par, "
        "como BAAI/bge-reranker-v2-m3",
        en=f"the folder {folder} holds no reranker: {en}; name one that gives one number a pair, "
        "such as BAAI/bge-reranker-v2-m3",
    )


def _damaged(path: Path, pt: str, en: str) -> ModelUnavailable:
    return ModelUnavailable(
        pt=f"o reordenador em {path} não serve ({pt}); copie a pasta do modelo de novo",
        en=f"the reranker in {path} will not do ({en}); copy the model's folder again",
    )
