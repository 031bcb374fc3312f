"""The encoder on onnxruntime, fp32 or int8. torch is not needed; the graph is written once into the cache."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.encoder_machine import physical_cores
from rag.errors import MissingExtra, ModelUnavailable
from rag.models import ResolvedEncoder, cache_dir
from rag.models.cache import clear_leftovers, locked, make_folder, read_manifest

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

GRAPH_VERSION = 1  # counts up when `rag.encoder_graph` writes something else


class OnnxRuntime:
    """Texts run one by one without padding, so a vector depends on its own text alone.

    Several texts go to as many single-threaded runs as there are threads; one text gets all threads. Both are
    the same arithmetic, to the bit.
    """

    def __init__(self, resolved: ResolvedEncoder, threads: int | None, *, int8: bool) -> None:
        try:
            import onnxruntime  # noqa: F401, PLC0415 (only looked for: the sessions are opened when needed)
        except ImportError as error:
            raise MissingExtra("onnxruntime", "embedded") from error
        self.name = "onnx-int8" if int8 else "onnx"
        self._threads = threads or physical_cores()
        self._graph = ensure_graph(resolved, int8=int8) / "model.onnx"

    def hidden(self, texts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """See `rag.encoder.HiddenStates`."""
        if self._threads == 1 or len(texts) == 1:
            return [_run(self._for_one, ids) for ids in texts]
        session = self._for_many
        return list(self._pool.map(lambda ids: _run(session, ids), texts))

    @cached_property
    def _for_one(self) -> InferenceSession:
        return _open(self._graph, self._threads)

    @cached_property
    def _for_many(self) -> InferenceSession:
        return _open(self._graph, 1)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="encode")


def graph_folder(resolved: ResolvedEncoder, *, int8: bool) -> Path:
    """Where the graph of these weights lies in the cache, made or not."""
    kind = "int8" if int8 else "fp32"
    return cache_dir() / "graphs" / f"{resolved.sha256[:16]}-{kind}-v{GRAPH_VERSION}"


def ensure_graph(resolved: ResolvedEncoder, *, int8: bool) -> Path:
    """The folder with ``model.onnx``, written unless it is there (about a second for the small model).

    Raises:
        MissingExtra, ModelUnavailable: see `rag.encoder_graph.write_graph`.
    """
    folder = graph_folder(resolved, int8=int8)
    if read_manifest(folder) is None:
        with locked(folder.name):
            clear_leftovers(folder.parent, folder.name)
            if read_manifest(folder) is None:
                from rag.encoder_graph import write_graph  # noqa: PLC0415 (only to build, once)

                make_folder(
                    folder,
                    folder.name,
                    revision=resolved.revision,
                    source=resolved.sha256,
                    fill=lambda scratch: write_graph(resolved.folder, scratch, int8=int8),
                )
    return folder


def _open(graph: Path, threads: int) -> InferenceSession:
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The graph is written in fused operators already; further fusing would bring back the slow norm.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions have no common name of their own
        reason = str(error).strip().splitlines()[0]
        raise ModelUnavailable(
            pt=f"o onnxruntime não abriu {graph} ({reason}); apague essa pasta e tente de novo, ou use runtime = torch",
            en=f"onnxruntime did not open {graph} ({reason}); delete that folder and try again, or use runtime = torch",
        ) from error


def _run(session: InferenceSession, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    (hidden,) = session.run(["hidden"], {"ids": ids[np.newaxis]})
    states: NDArray[np.float32] = hidden[0]
    return states
