"""What is asked about a course: a map by lecture and time, and the questions, one press from their segments."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.language import say
from interfaces.history.asked import Only
from interfaces.history.records import AskedQuestion
from interfaces.pages.context import Context
from interfaces.pages.moments import moment
from interfaces.pages.plain import plain
from interfaces.pages.segments.charts import asked_map, map_height
from interfaces.pages.segments.searching import look_for
from interfaces.render import lecture_label, span
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
        _map(places)
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


def _map(places: list[asked.Place]) -> None:
    st.header(say("Onde caem as perguntas", "Where the questions lead"), anchor=False)
    counted = asked.by_lecture(places)
    most = counted[0]
    st.altair_chart(
        asked_map(places, on_dark=st.context.theme.type == "dark"),
        width="stretch",
        height=map_height(places),
        alt=say(
            f"Mapa das perguntas por aula e minuto; a mais procurada é {most.title}, com {most.asked}. "
            "A tabela abaixo diz o mesmo.",
            f"Map of the questions by lecture and minute; most lead to {most.title}, {most.asked}. "
            "The table below says the same.",
        ),
    )
    with st.expander(say("O mesmo em tabela", "The same as a table")):
        st.table(
            {
                say("Aula", "Lecture"): [plain(lecture_label(one.lecture_id, one.title)) for one in counted],
                say("Perguntas", "Questions"): [one.asked for one in counted],
                say("Sem resposta", "Unanswered"): [one.unanswered for one in counted],
                say("Mal avaliadas", "Badly rated"): [one.badly_rated for one in counted],
            },
            border="horizontal",
            hide_index=True,
        )
        busiest = sorted((one for one in places if one.asked), key=lambda one: -one.asked)[:_AT_ONCE]
        st.table(
            {
                say("Trecho", "Segment"): [
                    plain(
                        " · ".join(
                            part
                            for part in (lecture_label(one.lecture_id, one.title), span(one.start_s, one.end_s))
                            if part
                        )
                    )
                    for one in busiest
                ],
                say("Perguntas", "Questions"): [one.asked for one in busiest],
            },
            border="horizontal",
            hide_index=True,
        )


def _questions(context: Context, days: int | None) -> None:
    assert context.course is not None
    st.header(say("As perguntas", "The questions"), anchor=False)
    names: dict[str, str] = {
        _ALL: say("Todas", "All"),
        "unanswered": say("Sem resposta", "Unanswered"),
        "badly rated": say("Mal avaliadas", "Badly rated"),
    }
    chosen = st.segmented_control(
        say("Quais", "Which"), list(names), default=_ALL, required=True, format_func=names.__getitem__, key="which"
    )
    only: Only | None = "unanswered" if chosen == "unanswered" else "badly rated" if chosen == "badly rated" else None
    found = asked.questions(context.desk, context.person, context.course.course_id, only=only, days=days)
    if not found:
        st.markdown(say("Nenhuma pergunta aqui ainda.", "No question here yet."))
        return
    shown = _AT_ONCE * (1 + int(st.session_state.get("more-questions", 0)))
    for one in found[:shown]:
        _question(one)
    if len(found) > shown:
        st.button(
            say(f"Mostrar mais ({len(found) - shown})", f"Show more ({len(found) - shown})"),
            on_click=lambda: st.session_state.update({"more-questions": shown // _AT_ONCE}),
        )


def _question(one: AskedQuestion) -> None:
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", key=f"asked-{one.turn_id}"
    ):
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


def _said_of(one: AskedQuestion) -> list[str]:
    said = [moment(one.asked_at)]
    if one.name is not None:
        said.append(plain(one.name))
    if one.state == "failed":
        said.append(say("**falhou**", "**failed**"))
    elif one.abstained:
        said.append(say("**sem resposta nas aulas**", "**not answered by the lectures**"))
    elif one.state == "done":
        cited = len(set(one.cited))
        said.append(
            say(
                f"respondida, {cited} {'trecho citado' if cited == 1 else 'trechos citados'}",
                f"answered, {cited} {'segment' if cited == 1 else 'segments'} cited",
            )
        )
    if one.rating is not None:
        good = one.rating == "up"
        said.append(say("avaliada boa", "rated good") if good else say("**mal avaliada**", "**badly rated**"))
        if one.reason:
            said[-1] += f": “{plain(one.reason)}”"
    return said
