"""What people correct in a course: a segment's text, kept beside the index and applied by every build.

A correction is made of one text. While the source has that text, in that segment, the corrected one is found and shown
in its place; when it no longer has, the correction waits as a conflict for a person's decision. Who reads an index
keeps its generation; opening it again finds what was corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from corpus.decoding import clean_text
from corpus.records import Segment
from corpus.segmenter import SegmenterSettings
from corpus.store import SegmentTable, read_lectures
from rag.build import write_generation
from rag.correction_log import Change, append, cut_back, latest, read_log, rewrite_without
from rag.encoder import Encoder
from rag.errors import UsageError
from rag.generations import Manifest, build_lock, current_generation, publish, read_manifest, reading
from rag.index import check_encoder
from rag.update import Content, Recipe, read_content, read_originals, with_corrections

__all__ = ["Change", "Correction", "Status", "correct", "corrections", "forget_author", "history", "resolve", "restore"]

Status = Literal["live", "waiting", "conflict", "gone", "restored"]
_LOCK_WAIT_S = 60.0
_MOST_ALIKE = 3


@dataclass(frozen=True, slots=True)
class Correction(Change):
    """A segment's last change, and what has become of it.

    Attributes:
        status: ``live``: found and shown; ``waiting``: kept, and live with the next build (a kill came between);
            ``conflict``: the source no longer has the text; ``gone``: nor the lecture; ``restored``: taken back.
        present: for a conflict the segments that may be meant now: those with the same text elsewhere in the lecture,
            those at its time, for written material those with most of its words.
    """

    status: Status = "live"
    present: tuple[Segment, ...] = ()


def correct(
    index: Path, segment_id: int, text: str, *, by: str, encoder: Encoder, note: str = "", wait_s: float = _LOCK_WAIT_S
) -> Correction:
    """Give a segment another text: embedded and live when this returns. The source's own text restores it.

    Args:
        index: the index's folder.
        segment_id: a segment of the live generation; it keeps its id.
        text: what was said, whitespace aside.
        by: who corrects, as the caller names people.
        encoder: the index's (`rag.index.open_encoder_for`).
        note: why, in a person's words.
        wait_s: how long to wait for a build that holds the folder.

    Raises:
        UsageError: an unknown segment; a text that is empty, the present one, or longer than the encoder takes.
        IndexProblem: the index is missing, damaged, foreign, or busy for longer than ``wait_s``.
    """

    def decide(content: Content, log: Mapping[int, Change]) -> list[Change]:
        found = _segment(content, segment_id, log)
        return [_change(found, _checked(content, found, text, encoder), by, note)]

    return _make(index, encoder, wait_s, decide)


def restore(
    index: Path, segment_id: int, *, by: str, encoder: Encoder, note: str = "", wait_s: float = _LOCK_WAIT_S
) -> Correction:
    """Give a corrected segment the source's text again; live when this returns. The history stays.

    Raises:
        UsageError: no such segment, or it is not corrected.
        IndexProblem: as for `correct`.
    """

    def decide(content: Content, log: Mapping[int, Change]) -> list[Change]:
        found = _segment(content, segment_id, log)
        if segment_id not in content.corrected:
            raise UsageError(
                pt=f"o segmento {segment_id} já está com o texto da fonte; não há o que restaurar",
                en=f"segment {segment_id} already has the source's text; there is nothing to restore",
            )
        return [_change(found, None, by, note)]

    return _make(index, encoder, wait_s, decide)


def resolve(
    index: Path,
    segment_id: int,
    *,
    to: int | None,
    by: str,
    encoder: Encoder,
    text: str | None = None,
    note: str = "",
) -> Correction:
    """Decide on a correction whose segment is no longer there: give its text to a present one, or drop it.

    Args:
        index: the index's folder.
        segment_id: the correction's, as `corrections` lists it.
        to: the present segment that gets the text; ``None`` drops the correction, and its history stays.
        by: who decides.
        encoder: the index's.
        text: what ``to`` gets, where the corrected text needs changes.
        note: why.

    Returns:
        The correction of ``to``, or the dropped one.

    Raises:
        UsageError: no conflict of that segment; what `correct` refuses for ``to``.
        IndexProblem: as for `correct`.
    """

    def decide(content: Content, log: Mapping[int, Change]) -> list[Change]:
        lost = {change.segment_id: change for change in with_corrections(content, log)[1]}.get(segment_id)
        if lost is None or lost.text is None:
            raise UsageError(
                pt=f"não há conflito na correção do segmento {segment_id}; veja a lista de correções",
                en=f"there is no conflict over a correction of segment {segment_id}; see the list of corrections",
            )
        dropped = Change(
            **{**asdict(lost), "text": None, "by": by, "at": _now(), "note": clean_text(note), "moved_to": to}
        )
        if to is None:
            return [dropped]
        found = _segment(content, to, log)
        given = _checked(content, found, lost.text if text is None else text, encoder)
        # What a kill between the two lines leaves is a conflict that is still shown, not a correction that is lost.
        return [_change(found, given, by, note), dropped]

    return _make(index, encoder, _LOCK_WAIT_S, decide)


def corrections(index: Path) -> list[Correction]:
    """The last change of every segment that was ever corrected, and its status; the newest first.

    Raises:
        IndexProblem: the index is missing, or it or a line of the corrections is damaged.
    """
    folder, manifest = read_manifest(index)
    with reading(index):
        table = SegmentTable.open(folder / "segments.parquet")
        originals = {segment_id: found.text for segment_id, found in read_originals(folder, manifest).items()}
        lectures = {lecture.lecture_id for lecture in read_lectures(folder / "lectures.parquet")}
        changes = latest(read_log(index)).values()
        return [_judged(change, table, originals, lectures) for change in reversed(changes)]


def history(index: Path, segment_id: int) -> list[Change]:
    """Every change of a segment, oldest first, with those of segments whose correction was given to it.

    Raises:
        IndexDamaged: a line of the corrections is not what was written.
    """
    changes = read_log(index)
    family = {segment_id}
    for change in reversed(changes):
        if change.moved_to in family:
            family.add(change.segment_id)
    return [change for change in changes if change.segment_id in family]


def forget_author(index: Path, by: str, *, wait_s: float = _LOCK_WAIT_S) -> int:
    """Take a person's name off the corrections, which stay; returns off how many.

    Raises:
        IndexProblem: as for `correct`.
    """
    read_manifest(index)
    with build_lock(index, wait_s=wait_s):
        return rewrite_without(index, by)


def _make(
    index: Path,
    encoder: Encoder,
    wait_s: float,
    decide: Callable[[Content, Mapping[int, Change]], list[Change]],
) -> Correction:
    """Make what ``decide`` returns live, and return the first of it.

    The generation is complete before the change is written down, and live only afterwards: what fails before leaves
    no trace, and what a kill interrupts is made live by the next build.
    """
    read_manifest(index)
    with build_lock(index, wait_s=wait_s):
        manifest = read_manifest(index)[1]
        check_encoder(index, manifest, encoder)
        before = read_content(index, manifest)
        log = read_log(index)
        changes = decide(before, latest(log))
        content, _ = with_corrections(before, latest([*log, *changes]))
        if content == before:
            append(index, changes)
        else:
            recipe = Recipe(SegmenterSettings(**manifest.segmenter), manifest.lexical, encoder.identity.runtime)
            written = write_generation(index, content, encoder, recipe)
            _publish(index, written.folder, written.manifest, changes)
    first = changes[0]
    return Correction(**asdict(first), status="live" if first.text is not None else "restored")


def _publish(index: Path, folder: Path, manifest: Manifest, changes: Sequence[Change]) -> None:
    end = append(index, changes)
    try:
        publish(index, folder, manifest)
    except BaseException:
        if current_generation(index) != manifest.generation:
            cut_back(index, end)
        raise


def _segment(content: Content, segment_id: int, log: Mapping[int, Change]) -> Segment:
    """The segment as the source has it."""
    for made in content.segments.values():
        for found in made:
            if found.segment_id == segment_id:
                return found
    was = segment_id in log and log[segment_id].text is not None
    raise UsageError(
        pt=f"o segmento {segment_id} não está no índice"
        + ("; a correção dele está em conflito: decida sobre ela" if was else "; procure-o de novo e use o id atual"),
        en=f"segment {segment_id} is not in the index"
        + ("; its correction is in conflict: decide on that" if was else "; search again and use its present id"),
    )


def _checked(content: Content, found: Segment, text: str, encoder: Encoder) -> str | None:
    """The text as it is kept; ``None`` where it is the source's again."""
    cleaned = clean_text(text)
    if not cleaned:
        raise UsageError(
            pt=f"o texto para o segmento {found.segment_id} está vazio ({text[:40]!r}); escreva o que foi dito",
            en=f"the text for segment {found.segment_id} is empty ({text[:40]!r}); write what was said",
        )
    if cleaned == content.corrected.get(found.segment_id, found.text):
        raise UsageError(
            pt=f"o segmento {found.segment_id} já tem esse texto ({cleaned[:40]!r}…); mude alguma palavra",
            en=f"segment {found.segment_id} already has that text ({cleaned[:40]!r}…); change a word",
        )
    n_tokens = encoder.count_tokens([cleaned])[0]
    if n_tokens > encoder.max_tokens:
        raise UsageError(
            pt=f"o texto para o segmento {found.segment_id} tem {n_tokens} tokens, e o codificador lê "
            f"{encoder.max_tokens}; encurte-o em {n_tokens - encoder.max_tokens}",
            en=f"the text for segment {found.segment_id} has {n_tokens} tokens, and the encoder reads "
            f"{encoder.max_tokens}; shorten it by {n_tokens - encoder.max_tokens}",
        )
    return None if cleaned == found.text else cleaned


def _change(found: Segment, text: str | None, by: str, note: str) -> Change:
    return Change(
        found.segment_id, found.lecture_id, found.start_s, found.end_s, found.text, text, by, _now(), clean_text(note)
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _judged(change: Change, table: SegmentTable, originals: Mapping[int, str], lectures: Set[str]) -> Correction:
    record = asdict(change)
    try:
        shown = table.by_id(change.segment_id).text
    except KeyError:
        if change.text is None:
            return Correction(**record, status="restored")
        if change.lecture_id not in lectures:
            return Correction(**record, status="gone")
        return Correction(**record, status="conflict", present=_present(change, table))
    original = originals.get(change.segment_id, shown)
    if change.text is None:
        return Correction(**record, status="restored" if shown == original else "waiting")
    if original != change.original:
        return Correction(**record, status="conflict", present=_present(change, table))
    return Correction(**record, status="live" if shown == change.text else "waiting")


def _present(change: Change, table: SegmentTable) -> tuple[Segment, ...]:
    rows = [int(row) for row in np.flatnonzero(table.lecture_ids == change.lecture_id)]
    segments = [table.segment(row) for row in rows]
    same = [found for found in segments if found.text == change.original]
    if change.start_s is None or change.end_s is None:
        words = set(change.original.split())
        shared = {found.segment_id: len(words & set(found.text.split())) for found in segments}
        alike = sorted((s for s in segments if shared[s.segment_id]), key=lambda s: -shared[s.segment_id])[:_MOST_ALIKE]
    else:
        start_s, end_s = change.start_s, change.end_s
        alike = [s for s in segments if s.start_s is not None and s.start_s < end_s and (s.end_s or 0.0) > start_s]
    return (*same, *(found for found in alike if found not in same))
