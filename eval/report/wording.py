"""How the report words measures, means and who said what, in the interface's language."""

from __future__ import annotations

import math
from collections.abc import Mapping

from corpus.language import say
from eval.agreement import Estimate
from eval.measures import Mean
from eval.report.figures import figure, interval, recorded

NOTHING = "—"


def one_line(text: object) -> str:
    """Text without line breaks and runs of spaces."""
    return " ".join(str(text).split())


def clock(seconds: float | None) -> str:
    """``01:02:03``; a dash for written material.

    >>> clock(2570.9), clock(None)
    ('00:42:50', '—')
    """
    if seconds is None:
        return NOTHING
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def score_text(score: float | None) -> str:
    """A score as it was recorded."""
    return NOTHING if score is None else recorded(score)


def mean_cells(mean: Mean, digits: int = 2) -> tuple[str, str, str]:
    """A mean, its interval, and over how many of how many it is."""
    covered = f"{mean.n}/{mean.n_topics}"
    if not mean.n or math.isnan(mean.value):
        return NOTHING, NOTHING, covered
    return figure(mean.value, digits), interval(mean.low, mean.high, mean.n, digits), covered


def counted(causes: Mapping[str, int]) -> str:
    """``timeout 2, unreadable 1``; nothing where there is nothing.

    >>> counted({"unreadable": 1, "timeout": 2})
    'timeout 2, unreadable 1'
    """
    return ", ".join(f"{cause} {n}" for cause, n in sorted(causes.items()))


def program_name(annotator: str) -> str:
    """A program that annotated, called one."""
    return say(f"{annotator} (programa)", f"{annotator} (a program)")


def estimate_text(estimate: Estimate) -> str:
    """``0.62 [0.48, 0.75]``; a dash where it is not defined."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return NOTHING
    return f"{figure(estimate.value)} {interval(estimate.low, estimate.high, estimate.n)}"


def measure_name(name: str) -> str:
    """A measure as people read it; names that are the same everywhere stay as they are."""
    return {
        "AR": say("AR (perguntas que as aulas respondem)", "AR (questions that the lectures answer)"),
        "reference": say("nota contra a referência (0–1)", "score against the reference (0–1)"),
        "correct": say("corretas contra a referência", "correct against the reference"),
        "groundedness": say("sustentação nos trechos (0–1)", "groundedness in the passages (0–1)"),
        "people": say("corretas, por pessoas", "correct, by people"),
        "choice": say("múltipla escolha acertada", "multiple choice right"),
        "choice by a guess": say("a mesma, chutando", "the same, by guessing"),
        "declined (answerable)": say("recusas onde as aulas respondem", "declined though the lectures answer"),
        "declined (unanswerable)": say("recusas onde não respondem (revocação)", "declined where they do not (recall)"),
        "rightly declined": say("recusas certas (precisão)", "declined rightly (precision)"),
        "citations hold": say("citações válidas (respostas dadas)", "citations hold (answers given)"),
        "answers with a citation": say("com citação (respostas dadas)", "with a citation (answers given)"),
        "link_offset_s": say("do link ao início do ouro, s", "from the link to the gold's start, s"),
        "retrieve_ms": say("busca, ms", "retrieval, ms"),
        "first_token_ms": say("primeira palavra do modelo, ms", "first token, ms"),
        "total_ms": say("resposta inteira, ms", "whole answer, ms"),
    }.get(name, name)


def relevance_note() -> str:
    """What must be known of answer relevance before answers are compared by it."""
    return say(
        "AR diz quanto uma resposta, lida sem as aulas, trata do que foi perguntado: não diz se está certa nem se as "
        "aulas a sustentam. Trechos citados tratam também de outras coisas e costumam receber menos que uma resposta "
        "escrita, mesmo inventada.",
        "AR says how far an answer, read without the lectures, is about what was asked: not whether it is right, nor "
        "whether the lectures support it. Quoted passages are about other things too and mostly get less than a "
        "written answer, even an invented one.",
    )


def verdict_source(source: str) -> str:
    """Who a verdict is from."""
    return {
        "ar": say("Juiz, relevância (AR)", "Judge, relevance (AR)"),
        "reference": say("Juiz, contra a referência", "Judge, against the reference"),
        "groundedness": say("Juiz, sustentação", "Judge, groundedness"),
        "people": say("Pessoas", "People"),
        "choice": say("A escolha", "The choice"),
    }.get(source, source)
