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
from numpy.typing import NDArray

from corpus.errors import UnreadableSource
from corpus.records import Segment, SourceWarning
from corpus.segmenter import SegmenterSettings
from corpus.sources import Gathered, SourceFile, gather
from corpus.store import write_lectures, write_segments
from rag.background import background_questions
from rag.config import Settings, load_settings
from rag.correction_log import Change, latest, read_log
from rag.dense import DenseIndex
from rag.embedding import embed
from rag.embedding_cache import EmbeddingCache
from rag.encoder import Encoder, TokenVectors
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
from rag.late import LateIndex
from rag.lexical import LexicalIndex
from rag.models import Progress
from rag.names import names_in
from rag.token_cache import TokenCache
from rag.token_codes import Calibration, in_segment
from rag.update import ORIGINALS, Content, Recipe, apply_changes, plan_changes, read_content, with_corrections
from rag.windows import WindowVectors, dense_hubness, telling_title, windows

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
class Written:
    """A generation that is complete in its folder and not live yet, and how many segments had to be embedded."""

    folder: Path
    manifest: Manifest
    n_embedded: int


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
    """Bring ``index`` up to date with ``sources``, and take the lectures in ``remove`` out; corrections stay.

    Only lectures whose file lies under a named source are compared; others stay. An unreadable file is
    reported, and if an earlier version of it is in the index, that version stays.

    Raises:
        UsageError: a source is not there, two files claim one lecture id, a lecture to remove is unknown.
        IndexForeign: the folder holds an index of another encoder.
        IndexBusy: another build held the folder for an hour.
    """
    started = time.perf_counter()
    if remove and current_generation(index) is None:
        read_manifest(index)
    gathered = gather(sources) if sources else Gathered((), (), ())
    with build_lock(index, wait_s=_LOCK_WAIT_S, on_wait=on_wait):
        recipe = _recipe(settings, encoder)
        previous = _previous_manifest(index, encoder)
        before = read_content(index, previous)
        wanted = latest(read_log(index))
        same_recipe = previous is not None and recipe.made(previous)
        plan = plan_changes(gathered, sources, before, remove, recipe.mark)
        read = apply_changes(before, plan, recipe, encoder)
        content, conflicts = with_corrections(read.content, wanted)
        changed = content != before or (previous is not None and not same_recipe)
        written = write_generation(index, content, encoder, recipe, progress) if changed else None
        if written is not None:
            publish(index, written.folder, written.manifest)
    manifest = previous if written is None else written.manifest
    n_embedded = 0 if written is None else written.n_embedded
    return BuildReport(
        generation=manifest.generation if manifest else "",
        n_lectures=manifest.n_lectures if manifest else 0,
        n_segments=manifest.n_segments if manifest else 0,
        new=_names(plan.new, read.failed),
        changed=_names(plan.changed, read.failed),
        removed=plan.removed,
        unchanged=plan.unchanged,
        unreadable=(*gathered.unreadable, *read.unreadable),
        warnings=(
            *gathered.warnings,
            *read.warnings,
            *(_conflict(c) for c in conflicts if c.lecture_id in content.lectures),
        ),
        n_embedded=n_embedded,
        n_from_cache=0 if written is None else written.manifest.n_segments - n_embedded,
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


def _spelt_names(content: Content) -> list[str]:
    """Names as titles, headings and written material spell them: what transcripts are listened through for."""
    spelt = [lecture.title for lecture in content.lectures.values()]
    for lecture_id in content.segments:
        is_written = content.lectures[lecture_id].kind == "written"
        for found in content.shown(lecture_id):
            spelt += [*found.heading, found.text] if is_written else found.heading
    return names_in(spelt)


def _conflict(change: Change) -> SourceWarning:
    return SourceWarning(
        change.lecture_id,
        None,
        pt=f"a correção do segmento {change.segment_id} espera uma decisão: o texto que ela corrigia mudou na fonte",
        en=f"the correction of segment {change.segment_id} waits for a decision: the text it corrected has changed in "
        "the source",
    )


def _names(files: Sequence[SourceFile], failed: frozenset[str]) -> tuple[str, ...]:
    return tuple(file.lecture_id for file in files if file.lecture_id not in failed)


def _recipe(settings: Settings, encoder: Encoder) -> Recipe:
    segmenter = SegmenterSettings(
        target_s=settings.segments.target_s,
        max_s=settings.segments.max_s,
        max_tokens=encoder.max_tokens,
        target_tokens=settings.segments.target_tokens,
    )
    lexical = {"k1": settings.retrieval.bm25_k1, "b": settings.retrieval.bm25_b}
    return Recipe(segmenter, lexical, encoder.identity.runtime)


def _previous_manifest(index: Path, encoder: Encoder) -> Manifest | None:
    if current_generation(index) is None:
        return None
    manifest = read_manifest(index)[1]
    check_encoder(index, manifest, encoder)
    return manifest


def write_generation(
    index: Path, content: Content, encoder: Encoder, recipe: Recipe, progress: Progress | None = None
) -> Written:
    """Embed what is new and write a generation; `rag.generations.publish` makes it live.

    To be called by who holds the build's lock.
    """
    lectures = [content.lectures[lecture_id] for lecture_id in sorted(content.lectures)]
    segments = [found for lecture in lectures for found in content.shown(lecture.lecture_id)]
    texts = [found.text for found in segments]
    languages = [content.lectures[found.lecture_id].language for found in segments]
    background = encoder.token_vectors(background_questions(texts, languages))
    folder, vectors, n_embedded = _write_vectors(index, segments, content, encoder, background, progress)
    np.save(folder / "hubness.npy", dense_hubness(vectors, background), allow_pickle=False)
    write_segments(folder / "segments.parquet", segments)
    if content.corrected:
        write_segments(folder / ORIGINALS, content.originals())
    write_lectures(folder / "lectures.parquet", lectures)
    (folder / "sources.json").write_text(json.dumps(content.sources, indent=1), "utf-8")
    DenseIndex.build(vectors).save(folder / "dense.faiss")
    LexicalIndex.build(texts, languages, names=_spelt_names(content), **recipe.lexical).save(folder / "lexical")
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
    return Written(folder, manifest, n_embedded)


def _write_vectors(
    index: Path,
    segments: Sequence[Segment],
    content: Content,
    encoder: Encoder,
    background: Sequence[TokenVectors],
    progress: Progress | None,
) -> tuple[Path, NDArray[np.float32], int]:
    """Embed what is new, and write what windows and their tokens are found by into a new generation.

    Returns its folder, the segments' own vectors ``(n_segments, dim)``, and how many of them were new.
    """
    texts = [found.text for found in segments]
    parts = [
        windows(found, telling_title(content.lectures[found.lecture_id]), n_tokens)
        for found, n_tokens in zip(segments, encoder.count_tokens(texts), strict=True)
    ]
    window_texts = [window.text for cut in parts for window in cut]
    place = index / "embeddings"
    with EmbeddingCache(place, encoder.identity) as cache, TokenCache(place, encoder.identity) as tokens:
        n_embedded = embed(texts, window_texts, encoder, cache, tokens, progress)
        vectors = cache.vectors(texts)
        window_vectors = cache.vectors(window_texts)
        cache.keep_only([*texts, *window_texts])
        codes = iter(tokens.codes(window_texts))
        placed = [[in_segment(next(codes), window) for window in cut] for cut in parts]
        calibration = tokens.calibration or Calibration.none(vectors)
        folder = new_generation(index)
    LateIndex.build(folder / "late", placed, calibration).set_hubness(folder / "late", background)
    WindowVectors.build(folder / "windows", window_vectors, [len(cut) for cut in parts], background)
    return folder, vectors, n_embedded
