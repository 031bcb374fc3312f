"""Corrections: live at once, kept over every indexing, never misapplied, never silently dropped."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from rag.config import Settings
from rag.corrections import correct, corrections, history, resolve, restore
from rag.encoder import Encoder
from rag.errors import IndexBusy, IndexMissing, UsageError
from rag.generations import CORRECTIONS, build_lock, current_generation, rebuild_command
from rag.index import CourseIndex, verify_index
from rag.sentences import timed_sentences
from tests.rag.corrections.correcting import HEARD, SAID, mend, misheard, opened_without_llm, segments, srt, status


def test_a_correction_is_live_when_the_call_returns(index: Path, encoder: Encoder, settings: Settings) -> None:
    found = misheard(index)
    before = CourseIndex(index)
    row = before.table.row_of(found.segment_id)
    text = found.text.replace(HEARD, SAID)
    made = correct(index, found.segment_id, f"  {text}\n", by="p-7", encoder=encoder, note="nome do pacote")
    assert (made.status, made.text, made.original, made.by) == ("live", text, found.text, "p-7")
    after = CourseIndex(index)
    assert list(after.table.ids) == list(before.table.ids)
    shown = after.segment(row)
    assert (shown.text, shown.start_s, shown.end_s) == (text, found.start_s, found.end_s)
    assert np.flatnonzero((after.dense.vectors() != before.dense.vectors()).any(axis=1)).tolist() == [row]
    hits = opened_without_llm(index, encoder, settings).search("FastAPI", mode="lexical", k=3)
    assert hits[0].segment.segment_id == found.segment_id
    verify_index(index)


def test_links_still_go_to_the_second_at_which_a_sentence_begins(index: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    shown = next(s for s in segments(index) if s.segment_id == found.segment_id)
    assert [(c.start_s, c.end_s) for c in shown.cues] == [(c.start_s, c.end_s) for c in found.cues]
    assert [sentence.start_s for sentence in timed_sentences(shown) if sentence.text == SAID] == [30.0]


def test_searches_that_run_meanwhile_are_not_disturbed(index: Path, encoder: Encoder, settings: Settings) -> None:
    course = opened_without_llm(index, encoder, settings)
    expected = [(hit.segment, hit.score) for hit in course.search("o que a API responde?", k=5)]
    found, seen, done = misheard(index), [], threading.Event()

    def student() -> None:
        while not done.is_set():
            seen.append([(hit.segment, hit.score) for hit in course.search("o que a API responde?", k=5)])

    asking = threading.Thread(target=student)
    asking.start()
    try:
        for n in range(3):
            correct(index, found.segment_id, f"{found.text} E {n} vezes.", by="p-7", encoder=encoder)
    finally:
        done.set()
        asking.join()
    assert seen
    assert all(hits == expected for hits in seen)
    assert not course.index.folder.exists()


def test_history_is_kept_and_the_original_comes_back_to_the_byte(index: Path, encoder: Encoder) -> None:
    before = CourseIndex(index).folder / "segments.parquet"
    source = before.read_bytes()
    found = mend(index, encoder)
    correct(index, found.segment_id, "A FastAPI responde.", by="p-8", encoder=encoder)
    restored = restore(index, found.segment_id, by="p-9", encoder=encoder)
    assert (restored.status, status(index)) == ("restored", ["restored"])
    assert (CourseIndex(index).folder / "segments.parquet").read_bytes() == source
    lines = history(index, found.segment_id)
    assert [(line.by, line.text) for line in lines] == [
        ("p-7", found.text.replace(HEARD, SAID)),
        ("p-8", "A FastAPI responde."),
        ("p-9", None),
    ]
    assert {line.original for line in lines} == {found.text}
    correct(index, found.segment_id, "A FastAPI responde.", by="p-8", encoder=encoder)
    assert correct(index, found.segment_id, found.text, by="p-8", encoder=encoder).status == "restored"


# What a build does with it.


def test_the_next_build_keeps_it_and_changes_nothing(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    generation = current_generation(index)
    report = build(lectures)
    assert (report.unchanged, report.n_embedded) == (("aula-01", "aula-02", "notas"), 0)
    assert report.generation == generation == current_generation(index)
    assert (status(index), report.warnings) == (["live"], ())
    assert any(SAID in s.text and s.segment_id == found.segment_id for s in segments(index))


def test_a_change_elsewhere_in_the_lecture_keeps_it(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    (lectures / "aula-01.srt").write_text(srt(last="Fim da aula sobre APIs."), encoding="utf-8")
    report = build(lectures)
    assert (report.changed, report.n_embedded, status(index)) == (("aula-01",), 1, ["live"])
    assert any(SAID in s.text and s.segment_id == found.segment_id for s in segments(index))


def test_a_change_of_that_very_text_is_a_conflict_until_it_is_resolved(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    found = mend(index, encoder)
    (lectures / "aula-01.srt").write_text(srt(HEARD.replace("Festa", "Fast")), encoding="utf-8")
    report = build(lectures)
    assert f"correction of segment {found.segment_id} waits" in report.warnings[0].en
    conflict = corrections(index)[0]
    assert (conflict.status, conflict.segment_id) == ("conflict", found.segment_id)
    assert conflict.text == found.text.replace(HEARD, SAID)
    (present,) = conflict.present
    assert "Fast API" in present.text
    assert not any(SAID in s.text for s in segments(index))
    with pytest.raises(UsageError, match="its correction is in conflict"):
        restore(index, found.segment_id, by="p-7", encoder=encoder)

    made = resolve(index, found.segment_id, to=present.segment_id, by="p-8", encoder=encoder)
    assert (made.segment_id, made.text, made.status) == (present.segment_id, conflict.text, "live")
    assert [c.status for c in corrections(index)] == ["restored", "live"]
    assert [line.by for line in history(index, present.segment_id)] == ["p-7", "p-8", "p-8"]
    assert build(lectures).warnings == ()
    with pytest.raises(UsageError, match="no conflict"):
        resolve(index, found.segment_id, to=None, by="p-8", encoder=encoder)


def test_a_conflict_can_be_dropped_and_ends_by_itself_when_the_text_is_back(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    mend(index, encoder)
    (lectures / "aula-01.srt").write_text(srt("Outra frase."), encoding="utf-8")
    build(lectures)
    assert status(index) == ["conflict"]
    (lectures / "aula-01.srt").write_text(srt(), encoding="utf-8")
    build(lectures)
    assert status(index) == ["live"]
    (lectures / "aula-01.srt").write_text(srt("Outra frase."), encoding="utf-8")
    generation = build(lectures).generation
    dropped = resolve(index, corrections(index)[0].segment_id, to=None, by="p-8", encoder=encoder)
    assert (dropped.status, status(index), current_generation(index)) == ("restored", ["restored"], generation)
    (lectures / "aula-01.srt").write_text(srt(), encoding="utf-8")
    build(lectures)
    assert misheard(index).text == dropped.original


def test_a_lecture_that_goes_and_returns_has_its_correction(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    mend(index, encoder)
    build(remove=("aula-01",))
    assert status(index) == ["gone"]
    verify_index(index)
    build(lectures)
    assert status(index) == ["live"]


def test_an_index_made_anew_as_its_errors_advise_has_the_corrections(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    mend(index, encoder)
    advised = rebuild_command(index).split(" && ")[0]
    subprocess.run(advised, shell=True, check=True)
    assert [path.name for path in index.iterdir()] == [CORRECTIONS]
    build(lectures)
    assert status(index) == ["live"]


def test_written_material_is_corrected_too(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    (found,) = segments(index, "notas")
    correct(index, found.segment_id, "O gradiente desce a ladeira.", by="p-7", encoder=encoder)
    assert segments(index, "notas")[0].cues[-1].text.endswith("ladeira.")
    (lectures / "notas.md").write_text("# Notas\n\nO gradiente desce mesmo a ladera.\n", encoding="utf-8")
    build(lectures)
    (conflict,) = corrections(index)
    assert (conflict.status, [s.lecture_id for s in conflict.present]) == ("conflict", ["notas"])


# What is refused.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n\x07", r"segment \d+ is empty \(.*\); write what was said"),
        ("{}", "already has that text"),
        ("{} " + "palavra " * 600, r"has \d{3,} tokens, and the encoder reads 512; shorten it by \d+"),
    ],
)
def test_a_text_that_cannot_be_is_refused_and_leaves_no_trace(
    index: Path, encoder: Encoder, text: str, message: str
) -> None:
    found, generation = misheard(index), current_generation(index)
    with pytest.raises(UsageError, match=message):
        correct(index, found.segment_id, text.format(found.text), by="p-7", encoder=encoder)
    assert (corrections(index), current_generation(index)) == ([], generation)


def test_what_is_not_there_is_named(index: Path, encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="segment 12 is not in the index; search again"):
        correct(index, 12, "x", by="p-7", encoder=encoder)
    with pytest.raises(UsageError, match="nothing to restore"):
        restore(index, misheard(index).segment_id, by="p-7", encoder=encoder)
    with pytest.raises(IndexMissing):
        correct(tmp_path / "nada", 12, "x", by="p-7", encoder=encoder)
    assert not (tmp_path / "nada").exists()
    with build_lock(index, wait_s=0), pytest.raises(IndexBusy, match=r"after 0 s"):
        correct(index, misheard(index).segment_id, "x", by="p-7", encoder=encoder, wait_s=0.1)
