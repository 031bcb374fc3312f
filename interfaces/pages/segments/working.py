"""A work in the background as a page shows it: while it goes on, and once when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import Language, interface_language, say, set_interface_language
from interfaces.pages.context import Context
from interfaces.pages.noticing import noticed
from interfaces.pages.segments.wording import fault
from interfaces.service.works import Kind, Work

_LOOK_EVERY_S = 0.3


def follow(work: Work) -> None:
    """Have the page show this work, and what came of it."""
    st.session_state[f"work-{work.kind}"] = work.work_id


def begin(start: Callable[[], Work], *, forgetting: Sequence[Kind] = ()) -> None:
    """Start a work and follow it; what is wrong with it is shown on the next run.

    What came of works of the kinds in ``forgetting`` is told no longer: this is newer.
    """
    for kind in forgetting:
        st.session_state.pop(f"work-{kind}", None)
    with noticed():
        follow(start())


def followed(context: Context, kind: Kind) -> Work | None:
    """The work of that kind that this page follows, or one of this person's that still goes on after a reload."""
    assert context.course is not None
    course = context.course.course_id
    works, person = context.desk.works, context.person
    known = st.session_state.get(f"work-{kind}")
    if known is not None:
        try:
            found = works.watched(person, known)
        except MonitoriaError:
            del st.session_state[f"work-{kind}"]
        else:
            if found.course == course:
                return found
    running = works.running(person, course, kind)
    if running is not None:
        follow(running)
    return running


def show_work(context: Context, kind: Kind, doing: str) -> Work | None:
    """The work that this page follows; how it stands is shown where it goes on or failed."""
    work = followed(context, kind)
    if work is not None and not work.ended:
        show_going_on(context, work, doing)
    elif work is not None and work.state == "failed":
        show_failed(work)
    return work


def show_going_on(context: Context, work: Work, doing: str) -> None:
    """A status that looks by itself, and the whole page anew when the work has ended."""
    st.fragment(_live, run_every=_LOOK_EVERY_S)(context, work.work_id, doing, interface_language())


def show_failed(work: Work) -> None:
    """Why a work failed."""
    st.error(fault(work.error), icon=":material/error:")


def _live(context: Context, work_id: str, doing: str, language: Language) -> None:
    set_interface_language(language)
    work = context.desk.works.watched(context.person, work_id)
    if work.ended:
        st.rerun()
    if work.state == "waiting":
        doing = say("Esperando outra mudança neste curso…", "Waiting for another change in this course…")
    st.progress(min(1.0, work.done / work.of) if work.of else 0.0, text=doing)
