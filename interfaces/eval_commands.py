"""What the commands of `monitoria eval` do: call, and show the result. `interfaces.cli` puts them together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from corpus.errors import UsageError
from corpus.language import how_many, say
from interfaces.commands import BaseUrlOption, JsonOption, TopicsOption

if TYPE_CHECKING:
    from eval.judging.judge import Judge
    from eval.judging.judgements import VerdictRule
    from eval.judging.recorded import Summary
    from rag.config import LLMSettings
    from rag.llm import LLM

Name = TypeVar("Name", bound=str)

NeededTopics = Annotated[
    Path,
    typer.Option(
        "--topics",
        metavar=say("ARQUIVO", "FILE"),
        help=say(
            "perguntas (.txt, JSONL, CSV, SQuAD, aulas, pasta)", "topics (.txt, JSONL, CSV, SQuAD, lessons, folder)"
        ),
    ),
]
SPEC_HELP = "embedded, openai:NAME, ollama:NAME, huggingface:NAME"


def eval_retrieval(
    run: Annotated[Path, typer.Argument(metavar=say("BUSCA", "RUN"))],
    topics: TopicsOption = None,
    qrels: Annotated[
        Path | None,
        typer.Option(
            "--qrels",
            metavar=say("ARQUIVO", "FILE"),
            help=say("julgamentos no formato TREC", "judgements in TREC's format"),
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the measures of a run."""
    from dataclasses import asdict

    from eval.runs import measure_run

    summary = measure_run(run, topics=topics, qrels=qrels)
    if as_json:
        print(json.dumps({name: asdict(mean) for name, mean in summary.items()}))
        return
    for name, mean in summary.items():
        print(f"{name:12} {mean.value:.3f}  [{mean.low:.3f}, {mean.high:.3f}]  n={mean.n}/{mean.n_topics}")


def eval_judge(  # noqa: PLR0913, PLR0917 - one parameter an option
    answers: Annotated[Path, typer.Argument(metavar=say("RESPOSTAS", "ANSWERS"))],
    topics: NeededTopics,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar=say("PASTA", "DIR"), help=say("pasta dos julgamentos", "folder for the judgements")
        ),
    ],
    kinds: Annotated[
        str, typer.Option("--kinds", metavar="ar,reference,groundedness", help=say("o que julgar", "what to judge"))
    ] = "ar,reference,groundedness",
    judge: Annotated[str, typer.Option("--judge", metavar="SPEC", help=SPEC_HELP)] = "embedded",
    base_url: BaseUrlOption = None,
    repeat: Annotated[
        int,
        typer.Option(
            "--repeat",
            min=1,
            metavar="N",
            help=say("julga N vezes ao todo", "judge N times in all, to see it repeat itself"),
        ),
    ] = 1,
    correct_from: Annotated[
        float,
        typer.Option("--correct-from", metavar=say("NOTA", "SCORE"), help=say("nota de C", "the least score of C")),
    ] = 3,
    partial_from: Annotated[
        float,
        typer.Option("--partial-from", metavar=say("NOTA", "SCORE"), help=say("nota de P", "the least score of P")),
    ] = 2,
    reasoned: Annotated[
        bool,
        typer.Option(
            "--reasoned",
            help=say(
                "o modelo embutido também escreve razões antes da nota de reference",
                "the embedded model, too, writes reasons before its score of the reference kind",
            ),
        ),
    ] = False,
) -> None:
    """Judge answers and print the figures."""
    from eval.judging.judgements import KINDS, VerdictRule
    from eval.judging.recorded import judge_times, judgements_file, read_answers_to_judge, summarise, write_manifest
    from eval.topics import read_topics
    from interfaces import render

    wanted = named_of("--kinds", kinds, KINDS)
    given, asked = read_answers_to_judge(answers), read_topics(topics)
    rule = VerdictRule(correct_from, partial_from)
    opened = _open_judge(judge, base_url, rule, weighs=False if reasoned else None)
    with render.bars() as progress:

        def report(time: int, done: int, of: int) -> None:
            progress(say("julgando", "judging") + (f" {time}/{repeat}" if repeat > 1 else ""), done, of)

        judgings = judge_times(opened, given, asked, out, kinds=wanted, times=repeat, report=report)
    write_manifest(out, opened, answers, topics)
    judging, made = judgings[0], sum(one.asked for one in judgings)
    print(
        say(
            f"{how_many(made, 'julgamento feito', 'julgamentos feitos')} agora por {opened.name} → "
            f"{judgements_file(out, 1)}",
            f"{how_many(made, 'judgement', 'judgements')} made now by {opened.name} → {judgements_file(out, 1)}",
        )
    )
    for kind in wanted:
        print(_line(summarise(judging, kind)))


def named_of(option: str, named: str, every: Sequence[Name]) -> list[Name]:
    """Which of ``every`` an option names, in their order; commas between.

    Raises:
        UsageError: it names none, or another.
    """
    wanted = [name.strip() for name in named.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in every]
    if unknown or not wanted:
        shown = unknown[0] if unknown else named
        raise UsageError(
            pt=f"{option} tem {shown!r}; use um ou mais de {', '.join(every)}, separados por vírgula",
            en=f"{option} has {shown!r}; use one or more of {', '.join(every)}, with commas between",
        )
    return [name for name in every if name in wanted]


def open_named(settings: LLMSettings, base_url: str | None, none: tuple[str, str]) -> LLM:
    """The model that is named for evaluating; the server that answers is not, unless ``base_url`` names it.

    Raises:
        UsageError: none is named; ``none`` says in two languages that it does not do.
    """
    from interfaces import render
    from rag.llm import open_llm

    with render.bars(count_bytes=True) as progress:
        llm = open_llm(settings.model_copy(update={"base_url": base_url}), progress)
    if llm is None:
        raise UsageError(
            pt=f"{none[0]}; use embedded, PROVEDOR:NOME, ou --base-url de um servidor",
            en=f"{none[1]}; use embedded, PROVIDER:NAME, or a server's --base-url",
        )
    return llm


def _open_judge(spec: str, base_url: str | None, rule: VerdictRule, *, weighs: bool | None) -> Judge:
    from eval.judging.asking import Patience
    from eval.judging.judge import Judge
    from rag.config import load_settings

    settings = load_settings({"llm": {"spec": spec}}).llm
    llm = open_named(settings, base_url, ("--judge none não julga", "--judge none judges nothing"))
    return Judge(llm, rule=rule, patience=Patience(timeout_s=settings.timeout_s), weighs=weighs)


def _line(summary: Summary) -> str:
    """One kind's figures, as in ``ar  n=70/72  AR 0.61 [0.52, 0.70]  C 30  P 12  I 28  errors: timeout 2``."""
    from eval.report.wording import counted

    ar = summary.ar
    parts = [f"{summary.kind:12}  n={ar.n}/{ar.n_topics}"]
    if ar.n:
        label = "AR" if summary.kind == "ar" else say("média", "mean")
        parts.append(f"{label} {ar.value:.2f} [{ar.low:.2f}, {ar.high:.2f}]")
        parts.append("  ".join(f"{verdict} {summary.verdicts.get(verdict, 0)}" for verdict in "CPI"))
    if summary.errors:
        parts.append(say("erros: ", "errors: ") + counted(summary.errors))
    if summary.skipped:
        parts.append(say(f"nada a julgar: {summary.skipped}", f"nothing to judge: {summary.skipped}"))
    return "  ".join(parts)
