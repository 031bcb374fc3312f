"""The questions one by one, in the layout of the report: what was found, answered, judged, and said by people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import sha256

import streamlit as st

from corpus.language import how_many, say
from eval.report.document import Link, Segment
from eval.report.question import is_quotes, question, reasons
from eval.report.wording import NOTHING, relevance_note, verdict_source
from interfaces.pages.context import Context
from interfaces.pages.evaluation.blindness import unless_blind
from interfaces.pages.media import media_of
from interfaces.pages.plain import plain, with_links
from interfaces.render import lecture_label
from interfaces.service import sifting
from interfaces.service.sifting import Chosen, Disagreement, Offered, Said

_A_PAGE = 8


def show(context: Context, run_id: str) -> None:
    """Show the filters and the questions that pass them."""
    unless_blind(context, run_id, partial(_show, context, run_id))


def _show(context: Context, run_id: str) -> None:
    chosen = _filters(sifting.offered(context.desk, context.person, run_id))
    found = sifting.questions(context.desk, context.person, run_id, chosen)
    if not found:
        st.info(say("Nenhuma pergunta é assim.", "No question is like that."), icon=":material/search_off:")
        return
    page = _page(found, chosen)
    here = found[(page - 1) * _A_PAGE : page * _A_PAGE]
    if any("ar" in said.entry.judgements and is_quotes(said.entry.record or {}) for said in here):
        st.caption(plain(relevance_note()))
    for said in here:
        _question(said)


def _page(found: list[Said], chosen: Chosen) -> int:
    """Which page of what was found is looked at; another choice begins at its first."""
    n = len(found)
    counted = say(how_many(n, "pergunta", "perguntas"), how_many(n, "question", "questions"))
    n_pages = -(-n // _A_PAGE)
    if n_pages == 1:
        st.caption(counted)
        return 1
    return st.selectbox(
        counted,
        range(1, n_pages + 1),
        format_func=lambda n: say(f"página {n} de {n_pages}", f"page {n} of {n_pages}"),
        key=f"page-{chosen.verdict}-{chosen.lecture}-{chosen.disagreement}-{chosen.errors}",
        width=220,
    )


def _filters(offered: Offered) -> Chosen:
    every = say("tudo", "everything")
    between: dict[Disagreement, str] = {
        "ar and people": say("juiz (relevância) e pessoas", "judge (relevance) and people"),
        "reference and people": say("juiz (referência) e pessoas", "judge (reference) and people"),
        "people": say("pessoas entre si", "people among themselves"),
        "judge again": say("juiz consigo mesmo", "judge with itself"),
    }
    disagreement = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        verdict = st.selectbox(
            say("Veredito", "Verdict"),
            ["C", "P", "I", NOTHING],
            index=None,
            placeholder=every,
            key="by-verdict",
            width=130,
        )
        lecture = st.selectbox(
            say("Aula", "Lecture"),
            offered.lectures,
            index=None,
            format_func=lambda one: lecture_label(one, ""),
            placeholder=every,
            key="by-lecture",
            width=180,
        )
        if offered.disagreements:
            disagreement = st.selectbox(
                say("Discordam", "Disagree"),
                offered.disagreements,
                index=None,
                format_func=between.__getitem__,
                placeholder=every,
                key="by-disagreement",
                width=260,
            )
        errors = st.checkbox(say("Só com falha", "Failures only"), key="by-errors")
    return Chosen(verdict, lecture, disagreement, errors)  # type: ignore[arg-type]


def _question(said: Said) -> None:
    entry = said.entry
    shown = question(entry)
    with st.container(border=True, key=f"asked-{sha256(entry.topic.topic_id.encode()).hexdigest()[:12]}"):
        st.header(f"{plain(shown.number[0])}. {plain(shown.number[1])}", anchor=False)
        if verdicts := _verdicts(said):
            st.caption(plain(verdicts))
        st.markdown(f"**{plain(shown.heading)}**")
        st.markdown(with_links(shown.answer[1], lambda _: None))
        if shown.references:
            st.markdown(f"**{plain(shown.references_label)}**")
            st.markdown("\n".join(f"- {_link(link)}" for link in shown.references))
        if entry.topic.reference_answer:
            st.markdown(
                f"**{say('Resposta de referência', 'Reference answer')}**: {plain(entry.topic.reference_answer)}"
            )
        for label, value in shown.findings:
            st.markdown(f"**{plain(label)}**: {plain(value)}")
        for kind, judgement in entry.judgements.items():
            if kind != "ar":
                told = f"{judgement.verdict or NOTHING}. {reasons(judgement)}"
                st.markdown(f"**{plain(verdict_source(kind))}**: {plain(told)}")
        _annotators(said.people)
        _annotators(said.programs)
        if record_error := (entry.record or {}).get("error"):
            st.caption(plain(str(record_error)))
        with st.expander(f"{plain(shown.segments_label)} ({len(shown.segments)})"):
            for segment in shown.segments:
                _segment(segment)


def _verdicts(said: Said) -> str:
    """Who says what in one line, to be compared at a glance; below stands why."""
    told = []
    for kind, judgement in said.entry.judgements.items():
        times = [judgement.verdict, *said.again.get(kind, ())]
        told.append(f"{verdict_source(kind)}: {', '.join(one or NOTHING for one in times)}")
    told += [f"{name}: {verdict}" for name, (verdict, _) in (*said.people.items(), *said.programs.items())]
    return " · ".join(told)


def _annotators(said: Mapping[str, tuple[str, str]]) -> None:
    for name, (verdict, note) in said.items():
        st.markdown(f"**{plain(name)}**: {plain(verdict + (f'. {note}' if note else ''))}")


def _link(link: Link) -> str:
    media = media_of(link.url)
    if media is None or any(c in link.url for c in ' ()<>"\\\n\r\t`'):
        return plain(link.text)
    return f"[{plain(link.text)}]({link.url})"


def _segment(segment: Segment) -> None:
    *told, (_, text) = segment.pairs
    st.markdown("  \n".join([plain(" · ".join(f"{a} {b}" for a, b in told)), plain(text)]))
