"""What stands around every page: language, who is here, which course, and the way to the other pages (`menu`)."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import Language, interface_language, say, set_interface_language
from interfaces.access import ROLES, may, need
from interfaces.history.records import Person
from interfaces.pages.chrome import chrome_style, tell_language
from interfaces.pages.context import Context
from interfaces.pages.login import bring_ticket, show_sign_in, sign_out_button, who_is_here
from interfaces.pages.menu import PAGES, Entry
from interfaces.pages.plain import plain
from interfaces.service.courses import Course
from interfaces.service.desk import Desk, open_desk
from interfaces.service.faults import kind_and_place
from interfaces.service.membership import check_members, courses_of

_log = logging.getLogger(__name__)

# Ours alone: nothing from a person, a lecture or a model is ever in it.
_STYLE = """<style>
:focus-visible:not(input, textarea) { outline: 3px solid currentColor; outline-offset: 2px; }
h3, [class*="st-key-question-"] { scroll-margin-top: 4.5rem; }
[data-testid="stCaptionContainer"] { opacity: 1 !important; }
[data-testid="stCaptionContainer"] p { color: light-dark(#5c5f66, #a9adb3) !important; }
h3:target { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 4px; }
[data-testid^="stBaseButton-primary"]:not(:disabled), [data-testid^="stBaseButton-primary"]:not(:disabled) p {
  color: light-dark(#ffffff, #10201e) !important;
}
[data-testid="stMainBlockContainer"] { padding: 4.5rem 1.25rem 0; min-height: 100dvh; }
[class*="st-key-card-"] { padding-bottom: .6rem; }
[class*="st-key-card-"] h3 { padding: 0 0 .6rem; }
[class*="st-key-question-"] h2 { padding: 1.1rem 0 .4rem; overflow-wrap: anywhere; }
.st-key-sections { margin-bottom: .75rem; }
[data-testid="stTable"] { overflow-x: auto; }
[data-testid="stTable"] th, [data-testid="stTable"] td { padding: .3rem .5rem; font-size: .875rem; }
@media (max-width: 640px) {
  [data-testid="stTable"] th, [data-testid="stTable"] td { white-space: normal; overflow-wrap: anywhere; }
}
.st-key-last-turn { min-height: calc(100dvh - 15rem); }
.st-key-examples button > div, .st-key-conversations button > div { justify-content: flex-start; text-align: left; }
.st-key-conversations button { min-height: 2rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-ask) {
  position: sticky; bottom: 0; z-index: 2; margin-top: auto; padding: .5rem 0 1rem;
  background: light-dark(#fdfcfa, #16181b);
}
</style>"""

# A page's picture of its own, so that no browser asks another server for one.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f5c57"/>'
    '<path d="M8 22V10l8 8 8-8v12" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round"/></svg>'
)


@st.cache_resource(show_spinner=False)
def the_desk() -> Desk:
    """What this process has open; once for all who come."""
    desk = open_desk()
    try:
        check_members(desk)
    except MonitoriaError:
        desk.close()
        raise
    desk.warming.start()
    return desk


def show() -> None:
    """Show the app."""
    language = _language()
    st.set_page_config(page_title="Monitoria", page_icon=_ICON, layout="centered")
    st.html(_STYLE)
    chrome_style(language)
    with _told():
        _show(language)


@contextmanager
def _told() -> Iterator[None]:
    """Whatever goes wrong inside is said where it happened, in a sentence; what stands around it goes on."""
    try:
        yield
    except MonitoriaError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except Exception as error:
        _log.error("a page failed: %s", kind_and_place(error))
        if os.environ.get("MONITORIA_DEBUG") == "1":
            raise
        st.error(
            say(
                "Algo inesperado impediu esta página. Recarregue; o que foi perguntado está guardado.",
                "Something unexpected prevented this page. Reload; what was asked is kept.",
            ),
            icon=":material/error:",
        )


def _show(language: Language) -> None:
    desk = the_desk()
    person = who_is_here(desk)
    # Every address is known to everybody. It leads whoever has not signed in to the way in, so that it is still there
    # afterwards, and whoever may not see that page to a word on who may.
    pages = [
        st.Page(
            partial(show_sign_in, desk) if person is None else partial(_page, entry, desk, person),
            title=say(entry.pt, entry.en),
            icon=entry.icon,
            url_path=entry.module,
            default=entry is PAGES[0],
            visibility="visible" if _in_menu(entry, desk, person) else "hidden",
        )
        for entry in PAGES
    ]
    page = st.navigation(pages, position="hidden" if person is None else "top")
    with _told():
        page.run()
    with st.sidebar:
        _language_switch(language)
        if person is not None:
            _about(desk, person)
        bring_ticket()
        tell_language()


def _in_menu(entry: Entry, desk: Desk, person: Person | None) -> bool:
    if entry.of_logins and desk.settings.app.login == "none":
        return False
    return person is not None and may(person, entry.action)


def _page(entry: Entry, desk: Desk, person: Person) -> None:
    if not may(person, entry.action):
        st.title(say(entry.pt, entry.en), anchor=False)
    need(person, entry.action)
    course = _course(desk, person)
    page: Callable[[Context], None] = import_module(f"interfaces.pages.{entry.module}").page
    page(Context(desk, person, course))


def _course(desk: Desk, person: Person) -> Course | None:
    """The course that is looked at; where there are several, a picker in the sidebar."""
    courses = courses_of(desk, person)
    if not courses:
        return None
    by_id = {course.course_id: course for course in courses}
    asked = _remembered("course")
    chosen = asked if asked in by_id else courses[0].course_id
    if len(courses) > 1:
        with st.sidebar:
            chosen = (
                st.selectbox(
                    say("Curso", "Course"),
                    list(by_id),
                    index=list(by_id).index(chosen),
                    format_func=lambda identity: by_id[identity].name,
                )
                or chosen
            )
        if chosen != asked:
            st.session_state["seen-course"] = st.query_params["course"] = chosen
            if asked:
                st.query_params.pop("c", None)
    return by_id[chosen]


def _language() -> Language:
    """The language that this browser asked for by the switch, which the address remembers."""
    asked = _remembered("lang")
    set_interface_language("pt" if asked == "pt" else "en" if asked == "en" else None)
    return interface_language()


def _remembered(name: str) -> str:
    """What the address says under a name, or said before another page was chosen, which empties it."""
    said = st.query_params.get(name) or st.session_state.get(f"seen-{name}", "")
    if said:
        st.session_state[f"seen-{name}"] = said
        if st.query_params.get(name) != said:
            st.query_params[name] = said
    return said


def _language_switch(language: Language) -> None:
    names: dict[Language, str] = {"pt": "Português", "en": "English"}

    def switch() -> None:
        st.query_params["lang"] = st.session_state.language

    st.session_state.language = language
    st.segmented_control(
        say("Idioma", "Language"),
        list(names),
        format_func=names.__getitem__,
        key="language",
        required=True,
        on_change=switch,
    )


def _about(desk: Desk, person: Person) -> None:
    if desk.settings.app.login == "none" and person.roles >= frozenset(ROLES):
        st.caption(
            say(
                "Neste computador, sem configuração de entrada, você tem todos os papéis.",
                "On this computer, without login settings, you have every role.",
            )
        )
    else:
        st.caption(say("Você entrou como ", "You are signed in as ") + plain(person.name or person.login))
        sign_out_button(desk)
