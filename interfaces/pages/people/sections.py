"""The parts of the people page, one shown at a time: who is there, one more, a whole class."""

from __future__ import annotations

import streamlit as st

from corpus.language import say
from interfaces.access import need
from interfaces.pages.context import Context
from interfaces.pages.noticing import show_notice
from interfaces.pages.parts import Part, chosen_part
from interfaces.pages.people import adding, enrolling, listing
from interfaces.pages.people.handing import show_handed

_PARTS = (
    Part("list", "Quem está aqui", "Who is here", listing.show),
    Part("add", "Acrescentar uma pessoa", "Add a person", adding.show),
    Part("class", "Acrescentar uma turma", "Add a class", enrolling.show),
)


def page(context: Context) -> None:
    """Show the page."""
    need(context.person, "manage people")
    st.title(say("Pessoas", "People"), anchor=False)
    match context.desk.settings.app.login:
        case "none":
            _show_nobody()
        case "oidc":
            show_notice()
            listing.show(context)
        case "password":
            chosen = chosen_part(_PARTS, say("Parte desta página", "Part of this page"), parameter="s")
            show_notice()
            show_handed()
            chosen.show(context)


def _show_nobody() -> None:
    st.markdown(
        say(
            "Aqui ninguém precisa entrar: quem abre o app neste computador tem todos os papéis. Para que cada pessoa "
            "tenha os seus, acrescente quem administra no terminal, ponha isto em monitoria.toml e abra o app de novo:",
            "Nobody signs in here: whoever opens the app on this computer has every role. For each person to have her "
            "own, add the admin at the terminal, put this into monitoria.toml and start the app again:",
        )
    )
    st.code("monitoria people add LOGIN --roles admin", language=None)
    st.code('[app]\nlogin = "password"', language=None)
