"""Segments and lectures on disk, as Parquet; nothing is pickled. The manifest beside them is `rag.index`'s.

Cues lie in flat list columns, not in lists of structs: a row of these decodes ten times as fast, and a server
decodes only the rows it shows. Groups are small and compressed by LZ4 without dictionaries, since showing ten hits
reads ten of them: 0.3 ms each instead of 1.3 with Zstandard and twice the rows, for 1.3 KB a segment instead of 0.9.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import StoreError
from corpus.records import Cue, Lecture, Segment, Word
from corpus.segment_ids import segment_keys

_FORMAT_KEY = b"monitoria.format"
_SEGMENTS_FORMAT = b"segments/1"
_LECTURES_FORMAT = b"lectures/1"
_ROWS_PER_GROUP = 128
_ROWS_AT_ONCE = 64 * _ROWS_PER_GROUP
_GROUPS_KEPT = 32

_SEGMENT_SCHEMA = pa.schema(
    [
        ("segment_id", pa.int64()),
        ("lecture_id", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("text", pa.large_string()),
        ("heading", pa.list_(pa.string())),
        ("cue_text", pa.list_(pa.large_string())),
        ("cue_start_s", pa.list_(pa.float64())),
        ("cue_end_s", pa.list_(pa.float64())),
        ("cue_interpolated", pa.list_(pa.bool_())),
        ("cue_heading", pa.list_(pa.list_(pa.string()))),
        ("cue_words", pa.list_(pa.int32())),
        ("word_text", pa.list_(pa.large_string())),
        ("word_start_s", pa.list_(pa.float64())),
        ("word_end_s", pa.list_(pa.float64())),
    ],
    metadata={_FORMAT_KEY: _SEGMENTS_FORMAT},
)
_LIGHT_COLUMNS = ["segment_id", "lecture_id", "start_s", "end_s"]
_COMPRESSION: dict[str, Any] = {"compression": "lz4", "use_dictionary": ["lecture_id"], "write_statistics": False}
_LECTURE_SCHEMA = pa.schema(
    [(column.name, pa.string()) for column in fields(Lecture)], metadata={_FORMAT_KEY: _LECTURES_FORMAT}
)


def write_segments(path: Path, segments: Sequence[Segment]) -> None:
    """Write segments in the order given, a few thousand at once; what stood at ``path`` is replaced.

    Raises:
        StoreError: the file cannot be written.
    """
    with _written_plainly(path), pq.ParquetWriter(path, _SEGMENT_SCHEMA, **_COMPRESSION) as writer:
        for start in range(0, len(segments), _ROWS_AT_ONCE):
            rows = [_row(segment) for segment in segments[start : start + _ROWS_AT_ONCE]]
            columns = {name: [row[name] for row in rows] for name in _SEGMENT_SCHEMA.names}
            writer.write_table(pa.table(columns, schema=_SEGMENT_SCHEMA), row_group_size=_ROWS_PER_GROUP)


def read_segments(path: Path) -> list[Segment]:
    """All segments of a file, cues and words included; several times as fast as `SegmentTable.segment` of each row.

    Raises:
        StoreError: the file is missing, damaged, or of another format.
    """
    opened = _open(path, _SEGMENTS_FORMAT)
    with _said_plainly(path):
        groups = (opened.read_row_group(group) for group in range(opened.num_row_groups))
        return [segment for group in groups for segment in _decode(group)]


def write_lectures(path: Path, lectures: Sequence[Lecture]) -> None:
    """Write lectures in the order given; what stood at ``path`` is replaced.

    Raises:
        StoreError: the file cannot be written.
    """
    columns = {name: [getattr(lecture, name) for lecture in lectures] for name in _LECTURE_SCHEMA.names}
    with _written_plainly(path):
        pq.write_table(pa.table(columns, schema=_LECTURE_SCHEMA), path, compression="zstd")


def read_lectures(path: Path) -> list[Lecture]:
    """All lectures of a file.

    Raises:
        StoreError: the file is missing, damaged, or of another format.
    """
    opened = _open(path, _LECTURES_FORMAT)
    with _said_plainly(path):
        rows: list[dict[str, Any]] = opened.read().to_pylist()
    return [Lecture(**row) for row in rows]


class SegmentTable:
    """A file of segments, opened: ids and times at hand, text and cues decoded when a segment is asked for.

    Safe to share between threads. The file stays open, so a generation can be deleted while it is read. What is
    kept in memory is 32 bytes a segment.

    Attributes:
        ids: ``(n,) int64``, the segments' ids.
        lecture_ids: ``(n,) object``, their lectures' ids.
        start_s: ``(n,) float64`` seconds, NaN where untimed.
        end_s: ``(n,) float64`` seconds, NaN where untimed.
    """

    def __init__(self, path: Path, opened: pq.ParquetFile) -> None:
        self._path = path
        self._file = opened
        self._lock = threading.Lock()
        self._groups: OrderedDict[int, pa.Table] = OrderedDict()
        with _said_plainly(path):
            light = opened.read(columns=_LIGHT_COLUMNS)
            sizes = [opened.metadata.row_group(group).num_rows for group in range(opened.num_row_groups)]
        self._first_rows = np.cumsum([0, *sizes])
        self.ids: npt.NDArray[np.int64] = light["segment_id"].to_numpy()
        self.lecture_ids: npt.NDArray[np.object_] = _shared_strings(light["lecture_id"])
        self.start_s: npt.NDArray[np.float64] = light["start_s"].to_numpy()
        self.end_s: npt.NDArray[np.float64] = light["end_s"].to_numpy()
        self._by_id = np.argsort(self.ids, kind="stable")

    @classmethod
    def open(cls, path: Path) -> SegmentTable:
        """Open a file that `write_segments` wrote.

        Raises:
            StoreError: the file is missing, damaged, or of another format.
        """
        return cls(path, _open(path, _SEGMENTS_FORMAT))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def texts(self) -> list[str]:
        """``n`` texts, read when first asked for and then kept."""
        with self._lock, _said_plainly(self._path):
            texts: list[str] = self._file.read(columns=["text"])["text"].to_pylist()
        return texts

    def segment(self, row: int) -> Segment:
        """The segment of a row.

        Raises:
            IndexError: ``row`` is not in ``0 … len - 1``.
            StoreError: the file is damaged there.
        """
        if not 0 <= row < len(self):
            raise IndexError(f"row should be in 0..{len(self) - 1}, is now {row}")
        group = int(np.searchsorted(self._first_rows, row, side="right")) - 1
        with _said_plainly(self._path):
            return next(_decode(self._group(group).slice(row - int(self._first_rows[group]), 1)))

    def row_of(self, segment_id: int) -> int:
        """The row of a segment.

        Raises:
            KeyError: no segment has this id.
        """
        place = int(np.searchsorted(self.ids, segment_id, sorter=self._by_id))
        if place == len(self) or self.ids[self._by_id[place]] != segment_id:
            raise KeyError(segment_id)
        return int(self._by_id[place])

    def by_id(self, segment_id: int) -> Segment:
        """The segment of an id.

        Raises:
            KeyError: no segment has this id.
        """
        return self.segment(self.row_of(segment_id))

    def known(self, without: Collection[str] = ()) -> dict[int, str]:
        """Ids and keys for `corpus.segmenter.assign_ids`; lectures ``without`` are left out."""
        rows = [
            _Content(lecture_id, None if np.isnan(start) else start, None if np.isnan(end) else end, text)
            for lecture_id, start, end, text in zip(
                self.lecture_ids, self.start_s.tolist(), self.end_s.tolist(), self.texts, strict=True
            )
        ]
        pairs = zip(self.ids.tolist(), segment_keys(rows), rows, strict=True)
        return {segment_id: key for segment_id, key, row in pairs if row.lecture_id not in without}

    def _group(self, group: int) -> pa.Table:
        with self._lock:
            if group not in self._groups:
                # A group is small: threads would cost more than they save, and they are the encoder's.
                self._groups[group] = self._file.read_row_group(group, use_threads=False)
                if len(self._groups) > _GROUPS_KEPT:
                    self._groups.popitem(last=False)
            self._groups.move_to_end(group)
            return self._groups[group]


@dataclass(frozen=True, slots=True)
class _Content:
    lecture_id: str
    start_s: float | None
    end_s: float | None
    text: str


@contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    """Turn what pyarrow and the system raise into a `StoreError` that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise StoreError(
            pt=f"{path}: arquivo de segmentos ilegível ou danificado ({reason})",
            en=f"{path}: the segment file is unreadable or damaged ({reason})",
        ) from error


@contextmanager
def _written_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            pt=f"{path}: não foi possível gravar ({error}); confira espaço e permissões.",
            en=f"{path}: could not be written ({error}); check space and permissions.",
        ) from error


def _open(path: Path, expected: bytes) -> pq.ParquetFile:
    with _said_plainly(path):
        opened = pq.ParquetFile(path, memory_map=True)
        found = (opened.schema_arrow.metadata or {}).get(_FORMAT_KEY, b"")
    if found != expected:
        raise StoreError(
            pt=f"{path}: formato {found.decode(errors='replace') or 'desconhecido'!r}, esperado "
            f"{expected.decode()!r}; refaça o índice.",
            en=f"{path}: format {found.decode(errors='replace') or 'unknown'!r}, expected "
            f"{expected.decode()!r}; build the index again.",
        )
    return opened


def _shared_strings(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    """``(n,) object``; equal strings are one object, as a lecture has many segments."""
    encoded = column.combine_chunks().dictionary_encode()
    distinct: npt.NDArray[np.object_] = np.array(encoded.dictionary.to_pylist(), dtype=object)
    return np.asarray(distinct[encoded.indices.to_numpy()], dtype=object)


def _row(segment: Segment) -> dict[str, object]:
    cues = segment.cues
    words = [word for cue in cues for word in cue.words]
    return {
        "segment_id": segment.segment_id,
        "lecture_id": segment.lecture_id,
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "text": segment.text,
        "heading": segment.heading,
        "cue_text": [cue.text for cue in cues],
        "cue_start_s": [cue.start_s for cue in cues],
        "cue_end_s": [cue.end_s for cue in cues],
        "cue_interpolated": [cue.interpolated for cue in cues],
        "cue_heading": [cue.heading for cue in cues],
        "cue_words": [len(cue.words) for cue in cues],
        "word_text": [word.text for word in words],
        "word_start_s": [word.start_s for word in words],
        "word_end_s": [word.end_s for word in words],
    }


def _decode(table: pa.Table) -> Iterator[Segment]:
    columns = {name: table[name].to_pylist() for name in ("segment_id", "lecture_id", "start_s", "end_s", "text")}
    heading = table["heading"].to_pylist()
    counts = [len(cues) for cues in table["cue_text"].to_pylist()]
    cues = _cues(table)
    rows = zip(*columns.values(), heading, counts, strict=True)
    for segment_id, lecture_id, start_s, end_s, text, path, count in rows:
        yield Segment(segment_id, lecture_id, start_s, end_s, text, tuple(islice(cues, count)), tuple(path))


def _cues(table: pa.Table) -> Iterator[Cue]:
    words = map(Word, *(_flat(table, name) for name in ("word_text", "word_start_s", "word_end_s")))
    names = ("cue_text", "cue_start_s", "cue_end_s", "cue_words", "cue_heading", "cue_interpolated")
    for text, start_s, end_s, count, heading, interpolated in zip(*(_flat(table, n) for n in names), strict=True):
        yield Cue(text, start_s, end_s, tuple(islice(words, count)), tuple(heading), interpolated)


def _flat(table: pa.Table, name: str) -> list[Any]:
    return list(chain.from_iterable(chunk.flatten().to_pylist() for chunk in table[name].chunks))
