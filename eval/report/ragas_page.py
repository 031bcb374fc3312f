"""What ragas measured, with its coverage: a metric that failed is a missing value with its cause."""

from __future__ import annotations

from corpus.language import say
from eval.ragas.recorded import summarise
from eval.ragas.scores import METRICS
from eval.report.document import Block, Note, Section, table
from eval.report.figures import few, is_few
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
    caption = few() if any(one.mean.n and is_few(one.mean.n) for one in found) else ""
    blocks: list[Block] = [table(header, rows, caption)]
    if "answer_relevancy" in measured:
        blocks.append(Note(_relevancy()))
    return Section("ragas", tuple(blocks))


def _relevancy() -> str:
    return say(
        "answer_relevancy faz perguntas a partir da resposta e mede quanto se parecem com a que foi feita. Trechos "
        "citados respondem a muitas perguntas e recebem pouco; se as aulas sustentam a resposta, é faithfulness que "
        "diz.",
        "answer_relevancy makes questions from the answer and measures how near they are to the one that was asked. "
        "Quoted passages answer many questions and get little; whether the lectures support an answer is for "
        "faithfulness to say.",
    )
