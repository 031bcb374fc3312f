"""Who is in the middle of annotating is asked before she is told what others say."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from corpus.language import say
from interfaces.pages.context import Context
from interfaces.pages.noticing import noticed
from interfaces.pages.plain import plain
from interfaces.service import annotating
from interfaces.service.annotating import StillAnnotating


def unless_blind(context: Context, run_id: str, show: Callable[[], None]) -> None:
    """Show what tells of others; in the middle of annotating, a warning and a button instead."""
    try:
        show()
    except StillAnnotating as error:
        st.warning(plain(str(error)), icon=":material/visibility_off:")
        st.button(
            say("Ver assim mesmo", "See it anyway"),
            key=f"insist-{run_id}",
            on_click=partial(_insist, context, run_id),
        )


def _insist(context: Context, run_id: str) -> None:
    with noticed():
        annotating.insist(context.desk, context.person, run_id)
