"""Texts into vectors, once: what the caches lack is embedded, batch by batch, and kept as it is made.

A whole segment gives the one vector of dense search. Its windows give a vector each and, as codes, the token
vectors of late interaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.language import say
from rag.embedding_cache import EmbeddingCache
from rag.encoder import Encoder, TokenVectors, pool
from rag.models import Progress
from rag.records import Passage
from rag.token_cache import TokenCache
from rag.token_codes import Calibration, content_tokens, token_codes

# How many passages are embedded before their vectors go to the disk: what a kill can cost at most.
_BATCH = 16
# About as many windows as 64 segments have.
_CALIBRATION_TEXTS = 192


@dataclass(slots=True)
class _Count:
    """How far the embedding is, for whoever watches."""

    total: int
    progress: Progress | None
    done: int = 0

    def add(self, n: int) -> None:
        self.done += n
        if self.progress is not None:
            self.progress(say("calculando vetores", "embedding"), self.done, self.total)


def embed(
    texts: Sequence[str],
    windows: Sequence[str],
    encoder: Encoder,
    cache: EmbeddingCache,
    tokens: TokenCache,
    progress: Progress | None = None,
) -> int:
    """Embed what the caches lack; each batch is on the disk before the next begins.

    ``texts`` are whole segments, ``windows`` their windows as encoded. Returns how many distinct ``texts`` had to
    be embedded.
    """
    missing_windows = _shortest_first(text for text in windows if text not in cache or text not in tokens)
    missing_texts = _shortest_first(text for text in texts if text not in cache)
    count = _Count(len(missing_windows) + len(missing_texts), progress)
    if missing_windows:
        if tokens.calibration is None:
            _calibrate(missing_windows, encoder, cache, tokens, count)
        else:
            # A build killed right after the calibration has left vectors that only need their codes.
            ready = {text: held for text in missing_windows if (held := tokens.held(text)) is not None}
            _keep(list(ready), list(ready.values()), cache, tokens)
            tokens.release()
            count.add(len(ready))
        missing_windows = [text for text in missing_windows if text not in cache or text not in tokens]
    for batch in _batches(missing_windows):
        _keep(batch, encoder.token_vectors([Passage(text) for text in batch]), cache, tokens)
        count.add(len(batch))
    for batch in _batches([text for text in missing_texts if text not in cache]):
        cache.add(batch, encoder.encode_passages([Passage(text) for text in batch]))
        count.add(len(batch))
    return len(missing_texts)


def _shortest_first(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts), key=lambda text: (len(text), text))


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))


def _calibrate(
    missing: Sequence[str], encoder: Encoder, cache: EmbeddingCache, tokens: TokenCache, count: _Count
) -> None:
    """Fit the calibration to a sample of the windows and keep their codes; what a killed build held is used."""
    sample = missing[:: -(-len(missing) // _CALIBRATION_TEXTS)]
    ready = {text: held for text in sample if (held := tokens.held(text)) is not None}
    count.add(len(ready))
    for batch in _batches([text for text in sample if text not in ready]):
        vectors = encoder.token_vectors([Passage(text) for text in batch])
        tokens.hold(batch, vectors)
        ready |= dict(zip(batch, vectors, strict=True))
        count.add(len(batch))
    kept = [ready[text] for text in sample]
    tokens.calibrate(Calibration.fit(np.concatenate([v.vectors[content_tokens(v)] for v in kept])))
    _keep(sample, kept, cache, tokens)
    tokens.release()


def _keep(texts: Sequence[str], vectors: Sequence[TokenVectors], cache: EmbeddingCache, tokens: TokenCache) -> None:
    calibration = tokens.calibration
    if calibration is None:
        raise AssertionError("a calibration comes before the first codes")
    fresh = [(text, v) for text, v in zip(texts, vectors, strict=True) if text not in tokens]
    tokens.add([text for text, _ in fresh], [token_codes(v, calibration) for _, v in fresh])
    fresh = [(text, v) for text, v in zip(texts, vectors, strict=True) if text not in cache]
    if fresh:
        cache.add([text for text, _ in fresh], np.stack([pool(v.vectors) for _, v in fresh]))
