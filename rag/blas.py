"""One thread for numpy's matrix products while a question is scored."""

from __future__ import annotations

from functools import lru_cache
from types import TracebackType
from typing import Any

from threadpoolctl import ThreadpoolController


class _OneThread:
    """Matrix products on the calling thread alone.

    A question's products are small. On an idle machine a second thread saves 2 ms of all of them; on a busy one the
    two wait for each other, 30 ms a product. OpenBLAS's setting is partly the thread's and partly the process's, so
    whoever leaves sets what was found at first: two questions at once may cost each other the limit, never leave it.
    """

    def __enter__(self) -> None:
        for library, _ in _libraries():
            library.set_num_threads(1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for library, n_threads in _libraries():
            library.set_num_threads(n_threads)


@lru_cache(maxsize=1)
def _libraries() -> tuple[tuple[Any, int], ...]:
    """The loaded BLAS libraries, each with its number of threads; looking for them takes 9 ms."""
    found = ThreadpoolController().lib_controllers
    return tuple((library, library.num_threads) for library in found if library.user_api == "blas")


one_blas_thread = _OneThread()
