"""YouTube's own caption format, json3: events with pieces of text, each piece with an offset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.captions import RawCue, end_at_next, seconds, timed_cues, words_from_pieces
from corpus.readers.timed_list import refuse_without_times, skipped
from corpus.reading import Document, Reading, Survivals


def read(document: Document, content: Mapping[str, Any], survivals: Survivals) -> Reading:
    """Read ``events[]``; events that only set up a window or break a line are passed over.

    Raises:
        UnreadableSource: no event has both a text and a readable start.
    """
    raw: list[RawCue] = []
    for position, event in enumerate(content["events"]):
        if not isinstance(event, dict):
            skipped(survivals, f"events[{position}]")
        elif isinstance(event.get("segs"), list):
            raw.append(_cue(event))
    refuse_without_times(document, raw, "events[].tStartMs/segs")
    spoken = [cue for cue in raw if cue.text.strip()]
    return Reading(cues=timed_cues(end_at_next(spoken), survivals), warnings=survivals.all())


def _cue(event: Mapping[str, Any]) -> RawCue:
    start = seconds(event.get("tStartMs"), 1000)
    duration = seconds(event.get("dDurationMs"), 1000)
    end = start + duration if start is not None and duration is not None else None
    pieces = [
        (piece["utf8"], seconds(piece.get("tOffsetMs", 0), 1000) or 0.0)
        for piece in event["segs"]
        if isinstance(piece, dict) and isinstance(piece.get("utf8"), str)
    ]
    text = "".join(said for said, _ in pieces)
    # Without offsets the whole event is one piece: no word of it has a time of its own.
    if start is None or end is None or not any(offset for _, offset in pieces):
        return RawCue(text, start, end)
    return RawCue(text, start, end, words=words_from_pieces([(said, start + offset) for said, offset in pieces], end))
