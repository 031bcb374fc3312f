"""A run as it goes on: how far it is, a way to stop it, why it ended early, a way to go on with it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.language import Language, interface_language, say, set_interface_language
from interfaces.pages.context import Context
from interfaces.pages.evaluation.wording import covered_text, progress_text, state_name
from interfaces.pages.noticing import noticed
from interfaces.pages.plain import plain
from interfaces.service import evaluating
from interfaces.service.evaluating import Standing

_LOOK_EVERY_S = 1.0


def show(context: Context, standing: Standing) -> None:
    """Show how the run stands, where there is something to say of it."""
    run = standing.run
    if not run.ended:
        st.fragment(_live, run_every=_LOOK_EVERY_S)(context, run.run_id, interface_language())
    elif run.state == "failed":
        st.error(plain(run.error or state_name(standing)), icon=":material/error:")
        st.caption(plain(say("Feito até aqui: ", "Done so far: ") + covered_text(standing) + "."))
        _resume(context, standing)
    elif run.state == "cancelled":
        covered = covered_text(standing)
        told = say(
            f"Parada com {covered}; o que foi feito está guardado.", f"Stopped with {covered}; what was done is kept."
        )
        st.info(told, icon=":material/pause_circle:")
        _resume(context, standing)


def _live(context: Context, run_id: str, language: Language) -> None:
    set_interface_language(language)
    standing = evaluating.evaluation(context.desk, context.person, run_id)
    if standing.run.ended:
        st.rerun()
    progress = standing.progress
    if progress is None or not progress.of:
        text = progress_text(progress) if progress else state_name(standing)
        st.progress(standing.run.done / max(1, standing.run.of), text=text)
    else:
        st.progress(min(1.0, progress.done / progress.of), text=progress_text(progress))
    st.caption(
        say(
            "Pode fechar esta página: a avaliação continua. Quem pergunta na conversa se reveza com ela.",
            "You may close this page: the evaluation goes on. Questions in the chat take turns with it.",
        )
    )
    st.button(
        say("Parar", "Stop"),
        icon=":material/stop_circle:",
        key=f"cancel-{run_id}",
        on_click=partial(_cancel, context, run_id),
    )


def _resume(context: Context, standing: Standing) -> None:
    st.button(
        say("Retomar", "Resume"),
        icon=":material/play_circle:",
        type="primary",
        key=f"resume-{standing.run.run_id}",
        disabled=standing.plan is None,
        on_click=partial(_resumed, context, standing.run.run_id),
    )


def _cancel(context: Context, run_id: str) -> None:
    with noticed():
        evaluating.cancel(context.desk, context.person, run_id)


def _resumed(context: Context, run_id: str) -> None:
    with noticed():
        evaluating.resume(context.desk, context.person, run_id)
