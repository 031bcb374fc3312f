"""Inner-product search in FAISS, on the CPU or a GPU, filtered inside the search. Exact while that is cheap.

Up to 100,000 vectors every one is compared, in float32: 5.6 ms a question on one core, no more than the encoder takes.
Beyond that the vectors are sorted into √n lists by k-means (IVF), kept in half precision, and a third of the lists is
searched: 10 ms instead of 47 at a million, built in 21 s, with recall@10 against the exact order of 0.99 or more from
100,000 up on vectors drawn to the real distribution, and 0.988 or more on normal ones without structure (a quarter of
the lists: 0.96). Eight bits a dimension (SQ8) were tried and left: their rounding alone costs 0.03 of recall@10. So was
HNSW: at 100,000 vectors six times as long to build and twice as long to search a thousand deep, which is how deep
fusion asks. `benchmarks.growth` measures it. The index file is the same for CPU and GPU; what differs is where it is
loaded.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from corpus.language import say
from rag.errors import IndexDamaged, MissingExtra, SettingsError

if TYPE_CHECKING:
    import faiss as faiss_module

EXACT_UP_TO = 100_000
# Asked for beyond k, so that equal scores at the cut are ordered by id and not by FAISS's heap.
_TIE_MARGIN = 16
_SEARCHED_SHARE = 1 / 3
# A long list of hits needs more lists: so many rows must be looked at for each that is asked for.
_ROWS_PER_HIT = 16
_TRAINED_ROWS_PER_LIST = 64
_TRAINING_ROUNDS = 8
_SEED = 7
_ROWS_AT_ONCE = 65_536  # 100 MB of vectors on their way into the index
_GPU_MOST = 2048  # hits, and lists, that FAISS's GPU kernels can select


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
        self._lists: int | None = getattr(index, "nlist", None)
        self._gpu: Any = None
        self._resources: Any = None
        # A FAISS GPU index must not be searched from two threads at once (faiss#2175).
        self._gpu_lock = threading.Lock()
        self.note = self._place(device)

    @classmethod
    def build(cls, vectors: NDArray[np.float32], *, exact_up_to: int = EXACT_UP_TO) -> DenseIndex:
        """Index ``vectors``, ``(n_segments, dim) float32`` with unit rows; the same vectors give the same index.

        More than ``exact_up_to`` of them are searched approximately. A memory-mapped array is read block by block.
        """
        n, dim = vectors.shape
        index = import_faiss().IndexFlatIP(dim) if n <= exact_up_to else _trained_lists(vectors)
        for start in range(0, n, _ROWS_AT_ONCE):
            index.add(np.ascontiguousarray(vectors[start : start + _ROWS_AT_ONCE], dtype=np.float32))
        return cls(index, "cpu")

    @property
    def kind(self) -> Literal["exact", "approximate"]:
        """Whether a search compares every vector."""
        return "exact" if self._lists is None else "approximate"

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
        lectures of one course gives ten. A filter that leaves less than a third of the rows is searched exactly,
        whatever the index's kind. Returns rows ``(<=k,) int64`` and cosines ``(<=k,) float32``.
        """
        n = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if n == 0 or k < 1:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        wanted = min(k + _TIE_MARGIN, n)
        vector = np.ascontiguousarray(query.reshape(1, -1), dtype=np.float32)
        if vector.shape[1] != self.dim:
            raise ValueError(f"the query vector has {vector.shape[1]} dimensions, the index {self.dim}")
        rows, scores = self._found(vector, wanted, allowed, self._n_lists(wanted, n))
        if rows.size < wanted:
            # The lists nearest to the question held too few of the allowed rows.
            rows, scores = self._found(vector, wanted, allowed, self._n_lists(n, n))
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def _n_lists(self, wanted: int, n_allowed: int) -> int | None:
        """How many lists to search, so that a third of all rows is compared although a filter skips some."""
        if self._lists is None:
            return None
        compared = max(_SEARCHED_SHARE * len(self), _ROWS_PER_HIT * wanted)
        return min(self._lists, math.ceil(self._lists * compared / n_allowed))

    def _found(
        self, vector: NDArray[np.float32], wanted: int, allowed: NDArray[np.bool_] | None, n_lists: int | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """What FAISS finds, in its order; rows that it fills up with are left out."""
        parameters = _parameters(allowed, n_lists)
        if allowed is None and self._gpu is not None and max(wanted, n_lists or 0) <= _GPU_MOST:
            with self._gpu_lock:
                scores, rows = self._gpu.search(vector, wanted, params=parameters)
        else:
            with _one_thread():
                scores, rows = self._cpu.search(vector, wanted, params=parameters)
        found = rows[0] >= 0
        return rows[0][found].astype(np.int64), scores[0][found].astype(np.float32)

    def scores_of(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of the given rows, in their order: ``(len(rows),) float32``.

        Exact, but for the rounding of half precision (less than 0.0001) where the index is approximate.
        """
        if rows.size == 0:
            return np.empty(0, dtype=np.float32)
        with _one_thread():
            vectors = self._cpu.reconstruct_batch(np.ascontiguousarray(rows, dtype=np.int64))
        # Unlike a matrix product, einsum wakes no threads either.
        return np.asarray(np.einsum("ij,j->i", vectors, query.astype(np.float32)), dtype=np.float32)

    def vectors(self) -> NDArray[np.float32]:
        """All vectors, ``(n_segments, dim) float32``; as rounded as `scores_of` says."""
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


def _trained_lists(vectors: NDArray[np.float32]) -> Any:  # noqa: ANN401 - FAISS has no types
    """An empty index of √n lists, their centres fitted to evenly spaced rows."""
    faiss = import_faiss()
    n, dim = vectors.shape
    n_lists = max(1, math.isqrt(n))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, n_lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.niter, index.cp.seed, index.cp.spherical = _TRAINING_ROUNDS, _SEED, True
    index.cp.min_points_per_centroid = 1
    index.nprobe = math.ceil(n_lists * _SEARCHED_SHARE)
    # Where each row lies is kept in the file; without it no vector could be read back by its row.
    index.set_direct_map_type(faiss.DirectMap.Array)
    sample = vectors[:: math.ceil(n / (n_lists * _TRAINED_ROWS_PER_LIST))]
    index.train(np.ascontiguousarray(sample, dtype=np.float32))
    return index


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS on the calling thread alone: one question is too little to share.

    Where the machine is busy, two threads wait for each other: 22 ms among 10,000 vectors instead of 0.6. The
    setting is the calling thread's own, so that builds and other threads keep theirs.
    """
    faiss = import_faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _parameters(allowed: NDArray[np.bool_] | None, n_lists: int | None) -> Any:  # noqa: ANN401 - FAISS has no types
    faiss = import_faiss()
    given: dict[str, Any] = {}
    if allowed is not None:
        given["sel"] = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
    if n_lists is not None:
        return faiss.SearchParametersIVF(nprobe=n_lists, **given)
    return faiss.SearchParameters(**given) if given else None
