"""One more person, with a first password that the admin types or the app makes."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.language import say
from interfaces.pages.context import Context
from interfaces.pages.noticing import noticed
from interfaces.pages.people.handing import roles_choice, roles_text, tell_done
from interfaces.pages.people.listing import password_field
from interfaces.pages.plain import plain
from interfaces.service import people

_FIELDS = ("new-login", "new-name", "new-password")


def show(context: Context) -> None:
    """Show the form; what was typed stays where it was refused."""
    with st.form("add-person", border=False):
        st.text_input(
            say("Login (nome de usuário ou e-mail)", "Login (user name or e-mail)"),
            key="new-login",
            max_chars=200,
            autocomplete="off",
        )
        st.text_input(say("Nome", "Name"), key="new-name", max_chars=200, autocomplete="off")
        roles_choice(say("Papéis", "Roles"), frozenset({"student"}), "new-roles")
        password_field("new-password")
        st.form_submit_button(
            say("Acrescentar", "Add"), type="primary", icon=":material/person_add:", on_click=partial(_add, context)
        )


def _add(context: Context) -> None:
    said = st.session_state
    login, name, password = (said[field] for field in _FIELDS)
    with noticed():
        added, handed = people.add(context.desk, context.person, login, name, said["new-roles"], password)
        for field in _FIELDS:
            said[field] = ""
        who = plain(added.login)
        tell_done(
            lambda: (
                say(f"{who} já pode entrar; papéis: ", f"{who} can sign in now; roles: ")
                + f"{roles_text(added.roles)}."
            ),
            handed,
        )
