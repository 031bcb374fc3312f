"""The parts of the segments page, one shown at a time: search, corrections, questions, upload, index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from corpus.language import say
from interfaces.access import Action, may
from interfaces.pages.context import Context
from interfaces.pages.empty import course_here
from interfaces.pages.noticing import show_notice
from interfaces.pages.parts import chosen_part
from interfaces.pages.plain import plain
from interfaces.pages.segments import asking, checking, editing, mending, searching, sending
from rag.errors import IndexMissing

# Ours alone: nothing from a person, a lecture or a model is ever in it.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] { max-width: 62rem; }
[data-testid="stTable"] { overflow-x: auto; }
[data-testid="stTable"] th, [data-testid="stTable"] td { padding: .3rem .5rem; font-size: .875rem; }
[class*="st-key-hit-"] h3, [class*="st-key-past-"] h3 { padding: 0 0 .25rem; }
.st-key-sections { margin-bottom: .75rem; }
[class*="st-key-given-"] > [data-testid="stExpander"] > details > summary { opacity: 1 !important; }
[data-testid="InputInstructions"] { display: none; }
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
/* A phone has no room for a table of stages; the cards below it say the same. */
@media (max-width: 640px) {
  .st-key-stages { display: none; }
  [data-testid="stTable"] th, [data-testid="stTable"] td { white-space: normal; overflow-wrap: anywhere; }
}
</style>"""


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    pt: str
    en: str
    action: Action
    show: Callable[[Context], None]


_SECTIONS = (
    _Section("search", "Procurar", "Search", "see segments", searching.show),
    _Section("corrections", "Correções", "Corrections", "correct segments", mending.show),
    _Section("asked", "Perguntas", "Questions", "see asked questions", asking.show),
    _Section("upload", "Enviar", "Upload", "upload", sending.show),
    _Section("index", "Índice", "Index", "see segments", checking.show),
)


def page(context: Context) -> None:
    """Show the page."""
    course = course_here(context)
    if course is None:
        is_new = context.course is not None and isinstance(context.course.fault, IndexMissing)
        if is_new and may(context.person, "upload"):
            sending.show(context)
        return
    st.html(_STYLE)
    st.title(plain(course.name), anchor=False)
    allowed = {one.name: one for one in _SECTIONS if may(context.person, one.action)}
    names = {one.name: say(one.pt, one.en) for one in allowed.values()}
    label = say("Parte desta página", "Part of this page")
    chosen = allowed[chosen_part(names, label, parameter="s", forgets="e")]
    show_notice()
    if chosen.name in ("search", "corrections") and editing.is_open(context):
        editing.show(context)
    else:
        chosen.show(context)
