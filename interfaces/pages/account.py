"""The account: who one is here, and all that is one's own to take along or to delete."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import say
from interfaces.access import ROLES, role_name
from interfaces.pages.context import Context
from interfaces.pages.login import forget_here, stay_here
from interfaces.pages.plain import plain
from interfaces.service.account import change_password, count_conversations, delete_own, export_all


def page(context: Context) -> None:
    """Show the account."""
    desk, person = context.desk, context.person
    st.title(say("Minha conta", "My account"), anchor=False)
    held = ", ".join(role_name(role) for role in ROLES if role in person.roles)
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
    if desk.settings.app.login == "password":
        _password(context)
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
        st.error(plain(str(fault)), icon=":material/error:")
    if st.session_state.pop("all-deleted", False):
        st.success(say("Tudo foi apagado.", "Everything was deleted."), icon=":material/check:")


def _password(context: Context) -> None:
    """Another password of one's own; this tab stays signed in, and no other."""
    if st.session_state.pop("password-changed", False):
        st.success(
            say(
                "A senha foi trocada. Onde você tinha entrado com a antiga, é preciso entrar de novo.",
                "The password was changed. Wherever you signed in with the old one, sign in again.",
            ),
            icon=":material/check:",
        )
    with (
        st.expander(say("Trocar a minha senha", "Change my password")),
        st.form("change-password", border=False),
    ):
        old = st.text_input(say("Senha atual", "Present password"), type="password", autocomplete="current-password")
        new = st.text_input(say("Nova senha", "New password"), type="password", autocomplete="new-password")
        again = st.text_input(
            say("Nova senha, outra vez", "New password, once more"), type="password", autocomplete="new-password"
        )
        sent = st.form_submit_button(say("Trocar senha", "Change the password"))
        if not sent:
            return
        try:
            change_password(context.desk, context.person, old, new, again)
        except MonitoriaError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
    stay_here(context.desk, context.person)
    st.session_state["password-changed"] = True
    st.rerun()


def _delete(context: Context) -> None:
    try:
        delete_own(context.desk, context.person)
    except MonitoriaError as error:
        st.session_state["not-deleted"] = error
        return
    forget_here()
    st.session_state["delete-all-sure"] = False
    st.session_state["all-deleted"] = True
