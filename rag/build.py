"""Builds and updates an index: what changed is read and embedded, what did not is carried over.

One build at a time a folder. A build killed at any moment leaves the live generation as it was, and the
next one takes up where it stopped, since every vector is kept as it is made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from corpus.errors import DuplicateLecture, UnreadableSource, UsageError
from corpus.records import Lecture, Segment, SourceWarning
from corpus.segmenter import SegmenterSettings, assign_ids, segment, segment_keys
from corpus.sources import Gathered, SourceFile, gather, load
from corpus.store import SegmentTable, read_lectures, write_lectures, write_segments
from rag.background import background_questions
from rag.config import Settings, load_settings
from rag.dense import DenseIndex
from rag.embedding import embed
from rag.embedding_cache import EmbeddingCache
from rag.encoder import Encoder
from rag.generations import (
    FORMAT_VERSION,
    Manifest,
    build_lock,
    current_generation,
    describe_files,
    new_generation,
    publish,
    read_manifest,
)
from rag.index import check_encoder, open_encoder_for
from rag.late import Calibration, LateIndex, dense_hubness
from rag.lexical import LexicalIndex
from rag.models import Progress
from rag.token_cache import TokenCache

_LOCK_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did; lecture ids are sorted. ``generation`` is the live one afterwards."""

    generation: str
    n_lectures: int
    n_segments: int
    new: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    unreadable: tuple[UnreadableSource, ...]
    warnings: tuple[SourceWarning, ...]
    n_embedded: int
    n_from_cache: int
    seconds: float

    @property
    def nothing_readable(self) -> bool:
        """Files were named, and not one of them could be read."""
        return bool(self.unreadable) and not (self.new or self.changed or self.unchanged or self.removed)


@dataclass(frozen=True, slots=True)
class _Content:
    """Lectures by id, with their segments and the file each came from (absolute path and fingerprint)."""

    lectures: dict[str, Lecture]
    segments: dict[str, list[Segment]]
    sources: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What differs between the sources and the live generation."""

    new: tuple[SourceFile, ...]
    changed: tuple[SourceFile, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """What came of reading the new and changed files."""

    content: _Content
    failed: frozenset[str]
    unreadable: tuple[UnreadableSource, ...]
    warnings: tuple[SourceWarning, ...]


@dataclass(frozen=True, slots=True)
class _Written:
    manifest: Manifest | None
    n_embedded: int = 0
    n_from_cache: int = 0


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How segments and words are made; another recipe makes everything named anew."""

    segmenter: SegmenterSettings
    lexical: dict[str, float]
    runtime: str

    def made(self, manifest: Manifest) -> bool:
        """Whether a generation was made this way."""
        return (
            manifest.segmenter == asdict(self.segmenter)
            and manifest.lexical == self.lexical
            and manifest.encoder.runtime == self.runtime
        )


def build_index(
    index: Path,
    sources: Sequence[Path],
    encoder: Encoder,
    settings: Settings,
    *,
    remove: Sequence[str] = (),
    progress: Progress | None = None,
    on_wait: Callable[[], None] | None = None,
) -> BuildReport:
    """Bring ``index`` up to date with ``sources``, and take the lectures in ``remove`` out.

    Only lectures whose file lies under a named source are compared; others stay. An unreadable file is
    reported, and if an earlier version of it is in the index, that version stays.

    Raises:
        UsageError: a source is not there, two files claim one lecture id, a lecture to remove is unknown.
        IndexForeign: the folder holds an index of another encoder.
        IndexBusy: another build held the folder for an hour.
    """
    started = time.perf_counter()
    gathered = gather(sources) if sources else Gathered((), (), ())
    with build_lock(index, wait_s=_LOCK_WAIT_S, on_wait=on_wait):
        recipe = _recipe(settings, encoder)
        previous = _previous_manifest(index, encoder)
        before = _read_content(index, previous)
        same_recipe = previous is not None and recipe.made(previous)
        plan = _plan(gathered, sources, before, remove, same_recipe=same_recipe)
        read = _read(before, plan, recipe.segmenter, encoder)
        changed = read.content != before or (previous is not None and not same_recipe)
        written = _write(index, read.content, encoder, recipe, progress) if changed else _Written(previous)
    manifest = written.manifest
    return BuildReport(
        generation=manifest.generation if manifest else "",
        n_lectures=manifest.n_lectures if manifest else 0,
        n_segments=manifest.n_segments if manifest else 0,
        new=_names(plan.new, read.failed),
        changed=_names(plan.changed, read.failed),
        removed=plan.removed,
        unchanged=plan.unchanged,
        unreadable=(*gathered.unreadable, *read.unreadable),
        warnings=(*gathered.warnings, *read.warnings),
        n_embedded=written.n_embedded,
        n_from_cache=written.n_from_cache,
        seconds=time.perf_counter() - started,
    )


def open_and_build(
    index: Path,
    sources: Sequence[Path],
    *,
    settings: Settings | None = None,
    remove: Sequence[str] = (),
    progress: Progress | None = None,
    on_wait: Callable[[], None] | None = None,
) -> tuple[BuildReport, str | None]:
    """`build_index` with the encoder that the settings, or the index that is there, name.

    Returns the report and the encoder's word on which runtime it picked, if it has one.
    """
    settings = settings or load_settings()
    manifest = read_manifest(index)[1] if current_generation(index) is not None else None
    encoder = open_encoder_for(manifest, settings.encoder, progress)
    report = build_index(index, sources, encoder, settings, remove=remove, progress=progress, on_wait=on_wait)
    return report, None if encoder.note is None else str(encoder.note)


def _names(files: Sequence[SourceFile], failed: frozenset[str]) -> tuple[str, ...]:
    return tuple(file.lecture_id for file in files if file.lecture_id not in failed)


def _recipe(settings: Settings, encoder: Encoder) -> _Recipe:
    segmenter = SegmenterSettings(
        target_s=settings.segments.target_s,
        max_s=settings.segments.max_s,
        max_tokens=encoder.max_tokens,
        target_tokens=settings.segments.target_tokens,
    )
    lexical = {"k1": settings.retrieval.bm25_k1, "b": settings.retrieval.bm25_b}
    return _Recipe(segmenter, lexical, encoder.identity.runtime)


def _previous_manifest(index: Path, encoder: Encoder) -> Manifest | None:
    if current_generation(index) is None:
        return None
    manifest = read_manifest(index)[1]
    check_encoder(index, manifest, encoder)
    return manifest


def _read_content(index: Path, manifest: Manifest | None) -> _Content:
    if manifest is None:
        return _Content({}, {}, {})
    folder = index / manifest.generation
    lectures = {lecture.lecture_id: lecture for lecture in read_lectures(folder / "lectures.parquet")}
    segments: dict[str, list[Segment]] = {lecture_id: [] for lecture_id in lectures}
    table = SegmentTable.open(folder / "segments.parquet")
    for row in range(len(table)):
        found = table.segment(row)
        segments[found.lecture_id].append(found)
    sources = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
    return _Content(lectures, segments, sources)


def _plan(
    gathered: Gathered, sources: Sequence[Path], before: _Content, remove: Sequence[str], *, same_recipe: bool
) -> _Plan:
    unknown = [lecture_id for lecture_id in remove if lecture_id not in before.lectures]
    if unknown:
        raise UsageError(
            pt=f"a aula {unknown[0]!r} não está no índice; veja as que estão com monitoria index --info",
            en=f"the lecture {unknown[0]!r} is not in the index; monitoria index --info lists those that are",
        )
    removed = set(remove)
    files = {file.lecture_id: file for file in gathered.files if file.lecture_id not in removed}
    unreadable = {str(Path(error.name).resolve()) for error in gathered.unreadable}
    roots = [source.resolve() for source in sources]
    for lecture_id, source in before.sources.items():
        path = Path(source["path"])
        below = any(path == root or root in path.parents for root in roots)
        if lecture_id not in files and below and str(path) not in unreadable:
            removed.add(lecture_id)
        elif lecture_id in files and not below and path.exists():
            raise _taken(lecture_id, path, files[lecture_id].path)
    new = tuple(file for lecture_id, file in files.items() if lecture_id not in before.lectures)
    changed = tuple(
        file
        for lecture_id, file in files.items()
        if lecture_id in before.lectures
        and not (same_recipe and before.sources[lecture_id]["fingerprint"] == file.fingerprint)
    )
    touched = removed | {file.lecture_id for file in (*new, *changed)}
    return _Plan(new, changed, tuple(sorted(removed)), tuple(sorted(before.lectures.keys() - touched)))


def _read(before: _Content, plan: _Plan, settings: SegmenterSettings, encoder: Encoder) -> _Read:
    """Read and segment what is new or changed; segments that did not change keep their ids."""
    gone = set(plan.removed)
    lectures = {k: v for k, v in before.lectures.items() if k not in gone}
    segments = {k: v for k, v in before.segments.items() if k not in gone}
    sources = {k: v for k, v in before.sources.items() if k not in gone}
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
        drafts = segment(transcript.cues, file.lecture_id, encoder.count_tokens, settings)
        made = assign_ids(drafts, taken)
        taken.update(zip((s.segment_id for s in made), segment_keys(made), strict=True))
        lectures[file.lecture_id] = transcript.lecture
        segments[file.lecture_id] = made
        sources[file.lecture_id] = {"path": str(file.path.resolve()), "fingerprint": file.fingerprint}
    return _Read(_Content(lectures, segments, sources), frozenset(failed), tuple(unreadable), tuple(warnings))


def _keyed(content: _Content) -> list[tuple[Segment, str]]:
    return [pair for made in content.segments.values() for pair in zip(made, segment_keys(made), strict=True)]


def _write(index: Path, content: _Content, encoder: Encoder, recipe: _Recipe, progress: Progress | None) -> _Written:
    lectures = [content.lectures[lecture_id] for lecture_id in sorted(content.lectures)]
    segments = [found for lecture in lectures for found in content.segments[lecture.lecture_id]]
    texts = [found.text for found in segments]
    languages = [content.lectures[found.lecture_id].language for found in segments]
    place = index / "embeddings"
    with EmbeddingCache(place, encoder.identity) as cache, TokenCache(place, encoder.identity) as tokens:
        n_embedded = embed(texts, encoder, cache, tokens, progress)
        vectors = cache.vectors(texts)
        cache.keep_only(texts)
        folder = new_generation(index)
        late = LateIndex.build(folder / "late", tokens.codes(texts), tokens.calibration or Calibration.none(vectors))
    background = encoder.token_vectors(background_questions(texts, languages))
    late.set_hubness(folder / "late", background)
    np.save(folder / "hubness.npy", dense_hubness(vectors, background), allow_pickle=False)
    write_segments(folder / "segments.parquet", segments)
    write_lectures(folder / "lectures.parquet", lectures)
    (folder / "sources.json").write_text(json.dumps(content.sources, ensure_ascii=False, indent=1), "utf-8")
    DenseIndex.build(vectors).save(folder / "dense.faiss")
    LexicalIndex.build(texts, languages, **recipe.lexical).save(folder / "lexical")
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        generation=folder.name,
        encoder=encoder.identity,
        segmenter=asdict(recipe.segmenter),
        lexical=dict(recipe.lexical),
        n_lectures=len(lectures),
        n_segments=len(segments),
        languages=tuple(sorted(set(languages))),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        monitoria_version=version("monitoria"),
        files=describe_files(folder),
    )
    publish(index, folder, manifest)
    return _Written(manifest, n_embedded, len(texts) - n_embedded)


def _taken(lecture_id: str, old: Path, new: Path) -> DuplicateLecture:
    return DuplicateLecture(
        pt=f"o id de aula {lecture_id!r} já é de {old}, e {new} também o pede; renomeie um dos arquivos, dê outro "
        f"lecture_id em lectures.json, ou tire a antiga com --remove {lecture_id}",
        en=f"the lecture id {lecture_id!r} already belongs to {old}, and {new} asks for it too; rename one of the "
        f"files, give another lecture_id in lectures.json, or take the old one out with --remove {lecture_id}",
    )
