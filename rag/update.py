"""What differs between the sources and the live generation, and what the lectures are afterwards.

Nothing here embeds or writes; `rag.build` does.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from corpus.errors import DuplicateLecture, UnreadableSource, UsageError
from corpus.records import Lecture, Segment, SourceWarning
from corpus.segmenter import SegmenterSettings, assign_ids, segment, segment_keys
from corpus.sources import Gathered, SourceFile, load
from corpus.store import read_lectures, read_segments
from rag.corrected import corrected_segment
from rag.correction_log import Change
from rag.encoder import Encoder
from rag.errors import IndexDamaged
from rag.generations import Manifest, reading, rebuild_command

ORIGINALS = "originals.parquet"


@dataclass(frozen=True, slots=True)
class Content:
    """Lectures by id, with their segments and the file each came from (absolute path and fingerprint).

    ``segments`` are as the sources have them, since their ids are made from that; ``corrected`` has the texts that
    people gave to some, by segment id.
    """

    lectures: dict[str, Lecture]
    segments: dict[str, list[Segment]]
    sources: dict[str, dict[str, str]]
    corrected: dict[int, str] = field(default_factory=dict)

    def shown(self, lecture_id: str) -> list[Segment]:
        """A lecture's segments as they are found and read: corrected."""
        texts = self.corrected
        return [
            corrected_segment(s, texts[s.segment_id]) if s.segment_id in texts else s for s in self.segments[lecture_id]
        ]

    def originals(self) -> list[Segment]:
        """Those that are corrected, as the source has them."""
        return [s for made in self.segments.values() for s in made if s.segment_id in self.corrected]


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs between the sources and the live generation."""

    new: tuple[SourceFile, ...]
    changed: tuple[SourceFile, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    found_at: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading the new and changed files."""

    content: Content
    failed: frozenset[str]
    unreadable: tuple[UnreadableSource, ...]
    warnings: tuple[SourceWarning, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How segments and words are made; another recipe makes everything named anew."""

    segmenter: SegmenterSettings
    lexical: dict[str, float]
    runtime: str

    @property
    def mark(self) -> str:
        """Kept with each lecture, since a build that names only some of them leaves the others as they were cut."""
        return hashlib.sha256(repr(self.segmenter).encode()).hexdigest()[:16]

    def made(self, manifest: Manifest) -> bool:
        """Whether a generation was made this way."""
        return (
            manifest.segmenter == asdict(self.segmenter)
            and manifest.lexical == self.lexical
            and manifest.encoder.runtime == self.runtime
        )


def read_content(index: Path, manifest: Manifest | None) -> Content:
    """Everything the live generation holds; nothing where there is none.

    Raises:
        IndexDamaged: a file is not what the build wrote.
    """
    if manifest is None:
        return Content({}, {}, {})
    folder = index / manifest.generation
    corrected: dict[int, str] = {}
    with reading(index):
        originals = read_originals(folder, manifest)
        lectures = {lecture.lecture_id: lecture for lecture in read_lectures(folder / "lectures.parquet")}
        segments: dict[str, list[Segment]] = {lecture_id: [] for lecture_id in lectures}
        for found in read_segments(folder / "segments.parquet"):
            segments[found.lecture_id].append(originals.get(found.segment_id, found))
            if found.segment_id in originals:
                corrected[found.segment_id] = found.text
    return Content(lectures, segments, _read_sources(index, folder, lectures.keys()), corrected)


def read_originals(folder: Path, manifest: Manifest) -> dict[int, Segment]:
    """The segments that are corrected in a generation, by id, as the source has them."""
    has_corrected = any(record.path == ORIGINALS for record in manifest.files)
    return {found.segment_id: found for found in (read_segments(folder / ORIGINALS) if has_corrected else [])}


def with_corrections(content: Content, wanted: Mapping[int, Change]) -> tuple[Content, tuple[Change, ...]]:
    """The content with the last change of each segment, and the corrections whose segment is no longer there.

    A correction is only ever applied to the very text that it was made of.
    """
    by_id = {found.segment_id: found for made in content.segments.values() for found in made}
    corrected: dict[int, str] = {}
    lost = []
    for change in wanted.values():
        if change.text is None:
            continue
        found = by_id.get(change.segment_id)
        if found is not None and (found.lecture_id, found.text) == (change.lecture_id, change.original):
            corrected[change.segment_id] = change.text
        else:
            lost.append(change)
    return replace(content, corrected=corrected), tuple(lost)


def _read_sources(index: Path, folder: Path, lecture_ids: Collection[str]) -> dict[str, dict[str, str]]:
    try:
        sources = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
        if set(sources) == set(lecture_ids) and all(
            {"path", "fingerprint", "recipe"} <= set(s) for s in sources.values()
        ):
            return dict(sources)
    except (OSError, ValueError, TypeError, AttributeError):
        sources = None
    raise IndexDamaged(
        pt=f"{folder / 'sources.json'} não é o que deveria; reconstrua: {rebuild_command(index)}",
        en=f"{folder / 'sources.json'} is not what it should be; rebuild it: {rebuild_command(index)}",
    )


def plan_changes(
    gathered: Gathered, sources: Sequence[Path], before: Content, remove: Sequence[str], recipe_mark: str
) -> Plan:
    """Compare the files gathered under ``sources`` with what is there; ``remove`` are lectures to take out.

    Raises:
        UsageError: a lecture to remove is not in the index.
        DuplicateLecture: a file claims the id of a lecture from elsewhere.
    """
    unknown = [lecture_id for lecture_id in remove if lecture_id not in before.lectures]
    if unknown:
        raise UsageError(
            pt=f"a aula {unknown[0]!r} não está no índice; veja as que estão com monitoria index --info",
            en=f"the lecture {unknown[0]!r} is not in the index; monitoria index --info lists those that are",
        )
    removed = set(remove)
    files = {file.lecture_id: file for file in gathered.files if file.lecture_id not in removed}
    unreadable = [_absolute(Path(error.name)) for error in gathered.unreadable]
    roots = [_absolute(source) for source in sources]
    for lecture_id, source in before.sources.items():
        path = Path(source["path"])
        below = any(path == root or root in path.parents for root in roots)
        lost = any(path == one or one in path.parents for one in unreadable)
        if lecture_id not in files and below and not lost:
            removed.add(lecture_id)
        elif lecture_id in files and not below and _other_file(path, files[lecture_id].path):
            raise _taken(lecture_id, path, files[lecture_id].path)
    new = tuple(file for lecture_id, file in files.items() if lecture_id not in before.lectures)
    changed = tuple(
        file
        for lecture_id, file in files.items()
        if lecture_id in before.lectures
        and (before.sources[lecture_id]["fingerprint"], before.sources[lecture_id]["recipe"])
        != (file.fingerprint, recipe_mark)
    )
    touched = removed | {file.lecture_id for file in (*new, *changed)}
    unchanged = tuple(sorted(before.lectures.keys() - touched))
    found_at = {lecture_id: str(_absolute(file.path)) for lecture_id, file in files.items()}
    return Plan(new, changed, tuple(sorted(removed)), unchanged, found_at)


def _absolute(path: Path) -> Path:
    """Where a file was named to be; a link is not followed, since what it points to lies elsewhere."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links


def _other_file(old: Path, new: Path) -> bool:
    return old.exists() and not old.samefile(new)


def apply_changes(before: Content, plan: Plan, recipe: Recipe, encoder: Encoder) -> Reading:
    """Read and segment what is new or changed; segments that did not change keep their ids."""
    gone = set(plan.removed)
    lectures = {k: v for k, v in before.lectures.items() if k not in gone}
    segments = {k: v for k, v in before.segments.items() if k not in gone}
    # A folder that was moved is the same lectures in another place.
    sources = {k: v | {"path": plan.found_at.get(k, v["path"])} for k, v in before.sources.items() if k not in gone}
    taken = {found.segment_id: key for found, key in _keyed(before)}
    failed: set[str] = set()
    unreadable: list[UnreadableSource] = []
    warnings: list[SourceWarning] = []
    for file in (*plan.new, *plan.changed):
        try:
            transcript = load(file)
        except UnreadableSource as error:
            unreadable.append(error)
            failed.add(file.lecture_id)
            continue
        warnings.extend(transcript.warnings)
        drafts = segment(transcript.cues, file.lecture_id, encoder.count_tokens, recipe.segmenter)
        made = assign_ids(drafts, taken)
        taken.update(zip((s.segment_id for s in made), segment_keys(made), strict=True))
        lectures[file.lecture_id] = transcript.lecture
        segments[file.lecture_id] = made
        sources[file.lecture_id] = {
            "path": plan.found_at[file.lecture_id],
            "fingerprint": file.fingerprint,
            "recipe": recipe.mark,
        }
    return Reading(Content(lectures, segments, sources), frozenset(failed), tuple(unreadable), tuple(warnings))


def _keyed(content: Content) -> list[tuple[Segment, str]]:
    return [pair for made in content.segments.values() for pair in zip(made, segment_keys(made), strict=True)]


def _taken(lecture_id: str, old: Path, new: Path) -> DuplicateLecture:
    return DuplicateLecture(
        pt=f"o id de aula {lecture_id!r} já é de {old}, e {new} também o pede; renomeie um dos arquivos, dê outro "
        f"lecture_id em lectures.json, ou tire a antiga com --remove {lecture_id}",
        en=f"the lecture id {lecture_id!r} already belongs to {old}, and {new} asks for it too; rename one of the "
        f"files, give another lecture_id in lectures.json, or take the old one out with --remove {lecture_id}",
    )
