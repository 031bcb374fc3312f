"""Corrections that fail, are killed, or whose file is damaged."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.correction_log import read_log
from rag.corrections import correct, corrections, forget_author, history, restore
from rag.encoder import Encoder
from rag.errors import IndexDamaged, UsageError
from rag.generations import CORRECTIONS, current_generation
from rag.index import CourseIndex, verify_index
from tests.rag.corrections.correcting import HEARD, SAID, mend, misheard, segments, status


class _FailingEncoder:
    """An encoder whose machine runs out of memory."""

    def __init__(self, encoder: Encoder) -> None:
        self.identity, self.max_tokens, self.count_tokens = encoder.identity, encoder.max_tokens, encoder.count_tokens

    def token_vectors(self, texts: object) -> object:
        raise MemoryError


def test_a_correction_that_fails_is_not_kept(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    found, generation = misheard(index), current_generation(index)
    with pytest.raises(MemoryError):
        correct(index, found.segment_id, "x", by="p-7", encoder=_FailingEncoder(encoder))
    (index / "CURRENT.new").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        correct(index, found.segment_id, "x", by="p-7", encoder=encoder)
    assert (corrections(index), current_generation(index)) == ([], generation)
    (index / "CURRENT.new").rmdir()
    build(lectures)
    assert misheard(index) == found


def test_a_kill_between_keeping_and_publishing_leaves_it_waiting(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    generation = str(current_generation(index))
    mend(index, encoder)
    (index / "CURRENT").write_text(generation)
    assert status(index) == ["waiting"]
    report = build(lectures)
    assert (status(index), report.n_embedded, report.unchanged) == (["live"], 0, ("aula-01", "aula-02", "notas"))


_IN_A_PROCESS = """
import sys
from pathlib import Path
from rag.corrections import correct
from rag.encoder import open_encoder

encoder = open_encoder(source="carried", runtime="onnx-int8")
print("ready", flush=True)
correct(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], by="p-7", encoder=encoder)
"""


@pytest.mark.parametrize(
    "reached",
    [
        lambda index: len(list(index.glob("gen-*"))) > 1,
        lambda index: (index / "gen-000002" / "manifest.json").exists(),
        lambda index: (index / CORRECTIONS).exists(),
        lambda index: current_generation(index) == "gen-000002",
    ],
    ids=["begun", "written", "kept", "live"],
)
def test_a_correction_that_is_killed_is_made_or_not(build, index: Path, lectures: Path, reached) -> None:
    found = misheard(index)
    text = found.text.replace(HEARD, SAID)
    command = [sys.executable, "-c", _IN_A_PROCESS, str(index), str(found.segment_id), text]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    while not reached(index) and process.poll() is None:
        time.sleep(0.0005)
    process.kill()
    process.communicate()
    verify_index(index)
    kept = bool(read_log(index))
    assert kept or current_generation(index) == "gen-000001"
    build(lectures)
    assert status(index) == (["live"] if kept else [])
    assert any(SAID in s.text for s in segments(index)) == kept


def test_a_torn_last_line_is_passed_over_and_repaired(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    path = index / CORRECTIONS
    whole = path.read_bytes()
    for torn in (whole[:-1], whole + whole[:40], whole + whole[:-9]):
        path.write_bytes(torn)
        assert [change.segment_id for change in read_log(index)] == [found.segment_id]
    correct(index, found.segment_id, "A FastAPI responde.", by="p-8", encoder=encoder)
    assert path.read_bytes().startswith(whole)
    assert [change.by for change in read_log(index)] == ["p-7", "p-8"]
    path.write_bytes(whole[:-1])
    restore(index, found.segment_id, by="p-9", encoder=encoder)
    assert [change.by for change in read_log(index)] == ["p-7", "p-9"]


@pytest.mark.parametrize("damage", [b"{}", b"[1]", b"\xff\xfe", b"null", b"[" * 100_000])
def test_a_damaged_line_is_named_and_no_rebuild_is_advised(
    build, index: Path, lectures: Path, encoder: Encoder, damage: bytes
) -> None:
    mend(index, encoder)
    path = index / CORRECTIONS
    path.write_bytes(path.read_bytes() + damage + b"\n" + path.read_bytes())
    for reads in (lambda: corrections(index), lambda: build(lectures), lambda: verify_index(index)):
        with pytest.raises(IndexDamaged, match=r"corrections\.jsonl:2: not a correction") as caught:
            reads()
        assert "-delete" not in caught.value.en + caught.value.pt
    assert CourseIndex(index).manifest.n_segments


def test_an_original_that_someone_edited_in_the_file_is_not_believed(index: Path, encoder: Encoder) -> None:
    mend(index, encoder)
    path = index / CORRECTIONS
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"original": "outro texto"}) + "\n", encoding="utf-8")
    with pytest.raises(IndexDamaged, match=r"corrections\.jsonl:1"):
        read_log(index)


def test_a_person_can_be_forgotten_and_her_corrections_stay(index: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    correct(index, found.segment_id, "A FastAPI responde.", by="p-8", encoder=encoder)
    assert forget_author(index, "p-7") == 1
    assert [change.by for change in history(index, found.segment_id)] == ["", "p-8"]
    assert (status(index), b"p-7" in (index / CORRECTIONS).read_bytes()) == (["live"], False)
