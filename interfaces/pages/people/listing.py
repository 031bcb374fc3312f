"""Everybody with her roles; whoever is chosen gets others, another password, or is removed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from corpus.language import fold_accents, say
from interfaces.history.records import Role
from interfaces.pages.context import Context
from interfaces.pages.noticing import noticed
from interfaces.pages.people.handing import roles_choice, roles_text, tell_done
from interfaces.pages.plain import plain
from interfaces.service import people
from interfaces.service.membership import members_of
from interfaces.service.people import Known

_SHOWN = 100
_FEW = 12


def show(context: Context) -> None:
    """Show the list and, below it, whoever is chosen."""
    found = people.everybody(context.desk, context.person)
    by_provider = context.desk.settings.app.login == "oidc"
    if by_provider:
        _about_provider()
    _table(_wanted(found), by_provider=by_provider)
    _courses(context)
    herself = context.person.person_id
    by_id = {one.person_id: one for one in found if one.person_id and not (by_provider and one.person_id == herself)}
    if not by_id:
        return
    chosen = st.selectbox(
        say("Alterar ou remover", "Change or remove"),
        list(by_id),
        index=None,
        format_func=lambda one: _label(by_id[one]),
        placeholder=say("Escolha uma pessoa", "Choose a person"),
        key="people-chosen",
    )
    if chosen not in by_id:
        return
    with st.container(border=True, key="person"):
        if not by_provider:
            _roles(context, by_id[chosen])
        if chosen == herself:
            st.caption(say("Senha e remoção: em Minha conta.", "Password and removal: in My account."))
            return
        if not by_provider:
            _password(context, by_id[chosen])
        _removal(context, by_id[chosen], by_provider=by_provider)


def _about_provider() -> None:
    st.markdown(
        say(
            "Aqui se entra com a conta da instituição, sem senha da Monitoria. Os papéis são os de app.roles nas "
            "configurações, por e-mail; quem não está lá é estudante. Para trocá-los, altere as configurações e abra o "
            "app de novo.",
            "People come in with their institution's account here, without a password of Monitoria's. Roles are those "
            "of app.roles in the settings, by e-mail; whoever is not there is a student. To change them, change the "
            "settings and start the app again.",
        )
    )


def _courses(context: Context) -> None:
    """Who sees which course, where the settings keep one to some."""
    told = members_of(context.desk, context.person)
    if all(members is None for _, members in told):
        return
    with st.expander(say("Quem vê cada curso", "Who sees which course")):
        everybody = say("todos que entram", "everybody who signs in")
        lines = [
            f"- {plain(course.name)}: {everybody if members is None else plain(', '.join(members)) or '–'}"
            for course, members in told
        ]
        st.markdown("\n".join(lines))
        st.caption(
            say(
                "É o que diz app.members nas configurações; docentes e administração veem todos.",
                "It is what app.members in the settings says; instructors and admins see every one.",
            )
        )


def _wanted(found: Sequence[Known]) -> list[Known]:
    if len(found) <= _FEW:
        return list(found)
    asked = st.text_input(say("Procurar por nome ou login", "Look for a name or login"), key="people-filter")
    words = fold_accents(asked).casefold().split()
    return [one for one in found if all(word in fold_accents(f"{one.name} {one.login}").casefold() for word in words)]


def _table(found: Sequence[Known], *, by_provider: bool) -> None:
    if not found:
        st.markdown(say("Ninguém com essas letras.", "Nobody with these letters."))
        return
    shown = found[:_SHOWN]
    columns = {
        say("Nome", "Name"): [plain(one.name) for one in shown],
        say("Login", "Login"): [plain(one.login) for one in shown],
        say("Papéis", "Roles"): [roles_text(one.roles) for one in shown],
    }
    if by_provider:
        columns[say("Já entrou", "Has come")] = [
            say("sim", "yes") if one.person_id else say("ainda não", "not yet") for one in shown
        ]
    elif not all(one.signs_in for one in found):
        columns[say("Senha", "Password")] = [
            say("tem", "has one") if one.signs_in else say("não tem: não entra", "none: cannot sign in")
            for one in shown
        ]
    st.table(columns, border="horizontal", hide_index=True)
    if len(found) > len(shown):
        n = len(found)
        st.caption(say(f"{_SHOWN} de {n}; procure por nome.", f"{_SHOWN} of {n}; look for a name."))


def _label(one: Known) -> str:
    return one.login if one.name == one.login else f"{one.name} · {one.login}"


def _roles(context: Context, one: Known) -> None:
    # Under another key once they changed, whoever changed them.
    key = f"roles-{one.person_id}-{'-'.join(sorted(one.roles))}"
    wanted = roles_choice(say("Papéis", "Roles"), one.roles, key)
    st.button(
        say("Trocar papéis", "Change roles"),
        key="change-roles",
        disabled=frozenset(wanted) == one.roles,
        on_click=partial(_change_roles, context, one, wanted),
    )


def _change_roles(context: Context, one: Known, wanted: Sequence[Role]) -> None:
    with noticed():
        now = people.change_roles(context.desk, context.person, one.person_id, wanted)
        tell_done(lambda: say("Papéis de ", "Roles of ") + f"{plain(now.login)}: {roles_text(now.roles)}.")


def _password(context: Context, one: Known) -> None:
    with st.expander(say("Outra senha", "Another password")), st.form("give-password", True, border=False):
        password_field("given-password")
        st.form_submit_button(
            say("Trocar senha", "Change the password"), on_click=partial(_give_password, context, one)
        )


def password_field(key: str) -> None:
    """A field for a password that somebody else will use; empty leaves it to the app."""
    st.text_input(
        say("Senha", "Password"),
        type="password",
        autocomplete="new-password",
        key=key,
        placeholder=say("Vazia: o app faz uma e a mostra uma vez", "Empty: the app makes one and shows it once"),
    )


def _give_password(context: Context, one: Known) -> None:
    with noticed():
        handed = people.give_password(context.desk, context.person, one.person_id, st.session_state["given-password"])
        who = plain(one.login)
        tell_done(
            lambda: say(
                f"A senha de {who} foi trocada; onde estava, precisa entrar de novo.",
                f"The password of {who} was changed; open sessions have ended.",
            ),
            handed,
        )


def _removal(context: Context, one: Known, *, by_provider: bool) -> None:
    with st.expander(say("Remover", "Remove")):
        st.markdown(
            say(
                "Conversas, notas às respostas e anotações desta pessoa são apagadas agora e não voltam. Avaliações em "
                "lote e correções são do curso: ficam, sem o nome.",
                "This person's conversations, ratings and annotations are deleted now and do not come back. Evaluation "
                "runs and corrections are of the course: they stay, without the name.",
            )
            + (
                say(
                    " Quem pode entrar é a instituição que diz: se entrar de novo, começa do zero.",
                    " The institution says who may come in: whoever does again begins anew.",
                )
                if by_provider
                else ""
            )
        )
        sure = st.checkbox(
            say(f"Remover {plain(one.login)}", f"Remove {plain(one.login)}"), key=f"remove-sure-{one.person_id}"
        )
        st.button(
            say("Remover de vez", "Remove for good"),
            key="remove",
            type="primary",
            icon=":material/delete:",
            disabled=not sure,
            on_click=partial(_remove, context, one),
        )


def _remove(context: Context, one: Known) -> None:
    with noticed():
        gone = plain(people.remove(context.desk, context.person, one.person_id).login)
        st.session_state["people-chosen"] = None
        tell_done(lambda: say(f"{gone} e tudo o que era seu foi apagado.", f"{gone} and all that was hers is deleted."))
