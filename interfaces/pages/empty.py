"""Pages with nothing on them yet: what to do first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from corpus.language import say
from interfaces.pages.context import Context
from interfaces.pages.plain import plain
from interfaces.service.courses import Course
from interfaces.service.suggestions import first_questions


def show_empty(context: Context, ask: Callable[[str], None]) -> None:
    """What can be asked here, three questions of the course to begin with."""
    course = context.about
    st.title(plain(course.name), anchor=False)
    st.markdown(
        say(
            "Pergunte com as suas palavras. A resposta vem só do que foi dito em aula, com o segundo em que foi dito.",
            "Ask in your own words. The answer comes only from what the lectures said, with the second it was said.",
        )
    )
    questions = _questions(context.desk.courses.opened(course.course_id).index.generation, course.course_id, context)
    if questions:
        st.caption(say("Por exemplo", "For example"))
    with st.container(key="examples", gap="xsmall"):
        for number, question in enumerate(questions):
            st.button(
                plain(question),
                key=f"example-{number}",
                icon=":material/arrow_forward:",
                on_click=partial(ask, question),
                width="stretch",
            )


@st.cache_data(show_spinner=False, max_entries=32)
def _questions(generation: str, course_id: str, _context: Context) -> list[str]:
    return first_questions(_context.desk.courses.opened(course_id))


def course_here(context: Context) -> Course | None:
    """The course that the page is about; where there is none, or it cannot be opened, the page says so."""
    course = context.course
    if course is None:
        if context.desk.courses.listed():
            _show_none_of_hers()
        else:
            _show_no_course()
    elif course.fault is not None:
        _show_course_fault(course)
    else:
        return course
    return None


def _show_no_course() -> None:
    """How to make a course."""
    st.title(say("Nenhum curso ainda", "No course yet"), anchor=False)
    st.markdown(
        say(
            "Ponha transcrições, lições ou slides em uma pasta e faça um índice. Depois abra o app com ele:",
            "Put transcripts, lessons or slides into a folder and build an index. Then start the app with it:",
        )
    )
    st.code(
        say(
            "monitoria index aulas/ --index meu-indice\nmonitoria app --index meu-indice",
            "monitoria index lectures/ --index my-index\nmonitoria app --index my-index",
        ),
        language=None,
    )
    st.caption(say("Para ver com o curso de exemplo: `make demo app`.", "To see the sample course: `make demo app`."))


def _show_none_of_hers() -> None:
    """There are courses, and she is in none of them."""
    st.title(say("Nenhum curso para você ainda", "No course for you yet"), anchor=False)
    st.markdown(
        say(
            "Você entrou, e ainda não está em nenhum curso. Peça à administração que acrescente você ao seu.",
            "You are signed in, and not in any course yet. Ask an admin to be added to yours.",
        )
    )


def _show_course_fault(course: Course) -> None:
    """Why a course cannot be asked, with the command that mends it."""
    st.title(plain(course.name), anchor=False)
    st.error(
        say("Este curso não pôde ser aberto: ", "This course could not be opened: ") + plain(str(course.fault)),
        icon=":material/error:",
    )
