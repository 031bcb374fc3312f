"""Which segments an answer found and rests on, kept beside its record so that they can be counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from interfaces.history.tables import SegmentRow


def keep_places(session: Session, turn_id: str, record: Mapping[str, Any]) -> None:
    """Put the segments that the record names in the place of whatever was kept for the turn."""
    places: dict[int, dict[str, Any]] = {}
    for hit in record.get("hits") or ():
        places.setdefault(hit["segment_id"], _place(turn_id, hit) | {"rank": hit.get("rank")})
    for reference in record.get("references") or ():
        place = places.setdefault(reference["segment_id"], _place(turn_id, reference))
        if place["reference"] is None:
            place["reference"] = reference.get("n")
    session.execute(delete(SegmentRow).where(SegmentRow.turn_id == turn_id))
    if places:
        session.execute(insert(SegmentRow), list(places.values()))


def _place(turn_id: str, named: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "turn_id": turn_id,
        "segment_id": named["segment_id"],
        "lecture_id": named["lecture_id"],
        "start_s": named.get("start_s"),
        "end_s": named.get("end_s"),
        "rank": None,
        "reference": None,
    }
