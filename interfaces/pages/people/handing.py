"""A word on what was done, and a password that the app made: shown until it is put away, and kept nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from corpus.language import say
from interfaces.access import ROLES, role_name
from interfaces.history.records import Role
from interfaces.pages.plain import plain
from interfaces.service.people import Handed

_DONE, _HANDED = "people-done", "people-handed"


def tell_done(said: Callable[[], str], handed: Handed | None = None) -> None:
    """Have `show_handed` say this, plain already, with a password to be handed on.

    It is put into words when it is shown: a callback comes before a run has chosen its language.
    """
    st.session_state[_DONE] = said
    st.session_state[_HANDED] = handed


def show_handed() -> None:
    """Show what was done, once, and the password until somebody says that she has it."""
    if said := st.session_state.pop(_DONE, None):
        st.success(said(), icon=":material/check:")
    handed: Handed | None = st.session_state.get(_HANDED)
    if handed is None:
        return
    with st.container(border=True, key="handed"):
        st.markdown(
            say(
                f"Senha de {plain(handed.login)}. A Monitoria não a guarda: depois de fechada, não aparece de novo.",
                f"The password of {plain(handed.login)}. Monitoria does not keep it: once closed it is gone.",
            )
        )
        st.code(handed.password, language=None)
        st.button(say("Já anotei", "I have it"), key="handed-done", on_click=_put_away)


def _put_away() -> None:
    st.session_state.pop(_HANDED, None)


def roles_choice(label: str, held: frozenset[Role], key: str) -> list[Role]:
    """A choice of roles; those held are chosen to begin with."""
    return st.pills(
        label,
        ROLES,
        selection_mode="multi",
        default=[role for role in ROLES if role in held],
        format_func=role_name,
        key=key,
    )


def roles_text(roles: frozenset[Role]) -> str:
    """Roles by their names, in their order."""
    return ", ".join(role_name(role) for role in ROLES if role in roles) or say("nenhum", "none")
