"""Who is in the middle of annotating is asked before she is told what others say."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from corpus.language import say
from interfaces.pages.plain import plain
from interfaces.service.annotating import StillAnnotating


def insists(run_id: str) -> bool:
    """Whether this person wants to see what others say in the middle of annotating."""
    return bool(st.session_state.get(_insists(run_id)))


def unless_blind(run_id: str, show: Callable[[bool], None]) -> None:
    """Show what tells of others, ``insists`` given; in the middle of annotating, a warning and a button instead."""
    try:
        show(insists(run_id))
    except StillAnnotating as error:
        st.warning(plain(str(error)), icon=":material/visibility_off:")
        st.button(
            say("Ver assim mesmo", "See it anyway"),
            key=f"insist-{run_id}",
            on_click=partial(st.session_state.__setitem__, _insists(run_id), True),
        )


def _insists(run_id: str) -> str:
    return f"insists-{run_id}"
