"""The maps of a course: lectures as rows, minutes or parts across, the number of questions as colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import altair as alt

from corpus.language import say
from interfaces.render import clean, lecture_label, span
from interfaces.service.asked import Place

Row = dict[str, str | float]
_ROW_HEIGHT = 26
_NONE = "#8a8f9640"
# The theme's own colour, further from the ground the more is asked.
_ON_LIGHT, _ON_DARK = ["#9fd3cc", "#0f5c57"], ["#2b5f5a", "#a5efe5"]
# How much of its place a part fills, on an axis where parts are whole numbers.
_PART = 0.49


@dataclass(frozen=True, slots=True)
class AskedMap:
    """Some of a course's places as a chart: what is spoken goes by its minutes, what is written by its parts."""

    written: bool
    places: tuple[Place, ...]
    chart: alt.Chart


def asked_maps(places: Sequence[Place], *, on_dark: bool) -> list[AskedMap]:
    """A chart of what is spoken and one of what is written, in which a colour means the same; none of nothing."""
    most = max(2, *(one.asked for one in places))
    names = _names(places)
    maps: list[AskedMap] = []
    for written in (False, True):
        among = tuple(one for one in places if (one.part is not None) is written)
        if among:
            lectures = list(dict.fromkeys(names[one.lecture_id] for one in among))
            rows = [_row(one, names[one.lecture_id]) for one in among]
            chart = _chart(rows, lectures, most, written=written, on_dark=on_dark, legend=not maps)
            maps.append(AskedMap(written, among, chart))
    return maps


def _chart(
    rows: Sequence[Row],
    names: Sequence[str],
    most: int,
    *,
    written: bool,
    on_dark: bool,
    legend: bool,
) -> alt.Chart:
    asked = say("Perguntas", "Questions")
    title = say("parte", "part") if written else say("minuto", "minute")
    last = max(float(row["end"]) for row in rows)
    across = alt.Scale(domain=[1 - _PART, last], nice=False) if written else alt.Scale(zero=True)
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=list(rows)))
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("begin:Q", title=title, scale=across, axis=alt.Axis(grid=False, tickMinStep=1, format="d")),
            x2="end:Q",
            y=alt.Y(
                "lecture:N",
                title=None,
                sort=list(names),
                scale=alt.Scale(paddingInner=0.3),
                axis=alt.Axis(labelLimit=220, labelOverlap=False, ticks=False, domain=False),
            ),
            color=alt.condition(
                "datum.asked > 0",
                alt.Color(
                    "asked:Q",
                    title=asked,
                    scale=alt.Scale(domain=[1, most], range=_ON_DARK if on_dark else _ON_LIGHT),
                    legend=alt.Legend(orient="top", tickMinStep=1, format="d", gradientLength=160) if legend else None,
                ),
                alt.value(_NONE),
            ),
            tooltip=_tooltip(rows),
        )
        # The rows' height alone: whatever legend and axis take comes on top, so that no label lies upon another.
        .properties(height=_ROW_HEIGHT * len(names), autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    )
    return chart


def _tooltip(rows: Sequence[Row]) -> list[alt.Tooltip]:
    shown = [
        ("lecture:N", say("Aula", "Lecture")),
        ("when:N", say("Trecho", "Segment")),
        ("asked:Q", say("Perguntas", "Questions")),
        ("unanswered:Q", say("Sem resposta", "Unanswered")),
        ("badly_rated:Q", say("Mal avaliadas", "Badly rated")),
    ]
    # Without a model there are none, and nobody asks for them.
    if any(row["passages_only"] for row in rows):
        shown.insert(4, ("passages_only:Q", say("Só trechos", "Passages only")))
    return [alt.Tooltip(field, title=title) for field, title in shown]


def _names(places: Iterable[Place]) -> dict[str, str]:
    """Each lecture by its label; two that would read the same have their ids beside, or they would be one row."""
    names = {one.lecture_id: clean(lecture_label(one.lecture_id, one.title)) for one in places}
    times = Counter(names.values())
    return {key: name if times[name] == 1 else clean(f"{name} ({key})") for key, name in names.items()}


def _row(place: Place, lecture: str) -> Row:
    start_s, end_s = place.start_s or 0.0, place.end_s or 0.0
    begin, end = start_s / 60, max(start_s + 1, end_s - 2) / 60
    if place.part is not None:
        begin, end = place.part - _PART, place.part + _PART
    return {
        "lecture": lecture,
        "begin": begin,
        "end": end,
        "when": where_in(place),
        "asked": place.asked,
        "unanswered": place.unanswered,
        "passages_only": place.passages_only,
        "badly_rated": place.badly_rated,
    }


def where_in(place: Place) -> str:
    """Where in its lecture a place is: ``12:34–14:20``, or ``parte 3`` of what is written."""
    if place.part is not None:
        return say(f"parte {place.part}", f"part {place.part}")
    return span(place.start_s, place.end_s) or ""
