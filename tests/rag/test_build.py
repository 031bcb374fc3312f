"""Building: what is embedded and what is not, kills at random moments, damage found, two builds at once."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.build import BuildReport, build_index
from rag.config import Settings
from rag.embedding_cache import cache_name
from rag.encoder import Encoder
from rag.errors import DuplicateLecture, IndexDamaged, IndexForeign, IndexMissing, UsageError
from rag.generations import current_generation, read_manifest
from rag.index import CourseIndex, verify_index
from rag.windows import telling_title, windows
from tests.conftest import SAMPLE

SRT = "1\n00:00:00,000 --> 00:00:20,000\n{}\n\n2\n00:00:20,000 --> 00:00:40,000\nAté a próxima aula, pessoal.\n"


@pytest.fixture
def lectures(tmp_path: Path) -> Path:
    folder = tmp_path / "aulas"
    folder.mkdir()
    for name, text in (("aula-01", "Hoje falamos de dropout."), ("aula-02", "Hoje falamos de convolução.")):
        (folder / f"{name}.srt").write_text(SRT.format(text), encoding="utf-8")
    return folder


@pytest.fixture
def build(tmp_path: Path, encoder: Encoder, settings: Settings):
    def run(*sources: Path, remove: tuple[str, ...] = (), changed: Settings | None = None) -> BuildReport:
        return build_index(tmp_path / "index", list(sources), encoder, changed or settings, remove=remove)

    return run


def ids(index: Path) -> dict[str, list[int]]:
    opened = CourseIndex(index)
    found: dict[str, list[int]] = {}
    for row in range(len(opened)):
        segment = opened.segment(row)
        found.setdefault(segment.lecture_id, []).append(segment.segment_id)
    return found


def test_the_second_build_does_nothing(build, lectures: Path, tmp_path: Path) -> None:
    first = build(lectures)
    assert (first.new, first.n_embedded) == (("aula-01", "aula-02"), 2)
    second = build(lectures)
    assert (second.unchanged, second.n_embedded, second.generation) == (("aula-01", "aula-02"), 0, first.generation)


def test_a_changed_file_is_the_only_one_embedded_again(build, lectures: Path, tmp_path: Path) -> None:
    build(lectures)
    before = ids(tmp_path / "index")
    (lectures / "aula-01.srt").write_text(SRT.format("Hoje mudou tudo."), encoding="utf-8")
    report = build(lectures)
    after = ids(tmp_path / "index")
    assert (report.changed, report.unchanged, report.n_embedded) == (("aula-01",), ("aula-02",), 1)
    assert after["aula-02"] == before["aula-02"]
    assert after["aula-01"] != before["aula-01"]


def test_a_removed_file_goes_and_returns_with_its_id(build, lectures: Path, tmp_path: Path) -> None:
    build(lectures)
    before = ids(tmp_path / "index")
    kept = (lectures / "aula-01.srt").read_bytes()
    (lectures / "aula-01.srt").unlink()
    assert build(lectures).removed == ("aula-01",)
    assert ids(tmp_path / "index").keys() == {"aula-02"}
    (lectures / "aula-01.srt").write_bytes(kept)
    report = build(lectures)
    assert (report.new, report.n_embedded) == (("aula-01",), 0)
    assert ids(tmp_path / "index") == before


def test_lectures_from_other_sources_stay(build, lectures: Path, tmp_path: Path) -> None:
    other = tmp_path / "outras"
    other.mkdir()
    (other / "extra.txt").write_text("Anotações sobre o gradiente.", encoding="utf-8")
    build(lectures)
    report = build(other)
    assert (report.new, report.removed, report.n_lectures) == (("extra",), (), 3)
    assert build(remove=("aula-02",)).n_lectures == 2


def test_one_id_from_two_sources_is_refused(build, lectures: Path, tmp_path: Path) -> None:
    other = tmp_path / "outras"
    other.mkdir()
    shutil.copy(lectures / "aula-01.srt", other / "aula-01.srt")
    build(lectures)
    with pytest.raises(DuplicateLecture, match="--remove aula-01"):
        build(other)


def test_an_unknown_lecture_cannot_be_removed(build, lectures: Path) -> None:
    build(lectures)
    with pytest.raises(UsageError, match="'aula-99' is not in the index"):
        build(remove=("aula-99",))


def test_an_unreadable_file_is_named_and_its_earlier_version_stays(build, lectures: Path, tmp_path: Path) -> None:
    build(lectures)
    before = ids(tmp_path / "index")
    (lectures / "aula-01.srt").write_bytes(b"\x00\x01\x02" * 40)
    report = build(lectures)
    assert "aula-01.srt" in str(report.unreadable[0])
    assert not report.nothing_readable
    assert ids(tmp_path / "index") == before


def test_other_segment_settings_make_it_all_anew(build, lectures: Path, settings: Settings) -> None:
    build(lectures)
    shorter = settings.model_copy(update={"segments": settings.segments.model_copy(update={"target_s": 60.0})})
    assert build(lectures, changed=shorter).changed == ("aula-01", "aula-02")
    assert build(lectures, changed=shorter).changed == ()


def test_every_damaged_file_is_found_by_verify(build, lectures: Path, tmp_path: Path) -> None:
    build(lectures)
    index = tmp_path / "index"
    folder, manifest = read_manifest(index)
    for record in manifest.files:
        path = folder / record.path
        good = path.read_bytes()
        path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
        with pytest.raises(IndexDamaged, match=record.path.rsplit("/", 1)[-1]):
            verify_index(index)
        path.write_bytes(good)
    verify_index(index)
    (folder / "stranger").write_text("x")
    with pytest.raises(IndexDamaged, match="stranger"):
        verify_index(index)


@pytest.mark.parametrize("damage", ["manifest gone", "manifest garbage", "file gone", "file short", "CURRENT garbage"])
def test_opening_a_damaged_index_is_refused(build, lectures: Path, tmp_path: Path, damage: str) -> None:
    build(lectures)
    index = tmp_path / "index"
    folder = index / str(current_generation(index))
    if damage == "manifest gone":
        (folder / "manifest.json").unlink()
    elif damage == "manifest garbage":
        (folder / "manifest.json").write_text("[" * 100_000)
    elif damage == "file gone":
        (folder / "dense.faiss").unlink()
    elif damage == "file short":
        (folder / "segments.parquet").write_bytes(b"PAR1")
    else:
        (index / "CURRENT").write_bytes(b"\xff../../etc")
    with pytest.raises(IndexDamaged, match="monitoria index"):
        CourseIndex(index)


def test_another_format_is_refused(build, lectures: Path, tmp_path: Path) -> None:
    build(lectures)
    manifest = tmp_path / "index" / str(current_generation(tmp_path / "index")) / "manifest.json"
    data = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(data | {"format_version": 99}), encoding="utf-8")
    with pytest.raises(IndexForeign, match="format 99"):
        CourseIndex(tmp_path / "index")


def test_no_index_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="monitoria index SOURCE --index"):
        CourseIndex(tmp_path / "nothing")


def cli(*arguments: object) -> subprocess.Popen[str]:
    environment = os.environ | {
        "MONITORIA_ENCODER__SOURCE": "carried",
        "MONITORIA_ENCODER__RUNTIME": "onnx-int8",
        "MONITORIA_LANG": "en",
    }
    command = [sys.executable, "-m", "interfaces.cli", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def embedded(index: Path, encoder: Encoder) -> int:
    """Records in the embedding cache: how many texts were ever embedded and kept."""
    path = index / "embeddings" / cache_name(encoder.identity)
    return path.stat().st_size // (32 + 4 * encoder.identity.dim + 4) if path.exists() else 0


def test_builds_killed_at_random_moments_lose_nothing_and_embed_nothing_twice(
    tmp_path: Path, encoder: Encoder, sample_index: Path
) -> None:
    index = tmp_path / "index"
    chance = random.Random(11)
    kept = 0
    for _ in range(6):
        process = cli("index", SAMPLE, "--index", index)
        time.sleep(chance.uniform(0.5, 6.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = embedded(index, encoder)
        assert now >= kept
        kept = now
        if (index / "CURRENT").exists():
            verify_index(index)
    process = cli("index", SAMPLE, "--index", index)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    verify_index(index)
    assert ids(index) == ids(sample_index)
    opened = CourseIndex(index)
    segments = [opened.segment(row) for row in range(len(opened))]
    sizes = encoder.count_tokens([found.text for found in segments])
    distinct = {found.text for found in segments}
    for found, n_tokens in zip(segments, sizes, strict=True):
        distinct |= {w.text for w in windows(found, telling_title(opened.lecture(found.lecture_id)), n_tokens)}
    assert embedded(index, encoder) == len(distinct)


def test_the_second_of_two_builds_waits_and_says_so(tmp_path: Path) -> None:
    index = tmp_path / "index"
    first = cli("index", SAMPLE, "--index", index)
    while not (index / ".lock").exists():
        time.sleep(0.05)
    time.sleep(0.2)
    second = cli("index", SAMPLE, "--index", index)
    outputs = [process.communicate(timeout=300) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert "waiting" in outputs[1][1]
    assert "8 unchanged" in outputs[1][0]
    verify_index(index)


def test_a_link_out_of_the_source_is_like_any_file(build, lectures: Path, tmp_path: Path) -> None:
    outside = tmp_path / "fora.txt"
    outside.write_text("O gradiente desce a ladeira.", encoding="utf-8")
    (lectures / "fora.txt").symlink_to(outside)
    assert build(lectures).new == ("aula-01", "aula-02", "fora")
    assert build(lectures).unchanged == ("aula-01", "aula-02", "fora")
    (lectures / "fora.txt").unlink()
    assert build(lectures).removed == ("fora",)


def test_a_folder_that_was_moved_is_followed(build, lectures: Path, tmp_path: Path) -> None:
    build(lectures)
    moved = lectures.rename(tmp_path / "outro-nome")
    assert build(moved).unchanged == ("aula-01", "aula-02")
    (moved / "aula-01.srt").unlink()
    assert build(moved).removed == ("aula-01",)
    lectures.mkdir()
    (lectures / "aula-01.srt").write_text(SRT.format("De volta."), encoding="utf-8")
    assert build(lectures).new == ("aula-01",)


def test_new_settings_reach_every_lecture_however_they_are_named(
    build,
    settings: Settings,
    tmp_path: Path,
) -> None:
    """Two partial builds under new settings leave what one whole build under them makes."""
    shorter = settings.model_copy(update={"segments": settings.segments.model_copy(update={"target_s": 45.0})})
    names = [SAMPLE / "aula-02.srt", SAMPLE / "aula-06.srt"]
    build(*names)
    for name in names:
        assert build(name, changed=shorter).changed == (name.stem,)
    partial = ids(tmp_path / "index")
    shutil.rmtree(tmp_path / "index")
    build(*names, changed=shorter)
    assert ids(tmp_path / "index") == partial


def test_what_is_no_index_is_never_advised_to_be_removed(build, lectures: Path, tmp_path: Path) -> None:
    file = tmp_path / "tese final.md"
    file.write_text("minha tese", encoding="utf-8")
    folder = tmp_path / "minhas notas"
    folder.mkdir()
    (folder / "CURRENT").write_text("de hoje", encoding="utf-8")
    for place in (file, folder):
        with pytest.raises(UsageError) as caught:
            CourseIndex(place)
        assert "rm -r" not in caught.value.en + caught.value.pt
    build(lectures)
    spaced = (tmp_path / "index").rename(tmp_path / "meu índice")
    (spaced / str(current_generation(spaced)) / "dense.faiss").unlink()
    with pytest.raises(IndexDamaged, match=r"rm -r '.*meu índice' && monitoria index SOURCE --index '.*meu índice'"):
        CourseIndex(spaced)


def test_a_damaged_list_of_sources_is_one_sentence(build, lectures: Path, tmp_path: Path) -> None:
    build(lectures)
    index = tmp_path / "index"
    path = index / str(current_generation(index)) / "sources.json"
    path.write_text("{}" + " " * (path.stat().st_size - 2), encoding="utf-8")
    with pytest.raises(IndexDamaged, match=r"sources\.json"):
        build(lectures)
