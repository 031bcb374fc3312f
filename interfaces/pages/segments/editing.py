"""One segment's text under correction: the editor, the original with what was changed, who changed it when."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import number, say
from corpus.records import Segment
from interfaces.access import may
from interfaces.pages.cards import player
from interfaces.pages.context import Context
from interfaces.pages.media import media_in
from interfaces.pages.moments import moment
from interfaces.pages.plain import plain
from interfaces.pages.segments.wording import fault, place, who, with_changes
from interfaces.pages.segments.working import begin, followed, show_failed, show_going_on
from interfaces.render import span
from interfaces.service import correcting
from interfaces.service.correcting import Editable, Past
from rag.citations import timed_url


def open_editor(segment_id: int) -> None:
    """Have the page show the editor of a segment."""
    st.query_params["e"] = str(segment_id)


def is_open(context: Context) -> bool:
    """Whether the address names a segment to correct, and the person may."""
    return st.query_params.get("e", "").isdecimal() and may(context.person, "correct segments")


def show(context: Context) -> None:
    """Show the editor of the segment that the address names."""
    assert context.course is not None
    st.button(
        say("Voltar", "Back"),
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=_close,
    )
    try:
        found = correcting.editable(context.desk, context.person, context.course.course_id, int(st.query_params["e"]))
    except MonitoriaError as error:
        st.error(fault(error), icon=":material/error:")
        return
    segment = found.placed.segment
    st.header(plain(place(segment, found.placed.title)), anchor=False)
    player(
        f"edit-{segment.segment_id}",
        media_in(context.course, segment.lecture_id, found.placed.url),
        timed_url(found.placed.url, segment.start_s),
        segment.start_s,
    )
    going_on = _show_work(context, segment.segment_id)
    if found.is_corrected:
        editor, original = st.columns(2, gap="medium")
        with editor:
            _editor(context, found, disabled=going_on)
        with original:
            _original(context, found, disabled=going_on)
    else:
        _editor(context, found, disabled=going_on)
        st.caption(say("É o texto da fonte, sem correção.", "This is the source's text, without a correction."))
    _around(found)
    _history(found.past)


def _close() -> None:
    st.query_params.pop("e", None)


def _show_work(context: Context, segment_id: int) -> bool:
    """What becomes of the change that was asked for last; whether it still goes on."""
    work = followed(context, "correction")
    if work is None or work.about != segment_id:
        return work is not None and not work.ended
    if not work.ended:
        show_going_on(context, work, say("Gravando e recalculando…", "Saving and embedding…"))
    elif work.state == "failed":
        show_failed(work)
    else:
        took = number(work.seconds, 1)
        st.success(
            say(
                f"Gravado em {took} s. A próxima pergunta já encontra este texto.",
                f"Saved in {took} s. The next question already finds this text.",
            ),
            icon=":material/check:",
        )
    return not work.ended


def _editor(context: Context, found: Editable, *, disabled: bool) -> None:
    assert context.course is not None
    identity, text = found.placed.segment.segment_id, found.placed.segment.text
    # Another present text is another editor: what was typed over the old one would not fit.
    key = f"text-{identity}-{sha256(text.encode()).hexdigest()[:8]}"
    st.session_state.setdefault(key, text)

    def save() -> None:
        assert context.course is not None
        begin(
            partial(
                correcting.correct,
                context.desk,
                context.person,
                context.course.course_id,
                identity,
                st.session_state[key],
                st.session_state[f"note-{key}"],
            )
        )

    with st.form(f"editor-{identity}", border=False, enter_to_submit=False):
        st.text_area(
            say("O que foi dito", "What was said"),
            key=key,
            height=300,
            max_chars=correcting.MOST_CHARACTERS,
            disabled=disabled,
        )
        st.text_input(
            say("Por que muda (opcional)", "Why it changes (optional)"),
            key=f"note-{key}",
            max_chars=300,
            disabled=disabled,
        )
        st.form_submit_button(
            say("Gravar", "Save"), type="primary", icon=":material/save:", on_click=save, disabled=disabled
        )


def _original(context: Context, found: Editable, *, disabled: bool) -> None:
    assert context.course is not None
    segment = found.placed.segment
    st.subheader(say("O que muda em relação à fonte", "What differs from the source"), anchor=False)
    st.markdown(with_changes(correcting.difference(found.original, segment.text)))
    with st.expander(say("O texto da fonte", "The source's text")):
        st.markdown(plain(found.original))
    st.button(
        say("Restaurar o texto da fonte", "Restore the source's text"),
        icon=":material/undo:",
        disabled=disabled,
        on_click=partial(
            begin,
            partial(correcting.restore, context.desk, context.person, context.course.course_id, segment.segment_id),
        ),
    )


def _around(found: Editable) -> None:
    beside: list[tuple[str, Segment | None]] = [
        (say("Antes", "Before"), found.placed.before),
        (say("Depois", "After"), found.placed.after),
    ]
    if all(segment is None for _, segment in beside):
        return
    with st.expander(say("O que se diz antes e depois", "What is said before and after")):
        for label, segment in beside:
            if segment is not None:
                when = span(segment.start_s, segment.end_s)
                st.markdown(f"**{label}**{f' {plain(when)}' if when else ''}: {plain(segment.text)}")


def _history(past: tuple[Past, ...]) -> None:
    if not past:
        return
    st.subheader(say("História", "History"), anchor=False)
    for number_of, one in enumerate(past):
        change = one.change
        with st.container(border=True, gap="xsmall", key=f"past-{number_of}"):
            if change.moved_to is not None:
                did = say("deu a correção a outro trecho", "gave the correction to another segment")
            elif change.text is None:
                did = say("voltou ao texto da fonte", "went back to the source's text")
            else:
                did = say("corrigiu", "corrected")
            st.caption(f"{moment(change.at)} · {plain(who(one.author))} {did}")
            if change.note:
                st.markdown(f"*{plain(change.note)}*")
            if change.text is not None:
                st.markdown(with_changes(correcting.shortened(correcting.difference(change.original, change.text))))
