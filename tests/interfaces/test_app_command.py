"""`monitoria app`: wrong use is one sentence, and it serves from whatever folder it is started in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "interfaces.cli", "app", *arguments],
        cwd=cwd, env=_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return os.environ | {"MONITORIA_LANG": "en", "MONITORIA_ENCODER__SOURCE": "carried", "PYTHONPATH": root}


def test_help_has_an_example_and_says_that_it_serves_this_computer_alone(tmp_path: Path) -> None:
    shown = run("--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert "Example: monitoria app --index" in shown.stdout
    assert "127.0.0.1" in shown.stdout


@pytest.mark.parametrize(
    "arguments", [("--port", "0"), ("--port", "x"), ("--index", "nowhere"), ("--host", "not.here.")]
)
def test_wrong_use_is_one_sentence_and_exit_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_it_serves_from_any_folder_and_ends_when_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli", "app", "--port", str(port)],
        cwd=tmp_path, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        assert httpx.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
    finally:
        process.terminate()
        told, _ = process.communicate(timeout=20)
    assert f"Monitoria at http://127.0.0.1:{port}" in told
    assert "Traceback" not in told
