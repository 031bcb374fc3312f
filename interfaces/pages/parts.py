"""The parts of a page, one shown at a time, by the address: a reload and a link lead to the same one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def chosen_part(names: Mapping[str, str], label: str, *, parameter: str, forgets: str | None = None) -> str:
    """The part that the address names under ``parameter``, else the first; a press on another one puts it there.

    ``names`` are the parts and what they are called; ``forgets``, what else of the address goes with the old part.
    """
    asked = st.query_params.get(parameter, "")
    name = asked if asked in names else next(iter(names))
    # Other parts, another control: one whose options change would take it for a press.
    key = f"part-{parameter}-" + "-".join(names)
    st.session_state[key] = name

    def go() -> None:
        st.query_params[parameter] = st.session_state[key]
        if forgets is not None:
            st.query_params.pop(forgets, None)

    with st.container(key="sections"):
        st.segmented_control(
            label,
            list(names),
            format_func=names.__getitem__,
            key=key,
            required=True,
            label_visibility="collapsed",
            on_change=go,
        )
    return name
