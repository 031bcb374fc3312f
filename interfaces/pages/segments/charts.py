"""The map of a course: lectures as rows, minutes across, the number of questions as colour."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from corpus.language import say
from interfaces.render import clean, clock, lecture_label
from interfaces.service.asked import Place

_ROW_HEIGHT = 26
_NONE = "#8a8f9640"
# The theme's own colour, further from the ground the more is asked.
_ON_LIGHT, _ON_DARK = ["#9fd3cc", "#0f5c57"], ["#2b5f5a", "#a5efe5"]


def asked_map(places: Sequence[Place], *, on_dark: bool) -> alt.Chart:
    """A chart of the places; written material, which has no time, has each of its segments a minute wide."""
    rows = _rows(places)
    names = list(dict.fromkeys(str(row["lecture"]) for row in rows))
    most = max(2, *(int(row["asked"]) for row in rows))
    asked = say("Perguntas", "Questions")
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("begin:Q", title=say("minuto", "minute"), axis=alt.Axis(grid=False, tickMinStep=1)),
            x2="end:Q",
            y=alt.Y(
                "lecture:N",
                title=None,
                sort=names,
                scale=alt.Scale(paddingInner=0.3),
                axis=alt.Axis(labelLimit=220, ticks=False, domain=False),
            ),
            color=alt.condition(
                "datum.asked > 0",
                alt.Color(
                    "asked:Q",
                    title=asked,
                    scale=alt.Scale(domain=[1, most], range=_ON_DARK if on_dark else _ON_LIGHT),
                    legend=alt.Legend(orient="top", tickMinStep=1, format="d", gradientLength=160),
                ),
                alt.value(_NONE),
            ),
            tooltip=[
                alt.Tooltip("lecture:N", title=say("Aula", "Lecture")),
                alt.Tooltip("when:N", title=say("Trecho", "Segment")),
                alt.Tooltip("asked:Q", title=asked),
                alt.Tooltip("unanswered:Q", title=say("Sem resposta", "Unanswered")),
                alt.Tooltip("badly_rated:Q", title=say("Mal avaliadas", "Badly rated")),
            ],
        )
    )
    return chart


def map_height(places: Sequence[Place]) -> int:
    """The chart's height in pixels, legend and axis included."""
    return _ROW_HEIGHT * len({one.lecture_id for one in places}) + 110


def _rows(places: Sequence[Place]) -> list[dict[str, str | float]]:
    rows: list[dict[str, str | float]] = []
    written: dict[str, int] = {}
    for one in places:
        if one.start_s is None or one.end_s is None:
            position = written.get(one.lecture_id, 0)
            written[one.lecture_id] = position + 1
            begin, end, when = float(position), position + 0.95, say(f"parte {position + 1}", f"part {position + 1}")
        else:
            begin, end = one.start_s / 60, max(one.start_s + 1, one.end_s - 2) / 60
            when = f"{clock(one.start_s)}–{clock(one.end_s)}"
        rows.append(
            {
                "lecture": clean(lecture_label(one.lecture_id, one.title)),
                "begin": begin,
                "end": end,
                "when": when,
                "asked": one.asked,
                "unanswered": one.unanswered,
                "badly_rated": one.badly_rated,
            }
        )
    return rows
