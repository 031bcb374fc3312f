"""What goes wrong in a callback, or before a page is drawn, is kept and told once on the page's next look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from corpus.errors import MonitoriaError
from interfaces.pages.plain import plain

_NOTICE = "notice"


def keep_notice(error: MonitoriaError) -> None:
    """Have `show_notice` tell of this, in the language of its run: a callback comes before that is chosen."""
    st.session_state[_NOTICE] = error


@contextmanager
def noticed() -> Iterator[None]:
    """Keep what goes wrong inside for `show_notice`."""
    try:
        yield
    except MonitoriaError as error:
        keep_notice(error)


def show_notice() -> None:
    """Show what was kept, once."""
    if notice := st.session_state.pop(_NOTICE, None):
        st.error(plain(str(notice)), icon=":material/error:")
