"""Segment ids: positive integers that stay the same while a segment's lecture, times and text do."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from corpus.records import Cue, Segment

ID_BITS = 31


class Identified(Protocol):
    """What an id is made from; a `Segment` and a `SegmentDraft` both have it."""

    @property
    def lecture_id(self) -> str:
        """The lecture's id."""
        ...  # pragma: no cover

    @property
    def start_s(self) -> float | None:
        """Seconds from the lecture's start."""
        ...  # pragma: no cover

    @property
    def end_s(self) -> float | None:
        """Seconds from the lecture's start."""
        ...  # pragma: no cover

    @property
    def text(self) -> str:
        """The segment's text."""
        ...  # pragma: no cover


class Draft(Identified, Protocol):
    """A segment that has no id yet."""

    @property
    def cues(self) -> tuple[Cue, ...]:
        """Its cues, in order."""
        ...  # pragma: no cover

    @property
    def heading(self) -> tuple[str, ...]:
        """Its path of headings."""
        ...  # pragma: no cover


def segment_keys(segments: Iterable[Identified]) -> list[str]:
    """What each id is the id of: a sha256 (hex) over lecture, start and end in milliseconds, and text.

    Segments alike in all four (the same paragraph twice in a lesson) are told apart by their order, so a
    lecture's segments have to be passed together.
    """
    seen: Counter[str] = Counter()
    keys: list[str] = []
    for segment in segments:
        content = [segment.lecture_id, _milliseconds(segment.start_s), _milliseconds(segment.end_s), segment.text]
        key = _digest(content)
        seen[key] += 1
        keys.append(key if seen[key] == 1 else _digest([*content, seen[key]]))
    return keys


def assign_ids(drafts: Sequence[Draft], known: Mapping[int, str] | None = None) -> list[Segment]:
    """Give every draft its id.

    The id is the first 31 bits of the key; where another segment has that id already, the key is hashed
    again with 1, 2, … until a free one is found. A key that stands in ``known`` keeps its id, whatever else
    has come or gone since. Among drafts that collide with each other the smaller key comes first, so their
    order does not matter.

    Args:
        drafts: all segments of a lecture, or of several.
        known: ids already given, with their keys (of the index's previous generation, or of other lectures).

    Returns:
        One segment a draft, in the same order; ``0 < segment_id < 2**31``, all different.
    """
    given = dict(known or {})
    by_key = {key: segment_id for segment_id, key in given.items()}
    keys = segment_keys(drafts)
    for key in sorted(set(keys) - by_key.keys()):
        segment_id = _free_id(key, given)
        given[segment_id] = key
        by_key[key] = segment_id
    return [
        Segment(
            segment_id=by_key[key],
            lecture_id=draft.lecture_id,
            start_s=draft.start_s,
            end_s=draft.end_s,
            text=draft.text,
            cues=draft.cues,
            heading=draft.heading,
        )
        for draft, key in zip(drafts, keys, strict=True)
    ]


def _free_id(key: str, taken: Mapping[int, str]) -> int:
    salt = 0
    candidate = _first_bits(key)
    while candidate == 0 or candidate in taken:
        salt += 1
        candidate = _first_bits(_digest([key, salt]))
    return candidate


def _first_bits(key: str) -> int:
    return int(key[:8], 16) >> (32 - ID_BITS)


def _digest(content: Sequence[object]) -> str:
    # JSON keeps the parts apart: ("ab", "c") and ("a", "bc") must not meet.
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode("ascii")).hexdigest()


def _milliseconds(time_s: float | None) -> int | None:
    return None if time_s is None else round(time_s * 1000)
