"""What is asked about a course: a map by lecture and time, and the questions, one press from their segments."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import how_many, say
from interfaces.history.asked import Only
from interfaces.history.records import ENDED, AskedQuestion
from interfaces.pages.answer import show_given
from interfaces.pages.context import Context
from interfaces.pages.moments import moment
from interfaces.pages.plain import plain
from interfaces.pages.segments.charts import AskedMap, asked_maps, where_in
from interfaces.pages.segments.searching import look_for
from interfaces.pages.segments.wording import fault
from interfaces.render import lecture_label
from interfaces.service import asked

_AT_ONCE = 20
_ALL = "all"


def show(context: Context) -> None:
    """Show the questions and where they lead."""
    assert context.course is not None
    days = _period()
    course = context.course.course_id
    places = asked.places(context.desk, context.person, course, days=days)
    if any(place.asked for place in places):
        _map(places, asked.kinds(context.desk, context.person))
    _questions(context, days)


def _period() -> int | None:
    names = {
        "7": say("7 dias", "7 days"),
        "30": say("30 dias", "30 days"),
        _ALL: say("Desde o começo", "From the beginning"),
    }
    chosen = st.segmented_control(
        say("Período", "Period"), list(names), default=_ALL, required=True, format_func=names.__getitem__, key="period"
    )
    return None if chosen in (None, _ALL) else int(chosen)


def _map(places: list[asked.Place], kinds: Sequence[Only]) -> None:
    st.header(say("Onde caem as perguntas", "Where the questions lead"), anchor=False)
    for one in asked_maps(places, on_dark=st.context.theme.type == "dark"):
        st.altair_chart(one.chart, width="stretch", alt=_in_words(one))
    counted = asked.by_lecture(places)
    with st.expander(say("O mesmo em tabela", "The same as a table")):
        columns: dict[str, list[str] | list[int]] = {
            say("Aula", "Lecture"): [plain(lecture_label(one.lecture_id, one.title)) for one in counted],
            say("Perguntas", "Questions"): [one.asked for one in counted],
        }
        for kind in kinds:
            columns[_kind_name(kind)] = [one.of_kind(kind) for one in counted]
        st.table(columns, border="horizontal", hide_index=True)
        busiest = sorted((one for one in places if one.asked), key=lambda one: -one.asked)[:_AT_ONCE]
        st.table(
            {
                say("Trecho", "Segment"): [
                    plain(f"{lecture_label(one.lecture_id, one.title)} · {where_in(one)}") for one in busiest
                ],
                say("Perguntas", "Questions"): [one.asked for one in busiest],
            },
            border="horizontal",
            hide_index=True,
        )


def _in_words(one: AskedMap) -> str:
    most = asked.by_lecture(one.places)[0]
    across = say("parte", "part") if one.written else say("minuto", "minute")
    name = lecture_label(most.lecture_id, most.title)
    where = say(f"a mais procurada é {name}, com {most.asked}", f"most lead to {name}, {most.asked}")
    if not most.asked:
        where = say("nenhuma pergunta caiu aqui", "no question leads here")
    return say(
        f"Mapa das perguntas por aula e {across}; {where}. A tabela abaixo diz o mesmo.",
        f"Map of the questions by lecture and {across}; {where}. The table below says the same.",
    )


def _kind_name(kind: Only) -> str:
    names: dict[Only, str] = {
        "unanswered": say("Sem resposta", "Unanswered"),
        "passages only": say("Só trechos", "Passages only"),
        "badly rated": say("Mal avaliadas", "Badly rated"),
    }
    return names[kind]


def _questions(context: Context, days: int | None) -> None:
    assert context.course is not None
    st.header(say("As perguntas", "The questions"), anchor=False)
    kinds = asked.kinds(context.desk, context.person)
    chosen = st.segmented_control(
        say("Quais", "Which"),
        [_ALL, *kinds],
        default=_ALL,
        required=True,
        format_func=lambda one: say("Todas", "All") if one == _ALL else _kind_name(one),
        key="which",
    )
    only: Only | None = next((kind for kind in kinds if kind == chosen), None)
    found = asked.questions(context.desk, context.person, context.course.course_id, only=only, days=days)
    if not found:
        st.markdown(say("Nenhuma pergunta aqui ainda.", "No question here yet."))
        return
    shown = _AT_ONCE * (1 + int(st.session_state.get("more-questions", 0)))
    for one in found[:shown]:
        _question(context, one)
    if len(found) > shown:
        st.button(
            say(f"Mostrar mais ({len(found) - shown})", f"Show more ({len(found) - shown})"),
            on_click=lambda: st.session_state.update({"more-questions": shown // _AT_ONCE}),
        )


def _question(context: Context, one: AskedQuestion) -> None:
    with st.container(border=True, gap="xsmall", key=f"asked-{one.turn_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(gap=None, width="stretch"):
                st.markdown(plain(one.question))
                st.caption(" · ".join(_said_of(one)))
            st.button(
                say("Ver os trechos", "See the segments"),
                key=f"segments-{one.turn_id}",
                icon=":material/search:",
                type="tertiary",
                on_click=partial(look_for, one.question, one.cited),
            )
        if one.state in ENDED:
            _answer(context, one.turn_id)


def _answer(context: Context, turn_id: str) -> None:
    """What was answered, as whoever asked saw it; read when it is opened."""
    label = say("A resposta que foi dada", "The answer that was given")
    given = st.expander(label, type="compact", on_change="rerun", key=f"given-{turn_id}")
    if not given.open:
        return
    with given:
        try:
            found = asked.given(context.desk, context.person, context.about.course_id, turn_id)
        except MonitoriaError as error:  # deleted meanwhile
            st.error(fault(error), icon=":material/error:")
        else:
            show_given(context, turn_id, found.snapshot)


def _said_of(one: AskedQuestion) -> list[str]:
    said = [moment(one.asked_at)]
    if one.name is not None:
        said.append(plain(one.name))
    if went := _went(one):
        said.append(went)
    if one.rating is not None:
        good = one.rating == "up"
        said.append(say("avaliada boa", "rated good") if good else say("**mal avaliada**", "**badly rated**"))
        if one.reason:
            said[-1] += f": “{plain(one.reason)}”"
    return said


def _went(one: AskedQuestion) -> str:
    """How an answer went; nothing while it is being made. In bold what somebody may have to look after."""
    n = len(set(one.cited))
    if one.state == "failed":
        return say("**falhou**", "**failed**")
    if one.abstained:
        return say("**sem resposta nas aulas**", "**not answered by the lectures**")
    if one.passages_only:
        # Not in bold: a small model writes seldom, and the passages may well be what she looked for.
        return say("só trechos, sem resposta escrita", "passages only, no written answer")
    if one.state == "stopped":
        return say("interrompida por quem perguntou", "stopped by whoever asked")
    if one.mode == "quotes":
        # No model writes here: the passages are the answer.
        return say(
            f"respondida com {how_many(n, 'trecho', 'trechos')}",
            f"answered with {how_many(n, 'segment', 'segments')}",
        )
    if one.state == "done":
        return say(
            f"respondida, {how_many(n, 'trecho citado', 'trechos citados')}",
            f"answered, {how_many(n, 'segment', 'segments')} cited",
        )
    return ""
