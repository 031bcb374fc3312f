"""The parts of the people page, one shown at a time: who is there, one more, a whole class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from corpus.language import say
from interfaces.access import need
from interfaces.pages.context import Context
from interfaces.pages.noticing import show_notice
from interfaces.pages.parts import chosen_part
from interfaces.pages.people import adding, enrolling, listing
from interfaces.pages.people.handing import show_handed

# Ours alone: nothing from a person, a lecture or a model is ever in it.
_STYLE = """<style>
[data-testid="stTable"] { overflow-x: auto; }
[data-testid="stTable"] th, [data-testid="stTable"] td { padding: .3rem .5rem; font-size: .875rem; }
.st-key-sections { margin-bottom: .75rem; }
@media (max-width: 640px) {
  [data-testid="stTable"] th, [data-testid="stTable"] td { white-space: normal; overflow-wrap: anywhere; }
}
</style>"""


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    pt: str
    en: str
    show: Callable[[Context], None]


_SECTIONS = (
    _Section("list", "Quem está aqui", "Who is here", listing.show),
    _Section("add", "Acrescentar uma pessoa", "Add a person", adding.show),
    _Section("class", "Acrescentar uma turma", "Add a class", enrolling.show),
)


def page(context: Context) -> None:
    """Show the page."""
    need(context.person, "manage people")
    st.html(_STYLE)
    st.title(say("Pessoas", "People"), anchor=False)
    match context.desk.settings.app.login:
        case "none":
            _show_nobody()
        case "oidc":
            show_notice()
            listing.show(context)
        case "password":
            names = {one.name: say(one.pt, one.en) for one in _SECTIONS}
            name = chosen_part(names, say("Parte desta página", "Part of this page"), parameter="s")
            show_notice()
            show_handed()
            next(one for one in _SECTIONS if one.name == name).show(context)


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
