"""E5 as an encoder whose two prefixes cannot be mixed up: a `Query` gets one, a `Passage` the other.

Weights come from `rag.models`; what computes is one of three runtimes (`rag.encoder_torch`, `rag.encoder_onnx`
in fp32 and int8), picked by measuring once (`rag.encoder_choice`). torch and onnxruntime are imported only by
the runtime that needs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from corpus.language import say
from rag.encoder_config import read_config
from rag.errors import SettingsError
from rag.models import Progress, ResolvedEncoder, Source, resolve_encoder
from rag.records import EncoderIdentity, Passage, Query

DEFAULT_ENCODER = "intfloat/multilingual-e5-small"
Runtime = Literal["auto", "torch", "onnx", "onnx-int8"]
_WINDOW = 1024  # texts that are tokenised and sorted by length together
_TOKEN_BUDGET = 16_384  # tokens whose states are held at once: 25 MB at 384 dimensions


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for people, in both languages."""

    pt: str
    en: str

    def __str__(self) -> str:
        return say(self.pt, self.en)


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The last hidden states of one text.

    Attributes:
        token_ids: (n_tokens,) int32, special tokens and prefix included.
        spans: (n_tokens, 2) int32, start and end in characters of the text; (0, 0) for what is not of it.
        vectors: (n_tokens, dim) float32, as the model gives them; `pool` makes the text's one vector of them.
    """

    token_ids: NDArray[np.int32]
    spans: NDArray[np.int32]
    vectors: NDArray[np.float32]


class HiddenStates(Protocol):
    """What computes: a runtime holding the model."""

    name: str

    def hidden(self, texts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """Last hidden states, (n_tokens, dim) float32 for each text's token ids, in the given order."""
        ...


class Encoder(Protocol):
    """Texts in, unit vectors out.

    Equal texts give equal vectors whatever they are encoded beside: to the bit on a CPU, to rounding on a GPU.
    """

    @property
    def identity(self) -> EncoderIdentity:
        """Which weights, from where, and which runtime."""
        ...

    @property
    def max_tokens(self) -> int:
        """The most tokens the model sees, prefix and special tokens included; the rest of a text is cut off."""
        ...

    @property
    def note(self) -> Note | None:
        """What was picked by measuring, with the figures; ``None`` where the runtime was named."""
        ...

    def encode_queries(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        """(n_queries, dim) float32, rows of length 1. Raises ``TypeError`` for anything but `Query`."""
        ...

    def encode_passages(self, passages: Sequence[Passage], progress: Progress | None = None) -> NDArray[np.float32]:
        """(n_passages, dim) float32, rows of length 1. Raises ``TypeError`` for anything but `Passage`."""
        ...

    def count_tokens(self, passages: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, prefix and special tokens included, nothing cut off."""
        ...

    def token_vectors(self, texts: Sequence[Query] | Sequence[Passage]) -> list[TokenVectors]:
        """Every token's own vector, for late interaction."""
        ...


def pool(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of token vectors (n_tokens, dim), scaled to length 1: E5's pooling."""
    mean = vectors.mean(axis=0, dtype=np.float32)
    scaled: NDArray[np.float32] = mean / np.maximum(np.linalg.norm(mean), np.float32(1e-12))
    return scaled


class E5Encoder:
    """An `Encoder` of the E5 family on any runtime; made by `open_encoder`."""

    def __init__(self, resolved: ResolvedEncoder, runtime: HiddenStates, note: Note | None = None) -> None:
        config = read_config(resolved.folder)
        self._runtime = runtime
        self._tokenizer = _open_tokenizer(resolved.folder)
        self.note = note
        self.max_tokens = config.max_tokens
        self.identity = EncoderIdentity(
            name=resolved.name,
            revision=resolved.revision,
            sha256=resolved.sha256,
            dim=config.dim,
            source=resolved.source,
            runtime=runtime.name,
        )

    def encode_queries(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        """See `Encoder`."""
        return self._encode(_prefixed(queries, Query, self.identity.query_prefix), None)

    def encode_passages(self, passages: Sequence[Passage], progress: Progress | None = None) -> NDArray[np.float32]:
        """See `Encoder`."""
        return self._encode(_prefixed(passages, Passage, self.identity.passage_prefix), progress)

    def count_tokens(self, passages: Sequence[str]) -> list[int]:
        """See `Encoder`."""
        texts = [_clean(self.identity.passage_prefix + text) for text in passages]
        return [len(encoding) for encoding in self._tokenizer.encode_batch_fast(texts)]

    def token_vectors(self, texts: Sequence[Query] | Sequence[Passage]) -> list[TokenVectors]:
        """See `Encoder`."""
        kind: type[Query] | type[Passage] = Query if texts and isinstance(texts[0], Query) else Passage
        prefix = self.identity.query_prefix if kind is Query else self.identity.passage_prefix
        encodings = self._tokenizer.encode_batch(_prefixed(texts, kind, prefix))
        ids = [self._cut(encoding) for encoding in encodings]
        states = [vectors for group in _groups(ids) for vectors in self._runtime.hidden([ids[i] for i in group])]
        found = []
        for encoding, token_ids, vectors in zip(encodings, ids, states, strict=True):
            spans = np.array(encoding.offsets, dtype=np.int32)[: len(token_ids)]
            # The last token of a text that was cut off is the closing one.
            spans[-1] = 0
            found.append(TokenVectors(token_ids.astype(np.int32), np.maximum(spans - len(prefix), 0), vectors))
        return found

    def _encode(self, texts: list[str], progress: Progress | None) -> NDArray[np.float32]:
        rows = np.empty((len(texts), self.identity.dim), dtype=np.float32)
        done = 0
        for start in range(0, len(texts), _WINDOW):
            window = self._tokenizer.encode_batch_fast(texts[start : start + _WINDOW])
            ids = [self._cut(encoding) for encoding in window]
            by_length = sorted(range(len(ids)), key=lambda index: (len(ids[index]), index))
            for group in _groups([ids[index] for index in by_length]):
                places = [by_length[position] for position in group]
                for place, states in zip(places, self._runtime.hidden([ids[p] for p in places]), strict=True):
                    rows[start + place] = pool(states)
                done += len(places)
                if progress is not None:
                    progress("encode", done, len(texts))
        return rows

    def _cut(self, encoding: Encoding) -> NDArray[np.int64]:
        """Token ids, at most ``max_tokens``; the closing token stays the last."""
        ids = np.array(encoding.ids, dtype=np.int64)
        return ids if len(ids) <= self.max_tokens else np.append(ids[: self.max_tokens - 1], ids[-1])


def open_encoder(
    name: str = DEFAULT_ENCODER,
    source: Source = "auto",
    folder: Path | None = None,
    runtime: Runtime = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Encoder:
    """An encoder ready for use; its weights are fetched if they are nowhere on this machine.

    Args:
        name: a Hub name of the E5 family or a carried model's; see `rag.models.resolve_encoder`.
        source: where weights may come from; see there.
        folder: a local folder with the model; see there.
        runtime: ``auto`` is the fastest on this machine, measured once (seconds) and remembered in the cache.
        threads: CPU threads; by default as many as there are physical cores.
        progress: called while weights are fetched.

    Raises:
        SettingsError: an impossible ``source``, ``runtime`` or ``threads``.
        UsageError: an unknown name.
        MissingExtra: the named runtime is not installed.
        ModelUnavailable: no source has the weights, or the runtime cannot run them.
    """
    if runtime not in get_args(Runtime):
        known = ", ".join(get_args(Runtime))
        raise SettingsError(
            pt=f"runtime = {runtime!r} não existe; escolha um destes: {known}",
            en=f"runtime = {runtime!r} does not exist; choose one of: {known}",
        )
    if threads is not None and threads < 1:
        raise SettingsError(
            pt=f"threads = {threads} não é possível; use 1 ou mais",
            en=f"threads = {threads} is impossible; use 1 or more",
        )
    from rag.encoder_choice import open_chosen, open_runtime  # noqa: PLC0415 (it measures with this module)

    resolved = resolve_encoder(name, source, folder, progress)
    if runtime == "auto":
        opened, note = open_chosen(resolved, threads)
        return E5Encoder(resolved, opened, note)
    return E5Encoder(resolved, open_runtime(runtime, resolved, threads))


def _open_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    # A folder may carry settings of its own; cutting is done here, and nothing is padded.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _prefixed(texts: Sequence[Query] | Sequence[Passage], kind: type[Query] | type[Passage], prefix: str) -> list[str]:
    """Texts as the model must see them; the type is what says which prefix is right."""
    for text in texts:
        if type(text) is not kind:
            message = f"expected {kind.__name__}, got {type(text).__name__}: wrap the text as {kind.__name__}(text)"
            raise TypeError(message)
    return [_clean(prefix + text.text) for text in texts]


def _clean(text: str) -> str:
    """The text without lone surrogates, which no encoding of Unicode can carry."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _groups(texts: Sequence[NDArray[np.int64]]) -> Iterator[range]:
    """Runs of neighbours that stay within the token budget, padding to the longest counted."""
    start, longest = 0, 0
    for index, ids in enumerate(texts):
        longest = max(longest, len(ids))
        if index > start and longest * (index + 1 - start) > _TOKEN_BUDGET:
            yield range(start, index)
            start, longest = index, len(ids)
    if start < len(texts):
        yield range(start, len(texts))
