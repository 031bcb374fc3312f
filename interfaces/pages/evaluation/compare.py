"""Two runs question by question: differences with their intervals, how likely by chance, and a plot."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import how_many, say
from eval.report.document import table
from eval.report.figures import few, figure, interval, is_few
from eval.report.scores import LATENCIES
from eval.report.wording import measure_name, relevance_note
from eval.significance import Comparison
from interfaces.pages.context import Context
from interfaces.pages.evaluation.report import show_table
from interfaces.pages.evaluation.wording import chart_locale, least_text, names_of
from interfaces.pages.plain import plain
from interfaces.service import evaluating, reporting
from interfaces.service.reporting import RunsCompared

# Milliseconds and seconds do not go on one axis with shares.
_NO_SHARES = frozenset({*LATENCIES.values(), "link_offset_s"})
_ROW_HEIGHT = 30
_LEAST_SPAN = 0.1


def show(context: Context) -> None:
    """Show the choice of two, and what there is between them."""
    st.title(say("Comparar duas avaliações", "Compare two evaluations"), anchor=False)
    found = evaluating.evaluations(context.desk, context.person, context.about.course_id)
    by_id = {one.run.run_id: one for one in found if one.judged}
    if len(by_id) < 2:
        st.info(say("É preciso ter duas avaliações julgadas.", "There must be two judged evaluations."))
        return
    # The older one first, so that the difference is what the newer one brought.
    newest, older = list(by_id)[:2]
    every = names_of(context, found)
    names = {run_id: every[run_id] for run_id in by_id}
    with st.container(horizontal=True, key="pair"):
        first = _choice("A", names, older)
        second = _choice("B", names, newest)
    try:
        compared = reporting.compare(context.desk, context.person, first, second)
    except MonitoriaError as error:
        st.warning(plain(str(error)), icon=":material/info:")
        return
    if n := compared.other_questions:
        st.warning(
            say(
                f"{how_many(n, 'pergunta tem', 'perguntas têm')} o mesmo id nas duas e textos diferentes; "
                "os números só valem para as mesmas perguntas.",
                f"{how_many(n, 'question has', 'questions have')} one id in both and read differently; "
                "the figures hold for the same questions only.",
            ),
            icon=":material/warning:",
        )
    for caution in _cautions(compared):
        st.warning(plain(caution), icon=":material/warning:")
    _results(compared.comparisons)


def _cautions(compared: RunsCompared) -> list[str]:
    """What else than the answers may make the two differ."""
    told = []
    (judge_a, judge_b), (rule_a, rule_b) = compared.judges, compared.rules
    if judge_a != judge_b:
        told.append(
            say(
                f"Os juízes são outros, {judge_a} em A e {judge_b} em B: o que difere nas notas pode ser deles, e não "
                "das respostas.",
                f"The judges are not the same, {judge_a} in A and {judge_b} in B: what differs in scores may be "
                "theirs, and not the answers'.",
            )
        )
    elif not compared.same_rubrics:
        told.append(
            say(
                "O juiz é o mesmo e julgou por outras rubricas: o que difere nas notas pode ser delas.",
                "The judge is the same and judged by other rubrics: what differs in scores may be theirs.",
            )
        )
    if rule_a != rule_b:
        a, b = least_text(rule_a), least_text(rule_b)
        told.append(
            say(
                f"A mesma nota não é o mesmo veredito nas duas (em A, {a}; em B, {b}): as corretas não se comparam.",
                f"One score is not one verdict in both (in A, {a}; in B, {b}): what is correct cannot be compared.",
            )
        )
    return told


def _choice(letter: str, names: dict[str, str], default: str) -> str:
    return st.selectbox(
        letter,
        list(names),
        index=list(names).index(default),
        format_func=names.__getitem__,
        key=f"compare-{letter.lower()}",
    )


def _results(comparisons: Sequence[Comparison]) -> None:
    shares = [one for one in comparisons if one.measure not in _NO_SHARES]
    if shares:
        st.altair_chart(differences(shares), height=_ROW_HEIGHT * len(shares) + 60, alt=_words())
        st.caption(_words())
    rows = [_row(one) for one in comparisons]
    header = (say("medida", "measure"), "A", "B", say("B − A, IC 95 %", "B − A, 95 % CI"), "p", "p*", "n/N")
    caption = say(
        f"Diferenças pareadas por pergunta. p: permutação pareada; p*: corrigido por Benjamini–Hochberg para "
        f"{how_many(len(rows), 'medida', 'medidas')}.",
        f"Differences paired by question. p: paired permutation; p*: corrected after Benjamini–Hochberg for "
        f"{how_many(len(rows), 'measure', 'measures')}.",
    )
    if any(is_few(one.n) for one in comparisons):
        caption = f"{caption} {few()}"
    show_table(table(header, rows, caption))
    if any(one.measure == "AR" for one in comparisons):
        st.caption(plain(relevance_note()))


def _row(one: Comparison) -> tuple[str, ...]:
    digits = 1 if one.measure in _NO_SHARES else 3
    around = interval(one.low, one.high, one.n, digits, signed=True)
    apart = f"{figure(one.difference, digits, signed=True)} {around}".replace("-", "−")
    means = (figure(one.first, digits), figure(one.second, digits))
    return (
        measure_name(one.measure),
        *means,
        apart,
        _chance(one.p),
        _chance(one.p_corrected),
        f"{one.n}/{one.n_questions}",
    )


def _chance(p: float) -> str:
    """A probability; one that rounds to nothing is not nothing."""
    return "<" + figure(0.001, 3) if p < 0.0005 else figure(p, 3)


def _words() -> str:
    return say(
        "B menos A com intervalo de 95 %; à direita do zero, B é maior",
        "B less A with its 95 % interval; right of zero, B is larger",
    )


def differences(comparisons: Sequence[Comparison]) -> alt.LayerChart:
    """A point and an interval a measure, about zero."""
    rows = [
        # What stands in brackets is told by the table below; on a phone it would take the room of the plot.
        {"measure": measure_name(one.measure).split(" (")[0], "difference": one.difference}
        | ({} if is_few(one.n) else {"low": one.low, "high": one.high})
        for one in comparisons
    ]
    names = [str(row["measure"]) for row in rows]
    # About zero in the middle; two runs that are alike do not look different.
    # Of too few there is a point and no interval.
    ends = [end for one in comparisons for end in ((one.low, one.high) if not is_few(one.n) else (one.difference,))]
    most = max(_LEAST_SPAN, *map(abs, ends)) * 1.05
    scale, axis = alt.Scale(domain=[-most, most], nice=False), alt.Axis(format="+.2~f", tickCount=5, labelBound=True)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("measure:N", title=None, sort=names, axis=alt.Axis(labelLimit=260, ticks=False, domain=False))
    )
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(strokeDash=[4, 4], color="#8a8f96")
    spans = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=3, color="#3f8f88")
        .encode(x=alt.X("low:Q", title="B − A", scale=scale, axis=axis), x2="high:Q")
    )
    points = base.mark_point(filled=True, size=90, color="#3f8f88").encode(
        x=alt.X("difference:Q", title="B − A", scale=scale, axis=axis)
    )
    chart = alt.LayerChart(layer=[zero.encode(x="zero:Q"), spans, points])
    chart.config = alt.Config(locale=chart_locale())
    return chart
