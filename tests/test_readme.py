"""What the README shows runs: its shell and Python examples, over the sample course."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    (folder / "corpus").symlink_to(ROOT / "corpus")
    return folder


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MONITORIA_ENCODER__SOURCE": "carried", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def test_the_shell_examples_run_in_order_and_then_the_python_ones(workplace: Path) -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith(".venv/bin/monitoria")]
    assert len(commands) >= 4
    for command in commands:
        arguments = shlex.split(command.removeprefix(".venv/bin/monitoria"), comments=True)
        done = run([sys.executable, "-m", "interfaces.cli", *arguments], workplace)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    (example,) = blocks("python")
    done = run([sys.executable, "-c", example], workplace)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") >= 3


def test_every_file_and_folder_that_is_named_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_setting_that_is_listed_exists_and_none_is_missing() -> None:
    from rag.config import Settings

    for name, field in Settings.model_fields.items():
        row = next(line for line in README.splitlines() if line.startswith(f"| `{name}` |"))
        keys = set(re.findall(r"`(\w+)`", row)) - {name}
        assert keys == set(field.annotation.model_fields)  # type: ignore[union-attr]
