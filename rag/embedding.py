"""Texts into vectors, once: what the caches lack is embedded, batch by batch, and kept as it is made.

E5 is asked for token vectors; their mean is the one vector of dense search, their codes are late interaction's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corpus.language import say
from rag.embedding_cache import EmbeddingCache
from rag.encoder import Encoder, TokenVectors, pool
from rag.late import Calibration, content_tokens, token_codes
from rag.models import Progress
from rag.records import Passage
from rag.token_cache import TokenCache

# How many passages are embedded before their vectors go to the disk: what a kill can cost at most.
_BATCH = 16
_CALIBRATION_TEXTS = 64


def embed(
    texts: Sequence[str], encoder: Encoder, cache: EmbeddingCache, tokens: TokenCache, progress: Progress | None
) -> int:
    """Embed what the caches lack; each batch is on the disk before the next begins. Returns how many."""
    missing = sorted({t for t in texts if t not in cache or t not in tokens}, key=lambda text: (len(text), text))
    label = say("calculando vetores", "embedding")
    if missing and tokens.calibration is None:
        sample = missing[:: max(1, len(missing) // _CALIBRATION_TEXTS)]
        vectors = encoder.token_vectors([Passage(text) for text in sample])
        tokens.calibrate(Calibration.fit(np.concatenate([v.vectors[content_tokens(v)] for v in vectors])))
        _keep(sample, vectors, cache, tokens)
    done = len(missing)
    missing = [text for text in missing if text not in cache or text not in tokens]
    done -= len(missing)
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        _keep(batch, encoder.token_vectors([Passage(text) for text in batch]), cache, tokens)
        if progress is not None:
            progress(label, done + start + len(batch), done + len(missing))
    return done + len(missing)


def _keep(texts: Sequence[str], vectors: Sequence[TokenVectors], cache: EmbeddingCache, tokens: TokenCache) -> None:
    calibration = tokens.calibration
    if calibration is None:
        raise AssertionError("a calibration comes before the first codes")
    fresh = [(text, v) for text, v in zip(texts, vectors, strict=True) if text not in tokens]
    tokens.add([text for text, _ in fresh], [token_codes(v, calibration) for _, v in fresh])
    fresh = [(text, v) for text, v in zip(texts, vectors, strict=True) if text not in cache]
    if fresh:
        cache.add([text for text, _ in fresh], np.stack([pool(v.vectors) for _, v in fresh]))
