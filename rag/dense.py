"""Exact inner-product search in FAISS, on the CPU or a GPU, filtered inside the search.

The index file is the same for both; what differs is where it is loaded.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from corpus.language import say
from rag.errors import IndexDamaged, MissingExtra, SettingsError

if TYPE_CHECKING:
    import faiss as faiss_module

# Asked for beyond k, so that equal scores at the cut are ordered by id and not by FAISS's heap.
_TIE_MARGIN = 16


def import_faiss() -> Any:  # noqa: ANN401 - FAISS has no types
    """The `faiss` module, from whichever of the two wheels is installed.

    Raises:
        MissingExtra: neither is.
        SettingsError: the one that is there lacks CUDA's libraries.
    """
    try:
        import faiss  # noqa: PLC0415 - slow to import, and an extra
    except ImportError as error:
        raise MissingExtra("faiss", "cpu") from error
    except (RuntimeError, OSError) as error:
        # The GPU wheel says so when CUDA's libraries are missing, in words of its own.
        raise SettingsError(
            pt=f"o FAISS instalado não abre ({error}); instale o que falta, ou monitoria[cpu]",
            en=f"the installed FAISS does not open ({error}); install what it lacks, or monitoria[cpu]",
        ) from error
    return faiss


class DenseIndex:
    """Unit vectors of all segments; row *i* is the index's segment *i*."""

    def __init__(self, index: faiss_module.Index, device: Literal["auto", "cpu", "gpu"] = "auto") -> None:
        self._cpu = index
        self._gpu: Any = None
        self._resources: Any = None
        # A FAISS GPU index must not be searched from two threads at once (faiss#2175).
        self._gpu_lock = threading.Lock()
        self.note = self._place(device)

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> DenseIndex:
        """Index ``vectors``, ``(n_segments, dim) float32`` with unit rows."""
        faiss = import_faiss()
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index, "cpu")

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._cpu.d)

    def __len__(self) -> int:
        return int(self._cpu.ntotal)

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The ``k`` best rows for one query vector ``(dim,)``, best first, equal scores by row.

        ``allowed``, ``(n_segments,)`` booleans, filters inside the search: asking for ten among the
        lectures of one course gives ten. Returns rows ``(<=k,) int64`` and cosines ``(<=k,) float32``.
        """
        n = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if n == 0 or k < 1:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        wanted = min(k + _TIE_MARGIN, n)
        vector = np.ascontiguousarray(query.reshape(1, -1), dtype=np.float32)
        if vector.shape[1] != self.dim:
            raise ValueError(f"the query vector has {vector.shape[1]} dimensions, the index {self.dim}")
        if allowed is None and self._gpu is not None:
            with self._gpu_lock:
                scores, rows = self._gpu.search(vector, wanted)
        else:
            scores, rows = self._cpu.search(vector, wanted, params=_selector(allowed))
        found = rows[0] >= 0
        rows, scores = rows[0][found].astype(np.int64), scores[0][found].astype(np.float32)
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def scores_of(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Exact cosines of the given rows, in their order: ``(len(rows),) float32``."""
        if rows.size == 0:
            return np.empty(0, dtype=np.float32)
        vectors = self._cpu.reconstruct_batch(np.ascontiguousarray(rows, dtype=np.int64))
        return np.asarray(vectors @ query.astype(np.float32), dtype=np.float32)

    def vectors(self) -> NDArray[np.float32]:
        """All vectors, ``(n_segments, dim) float32``."""
        return np.asarray(self._cpu.reconstruct_n(0, len(self)), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write the CPU form of the index."""
        import_faiss().write_index(self._cpu, str(path))

    @classmethod
    def load(cls, path: Path, device: Literal["auto", "cpu", "gpu"] = "auto") -> DenseIndex:
        """Read an index file, memory-mapped, and place it on ``device``.

        Raises:
            IndexDamaged: the file is not a FAISS index.
        """
        faiss = import_faiss()
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except (RuntimeError, OSError) as error:
            raise IndexDamaged(
                pt=f"{path} não é um índice FAISS legível; reconstrua com monitoria index",
                en=f"{path} is not a readable FAISS index; rebuild it with monitoria index",
            ) from error
        return cls(index, device)

    def _place(self, device: Literal["auto", "cpu", "gpu"]) -> str | None:
        """Move a copy to the GPU where asked and possible; returns the sentence to tell, if any."""
        if device not in ("auto", "cpu", "gpu"):
            raise SettingsError(
                pt=f"retrieval.device é {device!r}; use auto, cpu ou gpu",
                en=f"retrieval.device is {device!r}; use auto, cpu or gpu",
            )
        if device == "cpu":
            return None
        faiss = import_faiss()
        built_for_gpu = hasattr(faiss, "StandardGpuResources")
        if built_for_gpu and faiss.get_num_gpus() > 0:
            self._resources = faiss.StandardGpuResources()
            self._gpu = faiss.index_cpu_to_gpu(self._resources, 0, self._cpu)
            return say("busca vetorial na GPU (FAISS)", "vector search on the GPU (FAISS)")
        if device == "gpu" and not built_for_gpu:
            return say(
                "o FAISS instalado não tem GPU (instale monitoria[gpu] no lugar de monitoria[cpu]); busca na CPU",
                "the installed FAISS has no GPU (install monitoria[gpu] instead of monitoria[cpu]); searching on CPU",
            )
        if built_for_gpu:
            return say(
                "nenhuma GPU encontrada; a busca vetorial usa a CPU",
                "no GPU was found; vector search uses the CPU",
            )
        return None


def _selector(allowed: NDArray[np.bool_] | None) -> Any:  # noqa: ANN401 - FAISS has no types
    if allowed is None:
        return None
    faiss = import_faiss()
    rows = np.flatnonzero(allowed).astype(np.int64)
    return faiss.SearchParameters(sel=faiss.IDSelectorBatch(rows))
