"""What ragas measured, with its coverage: a metric that failed is a missing value with its cause."""

from __future__ import annotations

from collections import Counter

from corpus.language import say
from eval.measures import bootstrap_mean
from eval.report.document import Section, table
from eval.report.gathered import Gathered
from eval.report.wording import NOTHING, mean_cells


def ragas_section(gathered: Gathered) -> Section | None:
    """A row a metric: mean, interval, coverage, and why what is missing is missing."""
    if not gathered.ragas:
        return None
    ours = {entry.key for entry in gathered.entries}
    rows = []
    for metric in sorted({str(record["metric"]) for record in gathered.ragas}):
        mine = [record for record in gathered.ragas if record["metric"] == metric and record["answer_sha256"] in ours]
        known = [float(record["score"]) for record in mine if record["score"] is not None]
        causes = Counter(str(record.get("cause") or "?") for record in mine if record["score"] is None)
        told = ", ".join(f"{cause} {n}" for cause, n in sorted(causes.items())) or NOTHING
        rows.append((metric, *mean_cells(bootstrap_mean(known, len(mine))), told))
    header = (
        say("métrica", "metric"),
        say("média", "mean"),
        say("IC 95 %", "95 % CI"),
        "n/N",
        say("faltas", "missing"),
    )
    return Section("ragas", (table(header, rows),))
