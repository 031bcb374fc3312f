"""The account: who one is here, and all that is one's own to take along or to delete."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import say
from interfaces.history.records import Role
from interfaces.pages.context import Context
from interfaces.pages.login import forget_here
from interfaces.pages.plain import plain
from interfaces.service.account import count_conversations, delete_all, export_all


def page(context: Context) -> None:
    """Show the account."""
    desk, person = context.desk, context.person
    st.title(say("Minha conta", "My account"), anchor=False)
    names: dict[Role, str] = {
        "student": say("estudante", "student"),
        "instructor": say("docente", "instructor"),
        "researcher": say("pesquisa", "researcher"),
        "admin": say("administração", "admin"),
    }
    held = ", ".join(name for role, name in names.items() if role in person.roles)
    if desk.settings.app.login != "none":
        st.markdown(f"**{plain(person.name or person.login)}** · {plain(person.login)}")
    st.markdown(say("Papéis: ", "Roles: ") + held)
    days = desk.settings.app.keep_days
    count = count_conversations(desk, person)
    st.markdown(
        say(f"Conversas guardadas: {count}. ", f"Conversations kept: {count}. ")
        + (
            say("Ficam até que você as apague.", "They stay until you delete them.")
            if days is None
            else say(f"Cada pergunta fica {days} dias.", f"Each question stays for {days} days.")
        )
    )
    st.download_button(
        say("Baixar tudo o que é meu (JSON)", "Download all that is mine (JSON)"),
        data=partial(export_all, desk, person),
        file_name="monitoria.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    with st.expander(say("Apagar tudo o que é meu", "Delete all that is mine")):
        st.markdown(
            say(
                "Suas conversas, notas às respostas e anotações são apagadas agora e não voltam. Avaliações em lote e "
                "correções são do curso: ficam, sem o seu nome.",
                "Your conversations, ratings and annotations are deleted now and do not come back. Evaluation runs and "
                "corrections are of the course: they stay, without your name.",
            )
        )
        sure = st.checkbox(say("Quero apagar tudo", "I want to delete everything"), key="delete-all-sure")
        st.button(
            say("Apagar tudo", "Delete everything"),
            type="primary",
            disabled=not sure,
            icon=":material/delete:",
            on_click=partial(_delete, context),
        )
    if fault := st.session_state.pop("not-deleted", None):
        st.error(plain(fault), icon=":material/error:")
    if st.session_state.pop("all-deleted", False):
        st.success(say("Tudo foi apagado.", "Everything was deleted."), icon=":material/check:")


def _delete(context: Context) -> None:
    try:
        delete_all(context.desk, context.person)
    except MonitoriaError as error:
        st.session_state["not-deleted"] = str(error)
        return
    forget_here()
    st.session_state["delete-all-sure"] = False
    st.session_state["all-deleted"] = True
