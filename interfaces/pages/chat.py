"""The chat: a question in, the lectures' words at once, an answer as it is written, and where each thing was said."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import Language, interface_language, say, set_interface_language
from interfaces.history.records import Conversation
from interfaces.pages.answer import (
    await_passages,
    earlier,
    show_draft,
    show_ended,
    show_question,
    show_versions,
)
from interfaces.pages.context import Context
from interfaces.pages.empty import course_here, show_empty
from interfaces.pages.noticing import keep_notice, noticed, show_notice
from interfaces.pages.plain import plain
from interfaces.render import lecture_label
from interfaces.service import chat
from interfaces.service.chat import Shown
from interfaces.service.export import conversation_json, conversation_markdown
from interfaces.service.membership import need_course

_LOOK_EVERY_S = 0.25
_TO_TOP = """<script>
requestAnimationFrame(() => document.querySelector(".st-key-question-TURN")?.scrollIntoView({block: "start"}));
</script>"""


def page(context: Context) -> None:
    """Show the chat."""
    if course_here(context) is None:
        return
    now = _current(context)
    _sidebar(context, now)
    show_notice()
    if now is None:
        show_empty(context, partial(_ask, context))
    else:
        _header(context, now)
        _turns(context, now)
    _input(context)


def _current(context: Context) -> Conversation | None:
    """The conversation that the address names; one that is gone, or another's, is a notice and none."""
    named = st.query_params.get("c")
    if not named:
        return None
    try:
        found = chat.conversation(context.desk, context.person, named)
        if found.course != context.about.course_id:
            # An address may name a conversation alone; the course is the conversation's, if it is still here.
            st.query_params["course"] = need_course(context.desk, context.person, found.course).course_id
            st.rerun()
        return found
    except MonitoriaError as error:
        keep_notice(error)
        st.query_params.pop("c", None)
        return None


def _ask(context: Context, question: str | None = None) -> None:
    """Ask what was typed, or what a button says; what is wrong with it is shown on the next run."""
    asked = st.session_state.get("question") if question is None else question
    lectures = st.session_state.get(f"lectures-{context.about.course_id}") or ()
    with noticed():
        turn = chat.ask(
            context.desk,
            context.person,
            context.about.course_id,
            asked or "",
            conversation_id=st.query_params.get("c"),
            lectures=lectures,
        )
        st.query_params["c"] = turn.conversation_id
        await_passages(context, turn.turn_id)


def _input(context: Context) -> None:
    # In a container of its own it does not make the page follow its end, away from the beginning of the answer.
    with st.container(key="ask"):
        st.chat_input(
            say("Pergunte sobre as aulas", "Ask about the lectures"),
            key="question",
            max_chars=chat.MOST_CHARACTERS,
            on_submit=_ask,
            args=(context,),
        )


def _turns(context: Context, now: Conversation) -> None:
    turns = chat.shown_turns(context.desk, context.person, now.conversation_id, earlier())
    for shown in turns[:-1]:
        _turn(context, shown)
    for shown in turns[-1:]:
        with st.container(key="last-turn"):
            _turn(context, shown, partial(_ask, context))
    if asked := st.session_state.pop("asked", None):
        # The new question to the top of the window, its passages and its answer below it. The id is a number of ours.
        st.html(_TO_TOP.replace("TURN", re.sub("[^0-9a-f]", "", asked)), unsafe_allow_javascript=True)


def _turn(context: Context, shown: Shown, ask: Callable[[str], None] | None = None) -> None:
    show_question(shown.turn.turn_id, shown.turn.question)
    show_versions(shown)
    if shown.snapshot.ended:
        show_ended(context, shown, ask)
        return
    # With many at once each page looks less often, so that looking takes no time from answering.
    every_s = _LOOK_EVERY_S + 0.04 * context.desk.answering.n_live
    st.fragment(_live, run_every=every_s)(context, shown.turn.turn_id, interface_language())


def _live(context: Context, turn_id: str, language: Language) -> None:
    set_interface_language(language)
    try:
        snapshot = chat.watch(context.desk, context.person, turn_id)
    except MonitoriaError:
        st.rerun()  # it was deleted in another tab; the whole page says so
    if snapshot.ended:
        st.rerun()
    show_draft(context, turn_id, snapshot)


def _sidebar(context: Context, now: Conversation | None) -> None:
    with st.sidebar:
        st.button(
            say("Nova conversa", "New conversation"),
            icon=":material/add:",
            width="stretch",
            on_click=_open,
        )
        names = {
            lecture.lecture_id: lecture_label(lecture.lecture_id, lecture.title) for lecture in context.about.lectures
        }
        st.multiselect(
            say("Só nestas aulas", "Only these lectures"),
            list(names),
            format_func=lambda lecture_id: names.get(lecture_id, lecture_id),
            key=f"lectures-{context.about.course_id}",
            placeholder=say("Todas", "All"),
            select_all=False,
        )
        mine = chat.conversations(context.desk, context.person, context.about.course_id)
        if mine:
            st.markdown(say("**Conversas**", "**Conversations**"))
        with st.container(key="conversations", gap="xxsmall"):
            for conversation in mine:
                here = now is not None and conversation.conversation_id == now.conversation_id
                st.button(
                    plain(conversation.title),
                    key=f"open-{conversation.conversation_id}",
                    type="secondary" if here else "tertiary",
                    width="stretch",
                    on_click=partial(_open, conversation.conversation_id),
                )


def _open(conversation_id: str | None = None) -> None:
    if conversation_id is None:
        st.query_params.pop("c", None)
    else:
        st.query_params["c"] = conversation_id


def _header(context: Context, now: Conversation) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="header"):
        st.title(plain(context.about.name), anchor=False, width="content")
        with st.popover(say("Conversa", "Conversation"), icon=":material/more_horiz:", type="tertiary"):
            _manage(context, now)


def _manage(context: Context, now: Conversation) -> None:
    identity = now.conversation_id

    def rename() -> None:
        with noticed():
            chat.rename(context.desk, context.person, identity, st.session_state[f"title-{identity}"])

    def delete() -> None:
        with noticed():
            chat.delete(context.desk, context.person, identity)
            st.query_params.pop("c", None)

    st.text_input(say("Título", "Title"), value=now.title, key=f"title-{identity}", on_change=rename)
    for name, mime, made in (
        ("md", "text/markdown", conversation_markdown),
        ("json", "application/json", conversation_json),
    ):
        st.download_button(
            say("Baixar em ", "Download as ") + {"md": "Markdown", "json": "JSON"}[name],
            # Made when it is asked for, not at every run of the page.
            data=partial(made, context.desk, context.person, identity),
            file_name=f"monitoria-{identity[:8]}.{name}",
            mime=mime,
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
            key=f"download-{name}-{identity}",
        )
    sure = st.checkbox(say("Quero apagar esta conversa", "I want to delete this conversation"), key=f"sure-{identity}")
    st.button(
        say("Apagar", "Delete"),
        icon=":material/delete:",
        disabled=not sure,
        on_click=delete,
        width="stretch",
        key=f"delete-{identity}",
    )
