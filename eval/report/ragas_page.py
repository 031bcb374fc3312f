"""What ragas measured, with its coverage: a metric that failed is a missing value with its cause."""

from __future__ import annotations

from corpus.language import say
from eval.ragas.recorded import summarise
from eval.ragas.scores import METRICS
from eval.report.document import Section, table
from eval.report.gathered import Gathered
from eval.report.wording import NOTHING, counted, mean_cells


def ragas_section(gathered: Gathered) -> Section | None:
    """A row a metric: mean, interval, coverage, and why what is missing is missing."""
    measured = {one.metric for one in gathered.ragas}
    if not measured:
        return None
    found = [summarise(gathered.ragas, metric) for metric in METRICS if metric in measured]
    rows = [(one.metric, *mean_cells(one.mean), counted(one.missing) or NOTHING) for one in found]
    missing = say("faltas", "missing")
    header = (say("métrica", "metric"), say("média", "mean"), say("IC 95 %", "95 % CI"), "n/N", missing)
    return Section("ragas", (table(header, rows),))
