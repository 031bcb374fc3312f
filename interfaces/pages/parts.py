"""The parts of a page, one shown at a time, by the address: a reload and a link lead to the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from corpus.language import say

Show = TypeVar("Show")


@dataclass(frozen=True, slots=True)
class Part(Generic[Show]):
    """A part of a page: its name in the address, what it is called, and what shows it."""

    name: str
    pt: str
    en: str
    show: Show


def chosen_part(parts: Sequence[Part[Show]], label: str, *, parameter: str, forgets: str | None = None) -> Part[Show]:
    """The part that the address names under ``parameter``, else the first; a press on another one puts it there.

    ``forgets`` is what else of the address goes with the old part.
    """
    by_name = {part.name: part for part in parts}
    chosen = by_name.get(st.query_params.get(parameter, ""), parts[0])
    # Other parts, another control: one whose options change would take it for a press.
    key = f"part-{parameter}-" + "-".join(by_name)
    st.session_state[key] = chosen.name

    def go() -> None:
        st.query_params[parameter] = st.session_state[key]
        if forgets is not None:
            st.query_params.pop(forgets, None)

    with st.container(key="sections"):
        st.segmented_control(
            label,
            list(by_name),
            format_func=lambda name: say(by_name[name].pt, by_name[name].en),
            key=key,
            required=True,
            label_visibility="collapsed",
            on_change=go,
        )
    return chosen
