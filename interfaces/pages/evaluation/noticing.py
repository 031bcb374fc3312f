"""What goes wrong in a callback is told on the next run of the page; who is annotating is asked before she is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import say
from interfaces.pages.plain import plain
from interfaces.service.annotating import StillAnnotating

_NOTICE = "evaluation-notice"


@contextmanager
def noticed() -> Iterator[None]:
    """Keep what goes wrong inside for `show_notice`."""
    try:
        yield
    except MonitoriaError as error:
        st.session_state[_NOTICE] = str(error)


def show_notice() -> None:
    """Show what was kept, once."""
    if notice := st.session_state.pop(_NOTICE, None):
        st.error(plain(notice), icon=":material/error:")


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
