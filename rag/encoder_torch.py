"""The encoder on sentence-transformers, as its folder describes it: on a GPU where there is one, else the CPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from rag.errors import MissingExtra
from rag.models import ResolvedEncoder


@contextmanager
def quietly() -> Iterator[None]:
    """Without the bar that transformers draws while it loads: bars are the interface's business."""
    from transformers.utils import logging  # noqa: PLC0415

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


class TorchRuntime:
    """fp32, on the GPU if there is one.

    Args:
        resolved: whose weights.
        threads: of the CPU; torch's own number by default.
        together: pad texts to one length and run them at once, as a GPU wants it; by default only there. On the
            CPU texts run one by one, which is faster than padding, and no text touches another.
    """

    name = "torch"

    def __init__(self, resolved: ResolvedEncoder, threads: int | None, *, together: bool | None = None) -> None:
        try:
            import torch  # noqa: PLC0415 (seconds to import, and the other runtimes do not need it)
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        except ImportError as error:
            raise MissingExtra(error.name or "sentence-transformers", "cpu") from error
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        if threads is not None and self._device == "cpu":
            torch.set_num_threads(threads)
        self._together = self._device == "cuda" if together is None else together
        with quietly():
            model = SentenceTransformer(str(resolved.folder), device=self._device, local_files_only=True)
        self._model = model.eval()

    def hidden(self, texts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """See `rag.encoder.HiddenStates`."""
        if self._together:
            return self._forward(texts)
        return [states for ids in texts for states in self._forward([ids])]

    def _forward(self, texts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        import torch  # noqa: PLC0415

        longest = max(map(len, texts))
        ids = torch.zeros((len(texts), longest), dtype=torch.long)
        mask = torch.zeros((len(texts), longest), dtype=torch.long)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = torch.from_numpy(text)
            mask[row, : len(text)] = 1
        features = {"input_ids": ids.to(self._device), "attention_mask": mask.to(self._device)}
        with torch.inference_mode():
            states = self._model(features)["token_embeddings"].float().cpu().numpy()
        return [states[row, : len(text)] for row, text in enumerate(texts)]
