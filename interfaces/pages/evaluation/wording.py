"""How runs, kinds of judgement and time left read on the evaluation page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpus.language import how_many, interface_language, say
from eval.judging.judgements import Kind, VerdictRule
from eval.report.figures import short
from interfaces.pages.context import Context
from interfaces.pages.moments import moment
from interfaces.service.evaluating import Standing
from interfaces.service.evaluations import Progress
from interfaces.service.plans import USUAL_RULE, Plan


def kind_name(kind: Kind) -> str:
    """What is judged, in words."""
    return {
        "ar": say("relevância", "relevance"),
        "reference": say("contra a referência", "against the reference"),
        "groundedness": say("sustentação nas aulas", "groundedness in the lectures"),
    }[kind]


def rule_text(partial_from: float, correct_from: float) -> str:
    """Which verdict a score means.

    >>> rule_text(2, 3)
    'Notas de 0 a 3. C: de 3 em diante; P: de 2 até menos de 3; I: menos de 2.'
    """
    p, c = short(partial_from), short(correct_from)
    if p == c:
        return say(
            f"Notas de 0 a 3. C: de {c} em diante; I: menos de {c}; nada é P.",
            f"Scores from 0 to 3. C: from {c} on; I: less than {c}; nothing is P.",
        )
    return say(
        f"Notas de 0 a 3. C: de {c} em diante; P: de {p} até menos de {c}; I: menos de {p}.",
        f"Scores from 0 to 3. C: from {c} on; P: from {p} to less than {c}; I: less than {p}.",
    )


def least_text(rule: VerdictRule) -> str:
    """The same in few words."""
    c, p = short(rule.correct_from), short(rule.partial_from)
    return say(f"C a partir de {c}, P a partir de {p}", f"C from {c}, P from {p}")


def options_text(plan: Plan) -> list[str]:
    """What a plan has otherwise than most."""
    told = []
    if plan.repeat > 1:
        told.append(say(f"julgada {plan.repeat} vezes", f"judged {plan.repeat} times"))
    if plan.rule != USUAL_RULE:
        told.append(least_text(plan.rule))
    if plan.reasoned:
        told.append(say("juiz embutido com razões escritas", "embedded judge with written reasons"))
    return told


def run_name(standing: Standing) -> str:
    """What a run is called: by its file of questions."""
    return say("Avaliação", "Evaluation") if standing.plan is None else standing.plan.name


def answers_by(context: Context, plan: Plan) -> str:
    """Which model answers in a run."""
    return plan.llm or context.desk.settings.llm.spec


def names_of(context: Context, standings: Sequence[Standing]) -> dict[str, str]:
    """Runs by id, as they are told apart where one is chosen: numbered from the oldest, since names may be alike."""
    names = {}
    for place, standing in enumerate(standings):
        by = [] if standing.plan is None else [answers_by(context, standing.plan)]
        told = [f"{len(standings) - place}", run_name(standing), *by, moment(standing.run.created_at)]
        names[standing.run.run_id] = " · ".join(told)
    return names


def state_name(standing: Standing) -> str:
    """How a run stands, in a few words."""
    run = standing.run
    return {
        "waiting": say("na fila", "waiting"),
        "running": say("em andamento", "going on") if standing.progress is None else progress_text(standing.progress),
        "done": say("pronta", "done"),
        "cancelled": say("parada: ", "stopped: ") + covered_text(standing),
        "failed": say("interrompida: ", "interrupted: ") + covered_text(standing),
    }[run.state]


def covered_text(standing: Standing) -> str:
    """How much of a run that ended early is done: answers, and judgements as far as they are known."""
    run = standing.run
    told = say(
        f"{run.done} de {how_many(run.of, 'resposta', 'respostas')}",
        f"{run.done} of {how_many(run.of, 'answer', 'answers')}",
    )
    if standing.judgements is None:
        return told
    made, of = standing.judgements
    if run.done < run.of:
        # What is to be judged of answers that are not there yet is not known.
        return told + say(
            f", {how_many(made, 'julgamento', 'julgamentos')} até aqui",
            f", {how_many(made, 'judgement', 'judgements')} so far",
        )
    return told + say(
        f", {made} de {how_many(of, 'julgamento', 'julgamentos')}",
        f", {made} of {how_many(of, 'judgement', 'judgements')}",
    )


def chart_locale() -> dict[str, Any]:
    """How a chart writes its numbers, for Vega's ``locale``."""
    pt = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["R$ ", ""]}
    en = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""]}
    return {"number": en if interface_language() == "en" else pt}


def progress_text(progress: Progress) -> str:
    """Where a run is, with the time left of its phase."""
    counts = say(f"{progress.done} de {progress.of}", f"{progress.done} of {progress.of}")
    told = {
        "waiting": say("Espera outra avaliação terminar", "Waits for another evaluation to end"),
        "opening": say("Abrindo o curso e o juiz", "Opening the course and the judge"),
        "answering": say("Respondendo: ", "Answering: ") + counts,
        "judging": say("Julgando: ", "Judging: ") + counts,
    }[progress.phase]
    return told if progress.left_s is None else f"{told} · {time_left(progress.left_s)}"


def time_left(seconds: float) -> str:
    """About how long it still takes.

    >>> time_left(95)
    'faltam cerca de 2 min'
    """
    if seconds < 60:
        return say("falta menos de 1 min", "less than 1 min left")
    minutes = round(seconds / 60)
    if minutes < 120:
        return say(f"faltam cerca de {minutes} min", f"about {minutes} min left")
    return say(f"faltam cerca de {minutes / 60:.0f} h", f"about {minutes / 60:.0f} h left")
