"""`worker.py` as a process: messages in, messages out, its last words when it dies."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from eval.ragas.scores import RAGAS_VERSION
from rag.errors import UsageError

FOLDER = ".venv-ragas"  # what `make ragas` makes
_SCRIPT = Path(__file__).with_name("worker.py")
_START_S, _END_S = 180.0, 5.0
# No key and no setting of ours reaches ragas; it tells nobody what it does, and fetches nothing.
_PASSED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "SYSTEMROOT")
_OWN = {"RAGAS_DO_NOT_TRACK": "true", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "LANGSMITH_TRACING": "false"}


class WorkerDied(Exception):
    """The process ended by itself; the message is its last word."""


class Worker:
    """The process. `close` it, or leave it as a context."""

    def __init__(self, python: Path) -> None:
        """Start it and wait until it is ready.

        Raises:
            UsageError: the environment is not there, or holds no ragas or another one.
        """
        check_environment(python)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(  # noqa: S603 - the Python that the caller names, our script
            [str(python), "-I", "-X", "utf8", "-W", "ignore", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={name: os.environ[name] for name in _PASSED if name in os.environ} | _OWN,
            encoding="utf-8",
            # Ctrl-C is for us: we end it.
            start_new_session=True,
        )
        self._writing = threading.Lock()
        self._said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            ready = self.hear(_START_S) or {}
        except WorkerDied as death:
            self.close()
            raise _no_environment(f"{python} não o abre ({death})", f"{python} does not open it ({death})") from None
        if ready.get("ragas") != RAGAS_VERSION:
            self.close()
            found = ready.get("ragas", "?")
            raise _no_environment(f"{python} tem ragas {found}", f"{python} has ragas {found}")

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tell(self, message: Mapping[str, Any]) -> None:
        """Say one line; to a process that has ended it is said in vain, and `hear` says so."""
        pipe = self._process.stdin
        assert pipe is not None, "it was opened as a pipe"
        line = json.dumps(message) + "\n"
        with self._writing, suppress(BrokenPipeError, ValueError):
            pipe.write(line)
            pipe.flush()

    def hear(self, timeout_s: float) -> dict[str, Any] | None:
        """The next thing that it says; ``None`` where it says nothing for so many seconds.

        Raises:
            WorkerDied: it ended.
        """
        try:
            message = self._said.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if message is None:
            self._process.wait()
            raise WorkerDied(self._last_word())
        return message

    def close(self) -> None:
        """End it."""
        with self._writing:
            if self._process.stdin is not None:
                with suppress(BrokenPipeError):
                    self._process.stdin.close()
        try:
            self._process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None, "it was opened as a pipe"
        with pipe:
            for line in pipe:
                self._said.put(json.loads(line))
        self._said.put(None)

    def _last_word(self) -> str:
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip()
        return said.splitlines()[-1][:200] if said else f"exit {self._process.returncode}"


def python_of(folder: Path | None = None) -> Path:
    """The Python of ragas's environment: in ``folder``, else where one works, else beside this project.

    It need not exist: what does not is told when it is started.
    """
    beside = Path(__file__).resolve().parents[2] / FOLDER
    chosen = folder or next((place for place in (Path(FOLDER), beside) if place.is_dir()), beside)
    # A virtual environment's Python is a link, which must not be followed: it says which environment it is.
    return chosen.absolute() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def check_environment(python: Path) -> None:
    """Whether it is there, at no cost; what it holds is checked when it is started.

    Raises:
        UsageError: it is not.
    """
    if not python.is_file():
        raise _no_environment(f"não há {python}", f"there is no {python}")


def _no_environment(pt: str, en: str) -> UsageError:
    return UsageError(
        pt=f"o ragas {RAGAS_VERSION} precisa de um ambiente só seu, e {pt}; faça-o com: make ragas",
        en=f"ragas {RAGAS_VERSION} needs an environment of its own, and {en}; make it with: make ragas",
    )
