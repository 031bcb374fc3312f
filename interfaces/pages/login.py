"""Who is here: by the settings nobody is asked, or a password is, or an identity provider says."""

from __future__ import annotations

import re

import streamlit as st

from corpus.language import say
from interfaces.access import LOCAL
from interfaces.history.errors import NotKept
from interfaces.history.people import check_password, ensure_person
from interfaces.history.people import person as person_of
from interfaces.history.records import Person
from interfaces.service.desk import Desk
from interfaces.service.sessions import LASTS_S, holder, issue

_COOKIE = "monitoria"
_KEEP = """<script>
document.cookie = "monitoria=TOKEN; path=/; max-age=AGE; samesite=strict"
  + (location.protocol === "https:" ? "; secure" : "");
</script>"""


def who_is_here(desk: Desk) -> Person | None:
    """The person whose browser this is; ``None``, and a way in on the page, where she has not said yet."""
    match desk.settings.app.login:
        case "none":
            return LOCAL
        case "password":
            return _by_password(desk)
        case "oidc":
            return _by_provider(desk)


def sign_out_button(desk: Desk) -> None:
    """A way out, where there was a way in."""
    if desk.settings.app.login == "oidc":
        st.button(say("Sair", "Sign out"), icon=":material/logout:", on_click=st.logout)
    elif desk.settings.app.login == "password":
        st.button(say("Sair", "Sign out"), icon=":material/logout:", on_click=forget_here)


def forget_here() -> None:
    """Sign out of this browser."""
    st.session_state.pop("person_id", None)
    st.session_state.token = ""


def keep_token() -> None:
    """Have the browser keep, or drop, what says that somebody signed in, once after it changed."""
    token = st.session_state.pop("new_token", None)
    if token is not None:
        # Figures, letters and dots alone, which `sessions.issue` promises.
        script = _KEEP.replace("TOKEN", re.sub("[^0-9a-f.]", "", token)).replace("AGE", str(LASTS_S if token else 0))
        st.html(script, unsafe_allow_javascript=True)


def _by_password(desk: Desk) -> Person | None:
    if "token" not in st.session_state:
        st.session_state.token = st.context.cookies.get(_COOKIE, "")
        st.session_state.person_id = holder(desk, st.session_state.token)
    known: str | None = st.session_state.get("person_id")
    if known is not None:
        try:
            # Read anew at every run: her roles may have changed, or she may have gone.
            return person_of(desk.history, known)
        except NotKept:
            forget_here()
    if not st.session_state.token and st.context.cookies.get(_COOKIE):
        st.session_state.new_token = ""
        keep_token()
    _show_form(desk)
    return None


def _show_form(desk: Desk) -> None:
    st.title(say("Entrar", "Sign in"), anchor=False)
    with st.form("sign-in", border=False):
        login = st.text_input(say("Usuário", "User name"), autocomplete="username")
        password = st.text_input(say("Senha", "Password"), type="password", autocomplete="current-password")
        sent = st.form_submit_button(say("Entrar", "Sign in"), type="primary")
    if not sent:
        return
    person = check_password(desk.history, login, password)
    if person is None:
        st.error(say("Usuário ou senha não conferem.", "User name or password do not match."), icon=":material/error:")
        return
    st.session_state.person_id = person.person_id
    st.session_state.token = st.session_state.new_token = issue(desk, person)
    st.rerun()


def _by_provider(desk: Desk) -> Person | None:
    if not st.user.get("is_logged_in", False):
        st.title("Monitoria", anchor=False)
        st.markdown(say("Entre com a conta da sua instituição.", "Sign in with your institution's account."))
        st.button(say("Entrar", "Sign in"), type="primary", on_click=st.login)
        return None
    login = str(st.user.get("email") or st.user.get("sub") or "").strip().casefold()
    if not login:
        st.error(
            say("O provedor não disse quem você é.", "The provider did not say who you are."), icon=":material/error:"
        )
        return None
    roles = frozenset(desk.settings.app.roles.get(login, ("student",)))
    return ensure_person(desk.history, login, str(st.user.get("name") or login), roles)
