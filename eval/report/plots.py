"""The report's charts, as Vega-Lite specifications: the HTML draws them once, the app may draw them live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt

from corpus.language import say
from eval.agreement import Agreement
from eval.grading import ORDER
from eval.measures import Mean
from eval.report.document import Plot
from eval.report.figures import FEWEST, is_few
from eval.report.wording import NOTHING

# Told apart without colour too: the order is fixed and every bar has its number.
_COLOURS = {"C": "#2b6a4d", "P": "#d9a441", "I": "#b4472f", NOTHING: "#9aa0a6"}
_WIDTH = 460


def verdicts(counts: Mapping[str, Mapping[str, int]]) -> Plot:
    """How many of each verdict whom; bars that are stacked from right to wrong."""
    order = [*reversed(ORDER), NOTHING]
    rows = [
        {"who": who, "verdict": verdict, "n": counted.get(verdict, 0), "place": place}
        for who, counted in counts.items()
        for place, verdict in enumerate(order)
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("n:Q", title=say("respostas", "answers"), stack="zero"),
            y=alt.Y("who:N", title=None, sort=list(counts)),
            color=alt.Color(
                "verdict:N",
                title=say("veredito", "verdict"),
                scale=alt.Scale(domain=order, range=[_COLOURS[verdict] for verdict in order]),
            ),
            order="place:Q",
        )
        .properties(width=_WIDTH)
    )
    return Plot(chart.to_dict(), say("Vereditos, por quem os deu", "Verdicts, by who gave them"))


def confusion(agreement: Agreement, first: str, second: str) -> Plot:
    """The table of two who judged the same answers, darker where there are more."""
    order = list(reversed(ORDER))
    rows = [{"first": row, "second": column, "n": agreement.table[row][column]} for row in order for column in order]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("second:N", title=second, sort=order), y=alt.Y("first:N", title=first, sort=order)
    )
    most = max(row["n"] for row in rows) or 1
    cells = base.mark_rect().encode(color=alt.Color("n:Q", scale=alt.Scale(scheme="blues"), legend=None))
    numbers = base.mark_text(fontSize=16).encode(
        text="n:Q", color=alt.condition(f"datum.n > {most} / 2", alt.value("white"), alt.value("black"))
    )
    chart = (cells + numbers).properties(width=180, height=180)
    return Plot(
        chart.to_dict(), say(f"{first} (linhas) e {second} (colunas)", f"{first} (rows) and {second} (columns)")
    )


def relevance_by(found: Mapping[str, Mapping[str, Mean]]) -> Plot:
    """Mean AR of each group, with its interval where there are enough for one."""
    known = [(name, mean) for name, measures in found.items() if (mean := measures.get("AR")) is not None and mean.n]
    names = [name for name, _ in known]
    y, scale = alt.Y("group:N", title=None, sort=names), alt.Scale(domain=[0, 1])
    means = [{"group": name, "mean": mean.value} for name, mean in known]
    bars = alt.Chart(alt.InlineData(values=means)).mark_bar(color="#31688e")
    bars = bars.encode(y=y, x=alt.X("mean:Q", title="AR", scale=scale))
    spans = [{"group": name, "low": mean.low, "high": mean.high} for name, mean in known if not is_few(mean.n)]
    if not spans:
        return Plot(bars.properties(width=_WIDTH).to_dict(), say("AR por aula", "AR by lecture"))
    rules = alt.Chart(alt.InlineData(values=spans)).mark_rule(strokeWidth=2)
    rules = rules.encode(y=y, x=alt.X("low:Q", title="AR", scale=scale), x2="high:Q")
    words = say("AR por aula, IC 95 %", "AR by lecture, 95 % CI")
    if len(spans) < len(known):
        words = say(
            f"AR por aula, com IC 95 % onde n é {FEWEST} ou mais", f"AR by lecture, 95 % CI where n is {FEWEST} or more"
        )
    return Plot((bars + rules).properties(width=_WIDTH).to_dict(), words)


def latency(totals_ms: Sequence[float]) -> Plot:
    """How long whole answers took."""
    rows = [{"s": value / 1000.0} for value in totals_ms]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(color="#31688e")
        .encode(
            x=alt.X("s:Q", bin=alt.Bin(maxbins=20), title=say("resposta inteira, s", "whole answer, s")),
            y=alt.Y("count()", title=say("respostas", "answers")),
        )
        .properties(width=_WIDTH, height=180)
    )
    return Plot(chart.to_dict(), say("Tempo da resposta inteira", "Time of the whole answer"))
