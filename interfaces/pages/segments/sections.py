"""The parts of the segments page, one shown at a time: search, corrections, questions, upload, index."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from corpus.language import say
from interfaces.access import Action, may
from interfaces.pages.context import Context
from interfaces.pages.empty import course_here
from interfaces.pages.noticing import show_notice
from interfaces.pages.parts import Part, chosen_part
from interfaces.pages.plain import plain
from interfaces.pages.segments import asking, checking, editing, mending, searching, sending
from rag.errors import IndexMissing

# Ours alone: nothing from a person, a lecture or a model is ever in it.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] { max-width: 62rem; }
[class*="st-key-hit-"] h3, [class*="st-key-past-"] h3 { padding: 0 0 .25rem; }
[class*="st-key-given-"] > [data-testid="stExpander"] > details > summary { opacity: 1 !important; }
[data-testid="InputInstructions"] { display: none; }
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
/* A phone has no room for a table of stages; the cards below it say the same. */
@media (max-width: 640px) {
  .st-key-stages { display: none; }
}
</style>"""


_PARTS: tuple[tuple[Action, Part[Callable[[Context], None]]], ...] = (
    ("see segments", Part("search", "Procurar", "Search", searching.show)),
    ("correct segments", Part("corrections", "Correções", "Corrections", mending.show)),
    ("see asked questions", Part("asked", "Perguntas", "Questions", asking.show)),
    ("upload", Part("upload", "Enviar", "Upload", sending.show)),
    ("see segments", Part("index", "Índice", "Index", checking.show)),
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
    allowed = [part for action, part in _PARTS if may(context.person, action)]
    chosen = chosen_part(allowed, say("Parte desta página", "Part of this page"), parameter="s", forgets="e")
    show_notice()
    if chosen.name in ("search", "corrections") and editing.is_open(context):
        editing.show(context)
    else:
        chosen.show(context)
