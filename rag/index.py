"""An index opened for reading: segments, lectures, vectors and words of one generation.

Opening checks the manifest, not every byte (`rag.generations.verify` does). A reader keeps the generation
that it opened; a build that finishes meanwhile does not disturb it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from corpus.reading import known_language
from corpus.records import Lecture, Segment
from corpus.store import SegmentTable, read_lectures
from rag.config import EncoderSettings
from rag.correction_log import read_log
from rag.dense import DenseIndex
from rag.encoder import Encoder, open_encoder
from rag.errors import IndexDamaged, IndexForeign, UsageError
from rag.generations import Manifest, read_manifest, reading, rebuild_command, verify
from rag.late import LateIndex
from rag.lexical import LexicalIndex
from rag.models import Progress
from rag.windows import WindowVectors


@dataclass(frozen=True, slots=True)
class Filters:
    """Which lectures a search may look into; ``None`` leaves a field open.

    Dates are ISO 8601, inclusive, and may leave out the day or the month: ``date_to="2026-03"`` is to the end
    of March. A lone string in ``lectures`` is one lecture.

    Raises:
        UsageError: a date that is none, or a language that is neither ``pt`` nor ``en`` (``pt-BR`` is).
    """

    course: str | None = None
    lectures: tuple[str, ...] | None = None
    language: str | None = None
    date_from: str | None = None
    date_to: str | None = None

    def __post_init__(self) -> None:
        given: Iterable[str] | str | None = self.lectures
        if given is not None:
            object.__setattr__(self, "lectures", (given,) if isinstance(given, str) else tuple(given))
        if self.language is not None:
            language = known_language(self.language)
            if language is None:
                raise UsageError(
                    pt=f"language é {self.language!r}; use pt ou en",
                    en=f"language is {self.language!r}; use pt or en",
                )
            object.__setattr__(self, "language", language)
        for name, value in (("date_from", self.date_from), ("date_to", self.date_to)):
            if value is not None and not self._is_date(value):
                raise UsageError(
                    pt=f"{name} é {value!r}; escreva AAAA, AAAA-MM ou AAAA-MM-DD",
                    en=f"{name} is {value!r}; write YYYY, YYYY-MM or YYYY-MM-DD",
                )

    @staticmethod
    def _is_date(value: object) -> bool:
        if not isinstance(value, str) or re.fullmatch("[0-9]{4}(-[0-9]{2}){0,2}", value) is None:
            return False
        try:
            date.fromisoformat(value + "-01-01"[len(value) - 4 :])
        except ValueError:
            return False
        return True

    def allows(self, lecture: Lecture) -> bool:
        """Whether a lecture passes every filter; an undated lecture passes no date filter."""
        if self.course is not None and lecture.course != self.course:
            return False
        if self.lectures is not None and lecture.lecture_id not in self.lectures:
            return False
        if self.language is not None and lecture.language != self.language:
            return False
        if self.date_from is None and self.date_to is None:
            return True
        if lecture.date is None:
            return False
        # As much of the date is compared as the filter gives.
        first, last = self.date_from or "", self.date_to or "9999"
        return first <= lecture.date[:10] and lecture.date[: len(last)] <= last


class CourseIndex:
    """One generation, ready to search. Row *i* is the same segment in every part."""

    def __init__(self, index: Path, *, device: Literal["auto", "cpu", "gpu"] = "auto") -> None:
        """Open the live generation of ``index``.

        Raises:
            IndexProblem: missing, damaged or foreign, with the command that mends it.
        """
        self.path = index
        self.folder, self.manifest = read_manifest(index)
        with reading(index):
            self.table = SegmentTable.open(self.folder / "segments.parquet")
            self.lectures = {lecture.lecture_id: lecture for lecture in read_lectures(self.folder / "lectures.parquet")}
        n_segments = len(self.table)
        self.lexical = LexicalIndex.load(self.folder / "lexical", n_segments, self.languages)
        self.dense = DenseIndex.load(self.folder / "dense.faiss", device)
        self.late = LateIndex.load(self.folder / "late", n_segments)
        self.windows = WindowVectors.load(self.folder / "windows", n_segments)
        self.dense_hubness = self._read_hubness(n_segments)
        self.neighbours = _neighbours(self.table.lecture_ids)
        self._check(n_segments)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def generation(self) -> str:
        """Name of the generation that was opened."""
        return self.manifest.generation

    @property
    def languages(self) -> list[Literal["pt", "en"]]:
        """Languages that occur among the lectures."""
        return sorted({lecture.language for lecture in self.lectures.values()})

    @property
    def main_language(self) -> Literal["pt", "en"]:
        """The language of most lectures; Portuguese where as many are in either."""
        spoken = [lecture.language for lecture in self.lectures.values()]
        return "en" if spoken.count("en") > spoken.count("pt") else "pt"

    def segment(self, row: int) -> Segment:
        """The segment in a row."""
        with reading(self.path):
            return self.table.segment(row)

    def lecture(self, lecture_id: str) -> Lecture:
        """A lecture by its id."""
        return self.lectures[lecture_id]

    def allowed(self, filters: Filters | None) -> NDArray[np.bool_] | None:
        """``(n_segments,)`` booleans for a search, or ``None`` where nothing is filtered."""
        if filters is None or filters == Filters():
            return None
        passing = {lecture_id for lecture_id, lecture in self.lectures.items() if filters.allows(lecture)}
        return np.fromiter((x in passing for x in self.table.lecture_ids), dtype=np.bool_, count=len(self))

    def _read_hubness(self, n_segments: int) -> NDArray[np.float32]:
        try:
            hubness = np.load(self.folder / "hubness.npy", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise self._misfit() from error
        if hubness.shape != (n_segments,):
            raise self._misfit()
        return np.asarray(hubness, dtype=np.float32)

    def _misfit(self) -> IndexDamaged:
        return IndexDamaged(
            pt=f"as partes do índice {self.path} não combinam; reconstrua: {rebuild_command(self.path)}",
            en=f"the parts of the index {self.path} do not fit; rebuild it: {rebuild_command(self.path)}",
        )

    def _check(self, n_segments: int) -> None:
        found = (n_segments, len(self.dense), self.dense.dim, len(self.lectures))
        promised = (
            self.manifest.n_segments,
            self.manifest.n_segments,
            self.manifest.encoder.dim,
            self.manifest.n_lectures,
        )
        if found != promised or not set(self.table.lecture_ids) <= self.lectures.keys():
            raise self._misfit()


def _neighbours(lecture_ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """The rows before and after each in its lecture, ``(n, 2)``, -1 for none; a lecture's rows are in order."""
    found = np.full((len(lecture_ids), 2), -1, dtype=np.int64)
    same = np.flatnonzero(lecture_ids[1:] == lecture_ids[:-1])
    found[same, 1] = same + 1
    found[same + 1, 0] = same
    return found


def verify_index(index: Path) -> Manifest:
    """Check every byte, then open every part and read the corrections; the manifest of the live generation.

    Raises:
        IndexProblem: naming the first thing that is not as it should be.
    """
    manifest = verify(index)
    CourseIndex(index, device="cpu")
    read_log(index)
    return manifest


def index_contents(index: Path) -> tuple[Manifest, list[Lecture]]:
    """The live generation's manifest and its lectures, without opening vectors or words."""
    folder, manifest = read_manifest(index)
    with reading(index):
        return manifest, read_lectures(folder / "lectures.parquet")


def check_encoder(index: Path, manifest: Manifest, encoder: Encoder) -> None:
    """Refuse to compare vectors of two encoders.

    Raises:
        IndexForeign: naming both, with the command that rebuilds.
    """
    mine, theirs = encoder.identity, manifest.encoder
    if mine.same_space(theirs):
        return
    raise IndexForeign(
        pt=f"o índice {index} foi feito com {theirs.name} ({theirs.source}, sha256 {theirs.sha256[:12]}), e o "
        f"codificador aberto é {mine.name} ({mine.source}, sha256 {mine.sha256[:12]}); ajuste encoder.name e "
        f"encoder.source, ou reconstrua: {rebuild_command(index)}",
        en=f"the index {index} was made with {theirs.name} ({theirs.source}, sha256 {theirs.sha256[:12]}), and the "
        f"encoder opened is {mine.name} ({mine.source}, sha256 {mine.sha256[:12]}); set encoder.name and "
        f"encoder.source, or rebuild it: {rebuild_command(index)}",
    )


def open_encoder_for(manifest: Manifest | None, settings: EncoderSettings, progress: Progress | None = None) -> Encoder:
    """The encoder that the settings name; where they leave it open, the one that the index was made with.

    An index made from the carried weights is thus searched with the carried weights on a machine that also
    reaches the Hub, and with the runtime that made its vectors where that is installed.
    """
    source, runtime = settings.source, settings.runtime
    if manifest is not None and source == "auto" and manifest.encoder.source == "carried":
        source = "carried"
    if manifest is not None and runtime == "auto" and manifest.encoder.runtime in _installed_runtimes():
        runtime = manifest.encoder.runtime  # type: ignore[assignment]  # checked against the installed ones
    return open_encoder(
        name=settings.name,
        source=source,
        folder=settings.folder,
        runtime=runtime,
        threads=settings.threads,
        progress=progress,
    )


def _installed_runtimes() -> tuple[str, ...]:
    from importlib.util import find_spec  # noqa: PLC0415

    return ("torch", "onnx", "onnx-int8") if find_spec("onnxruntime") else ("torch",)
