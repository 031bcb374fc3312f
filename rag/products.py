"""Matrix products of one question: small, on the calling thread, the same to the bit however many threads there are.

OpenBLAS shares a product out among threads once it takes more than 262,144 multiplications. For a question's that
saves 2 ms on an idle machine; on a busy one the threads wait for each other, 30 ms a product, and how many they are
moves the last bits. Setting their number works in the main thread only (OpenBLAS 0.3.31), and a server has others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ALONE = 262_144  # multiplications up to which OpenBLAS keeps a product on the calling thread


def product(
    left: NDArray[np.float32], right: NDArray[np.float32], out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """``left @ right``, ``(m, k)`` and ``(k, n)``, in slices of the longer side that stay on this thread."""
    (m, k), n = left.shape, right.shape[1]
    result = np.empty((m, n), dtype=np.float32) if out is None else out
    if m >= n:
        step = max(1, _ALONE // max(1, k * n))
        for start in range(0, m, step):
            np.matmul(left[start : start + step], right, out=result[start : start + step])
    else:
        step = max(1, _ALONE // max(1, k * m))
        for start in range(0, n, step):
            result[:, start : start + step] = left @ right[:, start : start + step]
    return result


def product_with(vectors: NDArray[np.float32], one: NDArray[np.float32]) -> NDArray[np.float32]:
    """``vectors @ one``, ``(n, dim)`` and ``(dim,)``; not by BLAS, which shares out products with a vector earlier."""
    return np.asarray(np.einsum("ij,j->i", vectors, one), dtype=np.float32)
