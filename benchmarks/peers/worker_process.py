"""A worker script as a process: commands in, replies out, the reason when it fails."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_WORKERS = Path(__file__).parent / "workers"
_REPLY_TIMEOUT_S = 1800.0
# Nothing is fetched and nobody is told: the weights lie in a folder.
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "TQDM_DISABLE": "1",
}


class WorkerFailed(Exception):
    """A system could not do what it was asked; the message is its own last word."""


class Worker:
    """One system's process. Use it as a context; leaving it ends the process."""

    def __init__(self, python: Path, script: str, arguments: Sequence[str], log: Path) -> None:
        """Start it and wait until it is ready.

        Raises:
            WorkerFailed: it did not get that far.
        """
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [str(python), str(_WORKERS / script), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **_OFFLINE},
                text=True,
            )
        self._reply()

    def ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """The reply to a command (see ``workers/protocol.py``).

        Raises:
            WorkerFailed: the system raised, died, or said nothing for half an hour.
        """
        assert self._process.stdin is not None, "it was opened as a pipe"
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise WorkerFailed(self._last_word()) from error
        return self._reply()

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _reply(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None, "it was opened as a pipe"
        # A worker says one line a command, so that nothing waits in the buffer unseen.
        readable, _, _ = select.select([stream], [], [], _REPLY_TIMEOUT_S)
        if not readable:
            self._process.kill()
            raise WorkerFailed(f"no reply within {_REPLY_TIMEOUT_S:.0f} s")
        line = stream.readline()
        if not line:
            self._process.wait()
            raise WorkerFailed(self._last_word())
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise WorkerFailed(reply["error"])
        return reply

    def _last_word(self) -> str:
        said = self._log.read_text(encoding="utf-8", errors="replace").strip()
        return said.splitlines()[-1] if said else f"it ended with exit status {self._process.poll()}"
