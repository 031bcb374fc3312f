"""Every correction of a course: those in conflict with a way out, the others with a way to their editor."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import say
from interfaces.pages.context import Context
from interfaces.pages.moments import moment
from interfaces.pages.plain import plain
from interfaces.pages.segments.editing import open_editor
from interfaces.pages.segments.wording import fault, place, who, with_changes
from interfaces.pages.segments.working import begin, show_work
from interfaces.render import lecture_label, span
from interfaces.service import correcting
from interfaces.service.correcting import Listed, difference, shortened, waits


def show(context: Context) -> None:
    """Show the corrections."""
    assert context.course is not None
    show_work(context, "correction", say("Gravando e recalculando…", "Saving and embedding…"))
    try:
        found = correcting.listed(context.desk, context.person, context.course.course_id)
    except MonitoriaError as error:
        st.error(fault(error), icon=":material/error:")
        return
    waiting = [one for one in found if waits(one.correction)]
    if not found:
        st.markdown(
            say(
                "Ninguém corrigiu nada ainda. Procure um trecho e use “Corrigir o texto”.",
                "Nobody has corrected anything yet. Search for a segment and use “Correct the text”.",
            )
        )
    if waiting:
        st.header(say("Esperam uma decisão", "Waiting for a decision"), anchor=False)
        st.caption(
            say(
                "A fonte mudou depois da correção. O texto corrigido não é usado até que alguém decida.",
                "The source changed after the correction. The corrected text is not used until somebody decides.",
            )
        )
    for one in waiting:
        _conflict(context, one)
    others = [one for one in found if not waits(one.correction)]
    if others:
        st.header(say("Correções", "Corrections"), anchor=False)
    for one in others:
        _line(context, one)


def _where(context: Context, one: Listed) -> str:
    assert context.course is not None
    titles = {lecture.lecture_id: lecture.title for lecture in context.course.lectures}
    change = one.correction
    label = lecture_label(change.lecture_id, titles.get(change.lecture_id, ""))
    return " · ".join(part for part in (label, span(change.start_s, change.end_s)) if part)


def _line(context: Context, one: Listed) -> None:
    change = one.correction
    state = {
        "live": say("em uso", "in use"),
        "waiting": say("em uso a partir da próxima indexação", "in use from the next build on"),
        "restored": say("texto da fonte restaurado", "source's text restored"),
    }.get(change.status, change.status)
    with st.container(border=True, gap="xsmall", key=f"past-{change.segment_id}"):
        st.subheader(plain(_where(context, one)), anchor=False)
        st.caption(f"{moment(change.at)} · {plain(who(one.author))} · {state}")
        if change.text is not None:
            st.markdown(with_changes(shortened(difference(change.original, change.text))))
        if change.moved_to is None:
            st.button(
                say("Abrir", "Open"),
                key=f"open-{change.segment_id}",
                icon=":material/edit:",
                type="tertiary",
                on_click=partial(open_editor, change.segment_id),
            )


def _conflict(context: Context, one: Listed) -> None:
    assert context.course is not None
    change = one.correction
    identity = change.segment_id
    act = partial(correcting.resolve, context.desk, context.person, context.course.course_id, identity)
    with st.container(border=True, gap="small", key=f"past-{identity}"):
        st.subheader(plain(_where(context, one)), anchor=False)
        st.caption(f"{moment(change.at)} · {plain(who(one.author))}")
        st.markdown(
            f"**{say('A correção', 'The correction')}:** "
            + with_changes(shortened(difference(change.original, change.text or "")))
        )
        if change.status == "gone":
            st.markdown(
                say(
                    "A aula saiu do curso. Se ela voltar com o mesmo texto, a correção volta com ela.",
                    "The lecture left the course. If it comes back with the same text, so does the correction.",
                )
            )
        elif one.suggested:
            _choose(context, one)
        else:
            st.markdown(say("Nenhum trecho de agora parece ser este.", "No present segment seems to be this one."))
        st.button(
            say("Descartar a correção", "Drop the correction"),
            key=f"drop-{identity}",
            icon=":material/delete:",
            type="tertiary",
            on_click=partial(begin, partial(act, to=None)),
        )


def _choose(context: Context, one: Listed) -> None:
    """The present segment that is meant, its text with the correction carried over, and a button that gives it."""
    assert context.course is not None
    identity = one.correction.segment_id
    titles = {lecture.lecture_id: lecture.title for lecture in context.course.lectures}
    segments = {segment.segment_id: segment for segment, _ in one.suggested}
    suggested = {segment.segment_id: text for segment, text in one.suggested}
    to = next(iter(segments))
    if len(segments) > 1:
        to = st.selectbox(
            say("O trecho de agora", "The present segment"),
            list(segments),
            format_func=lambda key: place(segments[key], titles.get(segments[key].lecture_id, "")),
            key=f"to-{identity}",
        )
    st.markdown(f"**{say('A fonte diz agora', 'The source says now')}:** {plain(segments[to].text)}")
    key = f"given-{identity}-{to}"
    st.session_state.setdefault(key, suggested[to])
    st.text_area(say("Texto a usar", "Text to use"), key=key, height=180, max_chars=correcting.MOST_CHARACTERS)
    act = partial(correcting.resolve, context.desk, context.person, context.course.course_id, identity)
    st.button(
        say("Usar este texto", "Use this text"),
        key=f"give-{identity}",
        type="primary",
        on_click=lambda: begin(partial(act, to=to, text=st.session_state[key])),
    )
