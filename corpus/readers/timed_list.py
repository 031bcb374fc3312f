"""A list of ``{text, start, duration}``: what `youtube-transcript-api` and many scripts write."""

from __future__ import annotations

import html
from collections.abc import Sequence

from corpus.captions import RawCue, merge_rolling, seconds, timed_cues
from corpus.errors import UnreadableSource
from corpus.reading import Document, Reading, Survivals


def read(document: Document, items: Sequence[object], survivals: Survivals) -> Reading:
    """Read the list; ``end`` may stand for ``duration``.

    Raises:
        UnreadableSource: no item has both a text and a readable start.
    """
    raw = [cue for position, item in enumerate(items) if (cue := _cue(item, position, survivals)) is not None]
    refuse_without_times(document, raw, "[{text, start, duration}]")
    return Reading(cues=timed_cues(merge_rolling(raw), survivals), warnings=survivals.all())


def _cue(item: object, position: int, survivals: Survivals) -> RawCue | None:
    text = item.get("text") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(text, str):
        skipped(survivals, f"[{position}]")
        return None
    start = seconds(item.get("start"))
    end = seconds(item.get("end"))
    duration = seconds(item.get("duration", item.get("dur")))
    if end is None and start is not None and duration is not None:
        end = start + duration
    # Old versions of the tools leave the entities of YouTube's XML in the text.
    return RawCue(html.unescape(text), start, end)


def skipped(survivals: Survivals, place: str) -> None:
    """Note an item of a JSON list that holds no text."""
    survivals.add(
        None,
        pt=f"item {place} sem texto ou de tipo errado; foi pulado.",
        en=f"item {place} has no text or is of the wrong type; it was skipped.",
    )


def refuse_without_times(document: Document, raw: Sequence[RawCue], shape: str) -> None:
    """Refuse a file in which no cue has both a text and a time.

    Raises:
        UnreadableSource: always then.
    """
    if any(cue.start_s is not None and cue.text.strip() for cue in raw):
        return
    raise UnreadableSource(
        document.name,
        line=1,
        pt=f"nenhum item com texto e tempo; era esperado {shape}.",
        en=f"no item with a text and a time; expected {shape}.",
    )
