"""Where figures come from and where they go: machine, versions, commit; JSON and the README's tables."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
SHARED = ROOT.parent / "shared" / "data"
_PACKAGES = ("torch", "onnxruntime", "sentence-transformers", "faiss-cpu", "bm25s", "numpy")


def circumstances(command: str) -> dict[str, Any]:
    """Commit, machine, versions and command of a measurement."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    cpu = next(
        (x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")),
        platform.processor(),
    )
    return {
        "commit": commit.stdout.strip(),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "system": platform.platform()},
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _PACKAGES},
        "command": command,
    }


def made_by(results: Mapping[str, Any]) -> str:
    """How a table names its origin: command, commit, date and machine, of `circumstances`."""
    machine = results["machine"]
    return (
        f"`{results['command']}`, commit {results['commit']}, {results['date']}, {machine['cpu']}, "
        f"{machine['cores']} cores"
    )


def need_shared(who: str) -> None:
    """Leave with one sentence where the development data is not beside the project."""
    if not SHARED.is_dir():
        sys.exit(f"{who} needs the development data in ../shared/data, which is not part of the project")


def write_results(name: str, results: dict[str, Any], table: str) -> None:
    """Keep the JSON, and put the Markdown table into the README between its markers."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    marked = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- /bench:{name} -->)", re.DOTALL)
    readme.write_text(marked.sub(lambda m: m.group(1) + table + m.group(2), text), encoding="utf-8")


@contextmanager
def working_folder(named: Path | None) -> Iterator[Path]:
    """The folder to build indexes in: the one that is named, made and kept, or one that is gone afterwards."""
    if named is not None:
        named.mkdir(parents=True, exist_ok=True)
        yield named
        return
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)
