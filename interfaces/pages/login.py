"""Who is here: by the settings nobody is asked, or a password is, or an identity provider says."""

from __future__ import annotations

import json
import logging
import re

import streamlit as st
from streamlit.errors import StreamlitAuthError, StreamlitMissingAuthlibError

from corpus.language import say
from interfaces.access import LOCAL
from interfaces.history.people import check_password
from interfaces.history.records import Person
from interfaces.pages.plain import plain
from interfaces.provider_routes import RETURNED
from interfaces.service.desk import Desk
from interfaces.service.provider import SignInRefused, login_by_claims, person_by_claims
from interfaces.service.sessions import LASTS_S, holder, issue, sign_out
from interfaces.service.tickets import TICKETS, Ticket
from interfaces.session_route import COOKIE, session_path
from rag.errors import MissingExtra

_log = logging.getLogger(__name__)
_BRING = """<script>
fetch(PATH, {
  method: "POST", headers: {"Content-Type": "application/json"}, body: '{"ticket": "WORD"}', keepalive: true
});
</script>"""


def who_is_here(desk: Desk) -> Person | None:
    """The person whose browser this is; ``None`` where she has not said yet, or nobody knows whom she means."""
    match desk.settings.app.login:
        case "none":
            return LOCAL
        case "password":
            return _by_token(desk)
        case "oidc":
            return _by_claims(desk) if _provider_said() else None


def show_sign_in(desk: Desk) -> None:
    """The way in, in the place of every page."""
    if st.session_state.pop("all-deleted", False):
        # She who had it done is no more, and has no account to read it in.
        st.success(say("Tudo foi apagado.", "Everything was deleted."), icon=":material/check:")
    if desk.settings.app.login == "oidc":
        _show_provider()
    else:
        _show_form(desk)


def sign_out_button(desk: Desk) -> None:
    """A way out, where there was a way in."""
    if desk.settings.app.login == "oidc":
        st.button(say("Sair", "Sign out"), icon=":material/logout:", on_click=st.logout)
    elif desk.settings.app.login == "password":
        st.button(say("Sair", "Sign out"), icon=":material/logout:", on_click=forget_here)


def forget_here() -> None:
    """Sign out of this browser, and forget what this tab showed: who comes next may be somebody else."""
    sign_out(st.session_state.get("token", ""))
    st.session_state.clear()
    st.query_params.from_dict({name: value for name, value in st.query_params.items() if name == "lang"})
    st.session_state.token, st.session_state.ticket = "", TICKETS.give(Ticket("drop", ""))


def stay_here(desk: Desk, person: Person) -> None:
    """Have this browser be the person's, from this run on and, once it has fetched its cookie, in every new tab."""
    token = issue(desk, person)
    st.session_state.token, st.session_state.ticket = token, TICKETS.give(Ticket("keep", token, LASTS_S))


def bring_ticket() -> None:
    """Have the browser fetch its cookie, or drop it, where that is still to be done."""
    word = st.session_state.get("ticket", "")
    if TICKETS.waits(word):
        script = _BRING.replace("PATH", json.dumps(session_path())).replace("WORD", re.sub("[^0-9a-f]", "", word))
        st.html(script, unsafe_allow_javascript=True)


def _by_token(desk: Desk) -> Person | None:
    if "token" not in st.session_state:
        # What the browser brought when it opened this tab; it does not tell what becomes of the cookie after that.
        brought = st.context.cookies.get(COOKIE)
        st.session_state.token = brought if isinstance(brought, str) else ""
    token: str = st.session_state.token
    # Read anew at every run: her roles or her password may have changed, or she may have gone.
    person = holder(desk, token)
    if token and person is None:
        st.session_state.token, st.session_state.ticket = "", TICKETS.give(Ticket("drop", token))
    return person


def _by_claims(desk: Desk) -> Person | None:
    try:
        person = person_by_claims(desk, st.user.to_dict())
    except SignInRefused:
        return None  # `show_sign_in` says why
    if RETURNED in st.query_params:
        del st.query_params[RETURNED]
    return person


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
    stay_here(desk, person)
    st.rerun()


def _provider_said() -> bool:
    return st.user.get("is_logged_in", False) is True


def _show_provider() -> None:
    st.title("Monitoria", anchor=False)
    fault = ""
    if _provider_said():
        try:
            login_by_claims(st.user.to_dict())
        except SignInRefused as error:
            fault = str(error)
    elif RETURNED in st.query_params:
        fault = say(
            "A entrada não se completou: o provedor não pôde ser alcançado, recusou ou desistiu. Tente de novo; se "
            "continuar assim, avise a administração.",
            "Signing in was not completed: the provider could not be reached, refused, or gave up. Try again; if it "
            "stays so, tell an admin.",
        )
    st.markdown(say("Entre com a conta da sua instituição.", "Sign in with your institution's account."))
    if st.button(say("Entrar", "Sign in"), type="primary"):
        fault = _begin()
    if fault:
        st.error(plain(fault), icon=":material/error:")


def _begin() -> str:
    """Lead the browser to the provider; what is in the way of that, in a sentence."""
    try:
        st.login()
    except StreamlitMissingAuthlibError:
        return str(MissingExtra("Authlib", "app"))
    except StreamlitAuthError as error:
        _log.error("signing in with a provider: %s", error)
        return say(
            "O provedor de identidade não está configurado; peça à administração que complete [auth] em "
            ".streamlit/secrets.toml: redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url.",
            "The identity provider is not configured; ask an admin to complete [auth] in .streamlit/secrets.toml: "
            "redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url.",
        )
    return ""
