"""Parquet and back: exactly the same, quickly, and never anything but a plain error."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.errors import StoreError
from corpus.records import Cue, Lecture, Segment, Word
from corpus.segmenter import assign_ids
from corpus.store import SegmentTable, read_lectures, read_segments, write_lectures, write_segments

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TIME = st.floats(0, 1e6)
WORD = st.builds(Word, TEXT, TIME, TIME)
HEADING = st.lists(TEXT, max_size=3).map(tuple)
CUE = st.builds(
    Cue,
    text=TEXT,
    start_s=st.none() | TIME,
    end_s=st.none() | TIME,
    words=st.lists(WORD, max_size=3).map(tuple),
    heading=HEADING,
    interpolated=st.booleans(),
)
SEGMENT = st.builds(
    Segment,
    segment_id=st.integers(1, 2**31 - 1),
    lecture_id=TEXT,
    start_s=st.none() | TIME,
    end_s=st.none() | TIME,
    text=TEXT,
    cues=st.lists(CUE, max_size=4).map(tuple),
    heading=HEADING,
)
LECTURE = st.builds(
    Lecture,
    lecture_id=TEXT,
    title=TEXT,
    url=st.none() | TEXT,
    course=st.none() | TEXT,
    date=st.none() | TEXT,
    lecturer=st.none() | TEXT,
    language=st.sampled_from(["pt", "en"]),
    kind=st.sampled_from(["spoken", "written"]),
    source=TEXT,
    source_sha256=TEXT,
)


def many(count: int) -> list[Segment]:
    cues = tuple(Cue(f"legenda número {n}", n * 5.0, n * 5.0 + 4.5) for n in range(24))
    text = " ".join(cue.text for cue in cues)
    return [
        Segment(n + 1, f"aula-{n // 60:03d}", n * 120.0, n * 120.0 + 120, f"{n} {text}", cues) for n in range(count)
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(SEGMENT, max_size=8), st.lists(LECTURE, max_size=4))
def test_round_trip(tmp_path: Path, segments: list[Segment], lectures: list[Lecture]) -> None:
    write_segments(tmp_path / "segments.parquet", segments)
    write_lectures(tmp_path / "lectures.parquet", lectures)
    assert read_segments(tmp_path / "segments.parquet") == segments
    table = SegmentTable.open(tmp_path / "segments.parquet")
    assert [table.segment(row) for row in range(len(table))] == segments
    assert read_lectures(tmp_path / "lectures.parquet") == lectures


def test_a_table_by_hand(tmp_path: Path) -> None:
    spoken = Segment(7, "aula-03", 1.5, 9.0, "oi", (Cue("oi", 1.5, 9.0, (Word("oi", 1.5, 2.0),)),))
    written = Segment(3, "nota", None, None, "fim", (Cue("fim", heading=("A",)),), ("A",))
    write_segments(tmp_path / "s.parquet", [spoken, written])
    table = SegmentTable.open(tmp_path / "s.parquet")
    assert len(table) == 2
    assert table.ids.tolist() == [7, 3]
    assert table.lecture_ids.tolist() == ["aula-03", "nota"]
    assert table.texts == ["oi", "fim"]
    assert table.start_s[0] == 1.5
    assert table.start_s[1] != table.start_s[1]  # NaN: untimed
    assert table.by_id(3) == written
    assert table.segment(0) == spoken
    assert table.row_of(3) == 1
    with pytest.raises(KeyError):
        table.by_id(99)
    for row in (-1, 2):
        with pytest.raises(IndexError):
            table.segment(row)


def test_an_empty_table(tmp_path: Path) -> None:
    write_segments(tmp_path / "s.parquet", [])
    assert len(SegmentTable.open(tmp_path / "s.parquet")) == 0
    assert read_segments(tmp_path / "s.parquet") == []


def test_ten_thousand_segments_open_at_once(tmp_path: Path) -> None:
    segments = many(10_000)
    path = tmp_path / "s.parquet"
    write_segments(path, segments)
    began = time.perf_counter()
    table = SegmentTable.open(path)
    opened = time.perf_counter()
    assert table.segment(9_999) == segments[9_999]
    assert time.perf_counter() - opened < 0.5
    assert opened - began < 1.0
    assert path.stat().st_size < 2_000_000


def test_ids_are_found_in_whatever_order_they_lie(tmp_path: Path) -> None:
    segments = [replace(segment, segment_id=(row * 7919) % 1009) for row, segment in enumerate(many(1009))]
    write_segments(tmp_path / "s.parquet", segments)
    table = SegmentTable.open(tmp_path / "s.parquet")
    assert [table.row_of(segment.segment_id) for segment in segments] == list(range(1009))
    assert table.by_id(segments[700].segment_id) == segments[700]


def test_a_lectures_id_is_kept_once(tmp_path: Path) -> None:
    """A million segments are of a few thousand lectures; their ids must not be a million strings."""
    write_segments(tmp_path / "s.parquet", many(600))
    lecture_ids = SegmentTable.open(tmp_path / "s.parquet").lecture_ids
    assert lecture_ids[0] is lecture_ids[59]
    assert lecture_ids[59] != lecture_ids[60]


def test_known_ids_are_kept(tmp_path: Path) -> None:
    segments = assign_ids(many(50))
    write_segments(tmp_path / "s.parquet", segments)
    table = SegmentTable.open(tmp_path / "s.parquet")
    assert assign_ids(segments, table.known()) == segments
    assert set(table.known(without={"aula-000"})) == set()


def test_a_file_deleted_while_open_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    segments = many(600)
    write_segments(path, segments)
    table = SegmentTable.open(path)
    path.unlink()
    assert [table.segment(row) for row in range(600)] == segments


def test_threads_share_a_table(tmp_path: Path) -> None:
    segments = many(6_000)
    write_segments(tmp_path / "s.parquet", segments)
    table = SegmentTable.open(tmp_path / "s.parquet")
    rows = [(row * 997) % 6_000 for row in range(400)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(table.segment, rows)) == [segments[row] for row in rows]


@pytest.mark.parametrize("content", [None, b"", b"PAR1", b"nada de parquet" * 100])
def test_what_is_no_store_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "s.parquet"
    if content is not None:
        path.write_bytes(content)
    for read in (SegmentTable.open, read_lectures):
        with pytest.raises(StoreError) as caught:
            read(path)
        assert "s.parquet" in caught.value.en


def test_another_format_is_refused(tmp_path: Path) -> None:
    write_lectures(tmp_path / "l.parquet", [])
    with pytest.raises(StoreError) as caught:
        SegmentTable.open(tmp_path / "l.parquet")
    assert "format 'lectures/1', expected 'segments/1'" in caught.value.en


def test_damage_inside_is_a_store_error(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    write_segments(path, many(600))
    data = bytearray(path.read_bytes())
    for position in range(8, len(data) - 4000, 37):
        data[position] ^= 0x5A
    path.write_bytes(data)
    with pytest.raises(StoreError):
        read_segments(path)


def test_writing_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        write_segments(tmp_path / "nada" / "s.parquet", many(1))
