"""The report on the page: what `monitoria eval report` writes, its tables and its plots, live."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import altair as alt
import streamlit as st

from eval.report.document import Block, Lines, Note, Plot, Section, Table
from interfaces.pages.context import Context
from interfaces.pages.evaluation.blindness import unless_blind
from interfaces.pages.evaluation.wording import chart_locale
from interfaces.pages.plain import plain
from interfaces.service import reporting

_SMALL_PIXELS = 300
_LABEL_PIXELS = 260
_BAR_PIXELS, _AXIS_PIXELS = 26, 70
_RULE = "#8a8f96"


def show(context: Context, run_id: str) -> None:
    """Show the report, all but what it says of each answer, which has a part of its own."""
    unless_blind(context, run_id, partial(_show, context, run_id))


def _show(context: Context, run_id: str) -> None:
    for section in reporting.report(context.desk, context.person, run_id).sections:
        _section(section)


def _section(section: Section) -> None:
    blocks = section.blocks
    if any(isinstance(block, Lines) for block in blocks):
        # What was run with what, for whoever looks for it; what to beware of, for everybody.
        with st.expander(plain(section.title)):
            for block in blocks:
                if isinstance(block, Lines):
                    show_block(block)
        for block in blocks:
            if isinstance(block, Note):
                st.warning(plain(block.text), icon=":material/info:")
        return
    st.header(plain(section.title), anchor=False)
    for block in blocks:
        show_block(block)


def show_block(block: Block) -> None:
    """One part of a report, its words as words."""
    if isinstance(block, Note):
        st.markdown(plain(block.text))
    elif isinstance(block, Lines):
        st.markdown("\n".join(f"- **{plain(label)}:** {plain(value)}" for label, value in block.pairs))
    elif isinstance(block, Table):
        show_table(block)
    elif isinstance(block, Plot):
        _plot(block)


def _plot(plot: Plot) -> None:
    """A small square stays one; the others are as wide as there is room. The tables beside them say the same."""
    spec = plot.spec
    chart = (
        alt.Chart.from_dict(spec)
        .configure(locale=chart_locale())
        .configure_axisY(labelLimit=_LABEL_PIXELS)
        .configure_axisX(labelAngle=0, labelOverlap=True)
        .configure_rule(color=_RULE)
    )
    if int(spec.get("width") or 0) < _SMALL_PIXELS:
        st.altair_chart(chart, width=_SMALL_PIXELS, height=_SMALL_PIXELS - 40, alt=plot.words)
    else:
        height = int(spec["height"]) + _AXIS_PIXELS if "height" in spec else _height(spec)
        st.altair_chart(chart, width="stretch", height=height, alt=plot.words)
    st.caption(plain(plot.words))


def _height(spec: Mapping[str, Any]) -> int:
    """Room for as many bars as there are names."""
    encoding = spec["encoding"] if "encoding" in spec else spec["layer"][0]["encoding"]
    rows = spec["datasets"][spec["data"]["name"]]
    names = {row[encoding["y"]["field"]] for row in rows}
    return _BAR_PIXELS * len(names) + _AXIS_PIXELS


def show_table(table: Table) -> None:
    """A table whose first column heads its rows."""
    if not table.rows:
        return
    if table.caption:
        st.caption(plain(table.caption))
    columns = zip(table.header, zip(*table.rows, strict=True), strict=True)
    st.table(
        {plain(name) or " ": [plain(cell) for cell in cells] for name, cells in columns},
        border="horizontal",
        hide_index=True,
    )
