"""Search as a student would, and see of each segment why it was found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import say
from corpus.records import Segment
from interfaces.access import may
from interfaces.pages.cards import player
from interfaces.pages.context import Context
from interfaces.pages.media import media_of
from interfaces.pages.plain import plain
from interfaces.pages.segments.editing import open_editor
from interfaces.pages.segments.wording import fault, place, score, stage_name, with_marks
from interfaces.render import clock, lecture_label, span
from interfaces.service.chat import MOST_CHARACTERS
from interfaces.service.inspecting import Inspected, Inspection, inspect
from rag.citations import timed_url
from rag.records import Mode

_SEARCH = "segments-search"
_MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")


def look_for(question: str, cited: Sequence[int] = ()) -> None:
    """Open the search with a question; ``cited`` are the segments that its answer stood on."""
    st.session_state[_SEARCH] = {"question": question, "mode": "hybrid", "lectures": (), "cited": tuple(cited)}
    for key in ("search-question", "search-mode", "search-lectures"):
        st.session_state.pop(key, None)
    st.query_params["s"] = "search"
    st.query_params.pop("e", None)


def show(context: Context) -> None:
    """Show the search and what it found."""
    asked: dict[str, Any] = st.session_state.get(_SEARCH, {})
    _form(context, asked)
    if not asked:
        st.markdown(
            say(
                "Procure com as palavras de um estudante. De cada trecho você vê em que lugar cada etapa o pôs, que "
                "palavras casaram e qual fala chegou mais perto; e pode corrigir o texto.",
                "Search in a student's words. For each segment you see where each stage put it, which words matched "
                "and which cue came nearest; and you can correct its text.",
            )
        )
        return
    assert context.course is not None
    try:
        found = inspect(
            context.desk,
            context.person,
            context.course.course_id,
            asked["question"],
            mode=asked["mode"],
            lectures=asked["lectures"],
        )
    except MonitoriaError as error:
        st.error(fault(error), icon=":material/error:")
        return
    _words(found)
    if not found.found:
        st.info(say("Nenhum trecho tem essas palavras aqui.", "No segment here has these words."))
        return
    _table(found)
    for one in found.found:
        _card(context, found, one, asked.get("cited", ()))


def _form(context: Context, asked: dict[str, Any]) -> None:
    assert context.course is not None
    names = {one.lecture_id: lecture_label(one.lecture_id, one.title) for one in context.course.lectures}
    modes: dict[Mode, str] = {
        "hybrid": say("Tudo junto", "Everything"),
        "dense": say("Só vetores", "Vectors only"),
        "lexical": say("Só palavras", "Words only"),
    }
    st.session_state.setdefault("search-question", asked.get("question", ""))
    st.session_state.setdefault("search-mode", asked.get("mode", "hybrid"))
    st.session_state.setdefault("search-lectures", [one for one in asked.get("lectures", ()) if one in names])
    with st.form("search", border=False):
        st.text_input(
            say("Pergunta ou palavras", "Question or words"),
            key="search-question",
            max_chars=MOST_CHARACTERS,
            icon=":material/search:",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.multiselect(
                say("Só nestas aulas", "Only these lectures"),
                list(names),
                format_func=lambda one: names.get(one, one),
                key="search-lectures",
                placeholder=say("Todas", "All"),
                select_all=False,
                width=340,
            )
            st.selectbox(say("Como", "How"), list(_MODES), format_func=modes.__getitem__, key="search-mode", width=180)
            st.form_submit_button(say("Procurar", "Search"), type="primary", on_click=_submitted)


def _submitted() -> None:
    question = st.session_state["search-question"].strip()
    if not question:
        st.session_state.pop(_SEARCH, None)
        return
    st.session_state[_SEARCH] = {
        "question": question,
        "mode": st.session_state["search-mode"],
        "lectures": tuple(st.session_state["search-lectures"]),
    }


def _words(found: Inspection) -> None:
    """How the question's words were read."""
    if not found.read_as:
        return
    parts = []
    for word, read in found.read_as.items():
        if read is None:
            parts.append(f"~~{plain(word)}~~ ({say('nunca dita', 'never said')})")
        elif read != word:
            parts.append(f"{plain(word)} → **{plain(read)}**")
        else:
            parts.append(f"**{plain(word)}**")
    st.markdown(say("Palavras que contam: ", "Words that count: ") + " · ".join(parts))


def _table(found: Inspection) -> None:
    st.header(say("Trechos encontrados", "Segments found"), anchor=False)
    stages = found.stages
    rows: dict[str, list[str]] = {
        say("Trecho", "Segment"): [
            plain(f"{one.hit.rank}. {_short(one.hit.segment, one.hit.lecture.title)}") for one in found.found
        ]
    }
    for stage in stages:
        rows[stage_name(stage)] = [
            score(stage, one.stages[stage]) if stage in one.stages else "–" for one in found.found
        ]
    with st.container(key="stages"):
        st.table(
            rows,
            border="horizontal",
            hide_index=True,
            alt=say("Posição e nota de cada trecho em cada etapa", "Rank and score of each segment in each stage"),
        )
        st.caption(
            say(
                "Posição entre os candidatos · nota da própria etapa; em negrito, o 1º de cada uma.",
                "Rank among the candidates · the stage's own score; in bold, the first of each.",
            )
        )


def _short(segment: Segment, title: str) -> str:
    label = lecture_label(segment.lecture_id, title).split(" · ")[0]
    return f"{label} · {clock(segment.start_s)}" if segment.start_s is not None else label


def _card(context: Context, found: Inspection, one: Inspected, cited: Sequence[int]) -> None:
    segment, lecture = one.hit.segment, one.hit.lecture
    identity = segment.segment_id
    with st.container(border=True, gap="xsmall", key=f"hit-{identity}"):
        st.subheader(plain(f"{one.hit.rank}. {place(segment, lecture.title)}"), anchor=False)
        if identity in cited:
            st.markdown(f":material/format_quote: {say('citado na resposta', 'cited in the answer')}")
        st.caption(
            " · ".join(
                f"{stage_name(stage)} {score(stage, one.stages[stage])}".replace(" · ", ", ")
                for stage in found.stages
                if stage in one.stages
            )
        )
        if one.best is not None:
            when = f" \\({clock(one.best.start_s)}\\)" if one.best.start_s is not None else ""
            st.markdown(
                f"**{say('A fala mais próxima', 'The nearest cue')}{when}:** " + with_marks(one.best.text, _inside(one))
            )
        with st.expander(say("Trecho inteiro e vizinhos", "Whole segment and neighbours")):
            _whole(one)
        start_s = segment.start_s if one.best is None else one.best.start_s
        with st.container(horizontal=True, vertical_alignment="center"):
            player(f"hit-{identity}", media_of(lecture.url, lecture.source), timed_url(lecture.url, start_s), start_s)
            if may(context.person, "correct segments"):
                st.button(
                    say("Corrigir o texto", "Correct the text"),
                    key=f"edit-{identity}",
                    icon=":material/edit:",
                    type="tertiary",
                    on_click=partial(open_editor, identity),
                )


def _inside(one: Inspected) -> list[tuple[int, int]]:
    """Where the nearest cue has words of the question, in its own characters."""
    assert one.best is not None
    begin = one.hit.segment.text.find(one.best.text)
    end = begin + len(one.best.text)
    return [] if begin < 0 else [(a - begin, b - begin) for a, b in one.words if begin <= a and b <= end]


def _whole(one: Inspected) -> None:
    if one.before is not None:
        _neighbour(say("Antes", "Before"), one.before)
    if not one.words:
        st.caption(say("Nenhuma palavra da pergunta está neste trecho.", "No word of the question is in this segment."))
    st.markdown(with_marks(one.hit.segment.text, one.words))
    if one.after is not None:
        _neighbour(say("Depois", "After"), one.after)


def _neighbour(label: str, segment: Segment) -> None:
    when = span(segment.start_s, segment.end_s)
    st.caption(f"**{label}**{f' {plain(when)}' if when else ''}: {plain(segment.text)}")
