"""What `monitoria eval ragas` does: call, and show the result. `interfaces.cli` puts it among the others."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corpus.language import how_many, say
from interfaces.commands import BaseUrlOption
from interfaces.eval_commands import SPEC_HELP, NeededTopics, named_of, open_named

if TYPE_CHECKING:
    from eval.ragas.recorded import Summary
    from eval.ragas.scorer import Scorer

# ragas has everything that it was told judged in one reply: that takes as many times longer than one judgement.
_LONGER = 4


def eval_ragas(
    answers: Annotated[Path, typer.Argument(metavar=say("RESPOSTAS", "ANSWERS"))],
    topics: NeededTopics,
    out: Annotated[
        Path, typer.Option("--out", metavar=say("PASTA", "DIR"), help=say("pasta dos julgamentos", "judging's folder"))
    ],
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            metavar="NAME,…",
            help="faithfulness, answer_relevancy, context_precision, context_recall, answer_accuracy",
        ),
    ] = None,
    llm: Annotated[str, typer.Option("--llm", metavar="SPEC", help=SPEC_HELP)] = "embedded",
    base_url: BaseUrlOption = None,
    environment: Annotated[
        Path | None,
        typer.Option(
            "--environment", metavar=say("PASTA", "DIR"), help=say("ambiente do ragas", "ragas's environment")
        ),
    ] = None,
) -> None:
    """Measure answers with ragas and print the figures."""
    from eval.judging.recorded import read_answers_to_judge
    from eval.ragas.process import python_of
    from eval.ragas.recorded import SCORES, score_answers, summarise, write_manifest
    from eval.ragas.scores import METRICS, RAGAS_VERSION
    from eval.topics import read_topics
    from interfaces import render

    wanted = [*METRICS] if metrics is None else named_of("--metrics", metrics, METRICS)
    given, asked = read_answers_to_judge(answers), read_topics(topics)
    python = python_of(environment)
    scorer = _open_scorer(llm, base_url, python)
    target = out / SCORES
    with render.bars() as progress:
        scoring = score_answers(
            scorer, given, asked, target, metrics=wanted, report=partial(progress, say("medindo", "scoring"))
        )
    write_manifest(out, scorer, answers, topics)
    print(
        say(
            f"{how_many(scoring.asked, 'nota dada', 'notas dadas')} agora pelo ragas {RAGAS_VERSION} com "
            f"{scorer.name} → {target}",
            f"{how_many(scoring.asked, 'score', 'scores')} made now by ragas {RAGAS_VERSION} with {scorer.name} → "
            f"{target}",
        )
    )
    for metric in wanted:
        print(_line(summarise(scoring.scores, metric, skipped=scoring.skipped.get(metric, 0))))


def _open_scorer(spec: str, base_url: str | None, python: Path) -> Scorer:
    from eval.judging.asking import Patience
    from eval.ragas.process import check_environment
    from eval.ragas.scorer import Scorer
    from rag.config import load_settings
    from rag.index import open_encoder_for

    # Before a model is fetched for it.
    check_environment(python)
    settings = load_settings({"llm": {"spec": spec}})
    patient = settings.llm.timeout_s * _LONGER
    named = settings.llm.model_copy(update={"timeout_s": patient})
    opened = open_named(named, base_url, ("--llm none não mede", "--llm none measures nothing"))
    return Scorer(
        opened, lambda: open_encoder_for(None, settings.encoder), python, patience=Patience(timeout_s=patient)
    )


def _line(summary: Summary) -> str:
    """One metric's figures, as in ``faithfulness       n=70/72  0.61 [0.52, 0.70]  missing: timeout 2``."""
    from eval.report.wording import counted

    mean = summary.mean
    parts = [f"{summary.metric:17}  n={mean.n}/{mean.n_topics}"]
    if mean.n:
        parts.append(f"{mean.value:.2f} [{mean.low:.2f}, {mean.high:.2f}]")
    if summary.missing:
        parts.append(say("faltam: ", "missing: ") + counted(summary.missing))
    if summary.skipped:
        parts.append(say(f"nada a medir: {summary.skipped}", f"nothing to measure: {summary.skipped}"))
    return "  ".join(parts)
