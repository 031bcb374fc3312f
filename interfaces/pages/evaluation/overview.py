"""All runs of a course, the newest first, and a form for the next one."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.language import Language, how_many, interface_language, say, set_interface_language
from interfaces.pages.context import Context
from interfaces.pages.evaluation import starting
from interfaces.pages.evaluation.wording import answers_by, run_name, state_name
from interfaces.pages.moments import moment
from interfaces.pages.plain import plain
from interfaces.service import evaluating
from interfaces.service.evaluating import Standing

_LOOK_EVERY_S = 2.0


def show(context: Context) -> None:
    """Show the runs and the form."""
    st.title(plain(context.about.name), anchor=False)
    st.markdown(
        say(
            "O curso responde a um arquivo de perguntas, um juiz dá notas, e pessoas conferem sem ver o juiz.",
            "The course answers a file of questions, a judge grades the answers, and people check without seeing it.",
        )
    )
    found = evaluating.evaluations(context.desk, context.person, context.about.course_id)
    with st.expander(say("Nova avaliação", "New evaluation"), expanded=not found, icon=":material/add:"):
        starting.show(context)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(say("Avaliações", "Evaluations"), anchor=False, width="content")
        if sum(one.judged for one in found) > 1:
            st.button(
                say("Comparar duas", "Compare two"),
                icon=":material/compare_arrows:",
                type="tertiary",
                key="compare",
                on_click=partial(_go, "part", "compare"),
            )
    live = any(not one.run.ended for one in found)
    st.fragment(_listed, run_every=_LOOK_EVERY_S if live else None)(context, interface_language(), live)


def _listed(context: Context, language: Language, live: bool) -> None:
    set_interface_language(language)
    found = evaluating.evaluations(context.desk, context.person, context.about.course_id)
    if live and all(one.run.ended for one in found):
        st.rerun()
    with st.container(key="overview", gap="xsmall"):
        for standing in found:
            _line(context, standing)


def _line(context: Context, standing: Standing) -> None:
    run, plan = standing.run, standing.plan
    with st.container(border=True, gap="xxsmall", key=f"run-{run.run_id}"):
        opened = st.button(
            plain(run_name(standing)),
            key=f"open-{run.run_id}",
            type="tertiary",
            icon=":material/analytics:",
        )
        if opened:
            # This list is a fragment, which alone would run anew.
            _go("run", run.run_id)
            st.rerun()
        asked = say(how_many(run.of, "pergunta", "perguntas"), how_many(run.of, "question", "questions"))
        told = [moment(run.created_at), asked, state_name(standing)]
        if plan is not None:
            told[2:2] = [
                say("responde: ", "answers: ") + answers_by(context, plan),
                say("juiz: ", "judge: ") + plan.judge,
            ]
        st.caption(plain(" · ".join(told)))


def _go(name: str, value: str) -> None:
    for other in ("part", "run"):
        st.query_params.pop(other, None)
    st.query_params[name] = value
