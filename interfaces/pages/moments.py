"""Moments as the person's own clock shows them."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st

from corpus.language import say


def moment(at: str) -> str:
    """A moment of ISO 8601 as date and time, in the zone that the browser names; else in this machine's."""
    then = datetime.fromisoformat(at).astimezone(_zone())
    return then.strftime(say("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M"))


def _zone() -> tzinfo | None:
    named = st.context.timezone
    try:
        return ZoneInfo(named) if named else None
    except (LookupError, ValueError, OSError):  # not a zone, or one that this machine does not know
        return None
