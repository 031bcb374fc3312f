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
    n_missing = len(missing)
    if tokens.calibration is not None:
        # A build killed right after the calibration has left vectors that only need their codes.
        ready = {text: held for text in missing if (held := tokens.held(text)) is not None}
        _keep(list(ready), list(ready.values()), cache, tokens)
        tokens.release()
        n_missing -= len(ready)
    elif missing:
        n_held = _calibrate(missing, encoder, cache, tokens, progress)
        n_missing -= n_held
    missing = [text for text in missing if text not in cache or text not in tokens]
    done = n_missing - len(missing)
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        _keep(batch, encoder.token_vectors([Passage(text) for text in batch]), cache, tokens)
        if progress is not None:
            progress(label, done + start + len(batch), n_missing)
    return n_missing


def _calibrate(
    missing: Sequence[str], encoder: Encoder, cache: EmbeddingCache, tokens: TokenCache, progress: Progress | None
) -> int:
    """Fit the calibration to a sample of the texts and keep their codes; how many a killed build had left ready."""
    sample = missing[:: -(-len(missing) // _CALIBRATION_TEXTS)]
    ready = {text: held for text in sample if (held := tokens.held(text)) is not None}
    n_held = len(ready)
    fresh = [text for text in sample if text not in ready]
    for start in range(0, len(fresh), _BATCH):
        batch = fresh[start : start + _BATCH]
        vectors = encoder.token_vectors([Passage(text) for text in batch])
        tokens.hold(batch, vectors)
        ready |= dict(zip(batch, vectors, strict=True))
        if progress is not None:
            progress(say("calculando vetores", "embedding"), start + len(batch), len(missing) - n_held)
    kept = [ready[text] for text in sample]
    tokens.calibrate(Calibration.fit(np.concatenate([v.vectors[content_tokens(v)] for v in kept])))
    _keep(sample, kept, cache, tokens)
    tokens.release()
    return n_held


def _keep(texts: Sequence[str], vectors: Sequence[TokenVectors], cache: EmbeddingCache, tokens: TokenCache) -> None:
    calibration = tokens.calibration
    if calibration is None:
        raise AssertionError("a calibration comes before the first codes")
    fresh = [(text, v) for text, v in zip(texts, vectors, strict=True) if text not in tokens]
    tokens.add([text for text, _ in fresh], [token_codes(v, calibration) for _, v in fresh])
    fresh = [(text, v) for text, v in zip(texts, vectors, strict=True) if text not in cache]
    if fresh:
        cache.add([text for text, _ in fresh], np.stack([pool(v.vectors) for _, v in fresh]))
