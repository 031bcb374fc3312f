"""A judged run laid out as a report: what was run, what came of it, how far it may be trusted, question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from corpus.language import how_many, interface_language, say
from eval.grading import ORDER
from eval.measures import Mean
from eval.report import plots
from eval.report.document import Block, Document, Note, Section, table
from eval.report.figures import FEWEST, few, figure
from eval.report.gathered import Gathered
from eval.report.groups import failures, groups
from eval.report.manifest import manifest_section
from eval.report.question import is_quotes, question
from eval.report.ragas_page import ragas_section
from eval.report.scores import FINDING, LATENCIES, TOTALS, Scores, by_measure, means
from eval.report.trust_page import other_judgements, trust_section
from eval.report.wording import NOTHING, mean_cells, measure_name, program_name, relevance_note, verdict_source

Known = Mapping[str, Mapping[str, float]]  # what is known of each measure, by topic id


def lay_out(gathered: Gathered, scored: Mapping[str, Scores]) -> Document:
    """The report in the interface's language, with the scores of every question by topic id."""
    found, known = means(scored.values()), by_measure(scored)
    sections = [
        manifest_section(gathered),
        _totals(gathered, found, known),
        _finding(found, known),
        trust_section(gathered),
        ragas_section(gathered),
        _groups(gathered, scored),
        _questions(gathered),
        other_judgements(gathered),
    ]
    title = say("Relatório de avaliação", "Evaluation report")
    return Document(title, interface_language(), tuple(section for section in sections if section is not None))


def _totals(gathered: Gathered, found: Mapping[str, Mean], known: Known) -> Section:
    counts = _verdict_counts(gathered)
    caption = say(
        "Médias com intervalo bootstrap de 95 % e cobertura: sobre n das N perguntas a que a medida se aplica.",
        "Means with 95 % bootstrap intervals and coverage: over n of the N questions that the measure is for.",
    )
    blocks = [_mean_table(found, TOTALS, caption), *_relevance(gathered, known), _verdicts(counts)]
    blocks += [plots.verdicts(counts), _latency(known)]
    if any(name in known for name in LATENCIES.values()):
        blocks.append(plots.latency([*known.get(LATENCIES["total"], {}).values()]))
    return Section(say("Totais", "Totals"), tuple(blocks))


def _mean_table(found: Mapping[str, Mean], names: Sequence[str], caption: str, digits: int = 2) -> Block:
    rows = [(measure_name(name), *mean_cells(found[name], digits)) for name in names if name in found]
    if any(0 < found[name].n < FEWEST for name in names if name in found):
        caption = f"{caption} {few()}"
    return table((say("medida", "measure"), say("média", "mean"), say("IC 95 %", "95 % CI"), "n/N"), rows, caption)


def _relevance(gathered: Gathered, known: Known) -> list[Block]:
    """What relevance is and is not, where quotes were judged by it: what they got beside what written answers got."""
    judged = known.get("AR", {})
    got: dict[bool, list[float]] = {True: [], False: []}
    for entry in gathered.entries:
        if entry.record is not None and not entry.record.get("abstained") and entry.topic.topic_id in judged:
            got[is_quotes(entry.record)].append(judged[entry.topic.topic_id])
    if not got[True]:
        return []
    kinds = ((say("trechos citados", "quoted passages"), got[True]), (say("escritas", "written"), got[False]))
    means_of = ", ".join(f"{name} {figure(float(np.mean(of)))} (n = {len(of)})" for name, of in kinds if of)
    return [Note(f"{relevance_note()} {say('Aqui', 'Here')}: {means_of}.")]


def _verdict_counts(gathered: Gathered) -> dict[str, Counter[str]]:
    """Who gave how many of each verdict; what was not judged is counted as ``—``."""
    counts: dict[str, Counter[str]] = {}
    for kind in ("ar", "reference"):
        if kind in gathered.kinds:
            judged = (entry.judgements.get(kind) for entry in gathered.entries)
            counts[verdict_source(kind)] = Counter((one.verdict or NOTHING) if one else NOTHING for one in judged)
    if gathered.has_people:
        counts[verdict_source("people")] = Counter(entry.people or NOTHING for entry in gathered.entries)
    for name, mine in gathered.annotators("program").items():
        said = [mine[key].verdict if (key := entry.key) in mine else NOTHING for entry in gathered.entries]
        counts[program_name(name)] = Counter(said)
    return counts


def _verdicts(counts: Mapping[str, Counter[str]]) -> Block:
    shown = (*reversed(ORDER), NOTHING)
    rows = [(who, *(str(counted[verdict]) for verdict in shown)) for who, counted in counts.items()]
    return table(
        (say("vereditos de", "verdicts of"), *shown[:-1], say("sem veredito", "no verdict")),
        rows,
        say("C correta, P parcial, I incorreta; por resposta.", "C correct, P in part, I incorrect; an answer each."),
    )


def _latency(known: Known) -> Block:
    timed = {name: [*known[name].values()] for name in LATENCIES.values() if name in known}
    rows = [
        (measure_name(name), *(f"{ms:.0f}" for ms in np.quantile(values, (0.5, 0.95))), str(len(values)))
        for name, values in timed.items()
    ]
    return table((say("tempo", "time"), "p50", "p95", "n"), rows)


def _finding(found: Mapping[str, Mean], known: Known) -> Section | None:
    if not any(name in found for name in FINDING):
        return None
    caption = say(
        "Só perguntas com trecho de ouro; sem resposta ou sem trecho recuperado vale 0.",
        "Questions with a gold span only; no answer or nothing retrieved counts as 0.",
    )
    blocks = [_mean_table(found, FINDING, caption, digits=3)]
    distances = known.get("link_offset_s", {})
    if distances:
        middle, n = float(np.median([*distances.values()])), len(distances)
        blocks.append(
            Note(
                say(
                    f"Do link da primeira referência que cai no ouro ao início do ouro: mediana {figure(middle, 1)} s "
                    f"({how_many(n, 'resposta', 'respostas')}).",
                    f"From the link of the first reference inside the gold to the gold's start: median "
                    f"{figure(middle, 1)} s ({how_many(n, 'answer', 'answers')}).",
                )
            )
        )
    return Section(say("Recuperação", "Retrieval"), tuple(blocks))


def _groups(gathered: Gathered, scored: Mapping[str, Scores]) -> Section | None:
    blocks: list[Block] = []
    for title, name in ((say("aula", "lecture"), "lecture"), (say("tipo de pergunta", "type of question"), "type")):
        found = groups(gathered, name)
        if len(found) > 1 or (found and NOTHING not in found):
            grouped = {
                key: (len(entries), means(scored[entry.topic.topic_id] for entry in entries))
                for key, entries in found.items()
            }
            blocks.append(_group_table(title, grouped))
            if name == "lecture" and "ar" in gathered.kinds:
                blocks.append(plots.relevance_by({key: mean for key, (_, mean) in grouped.items()}))
    failed = failures(gathered)
    if failed:
        rows = [(what, str(n)) for what, n in failed.items()]
        caption = say(
            "Respostas que não são C, a perguntas que as aulas respondem (veredito de pessoas; sem elas, do juiz).",
            "Answers that are not C, to questions that the lectures answer (people's verdict; without it the judge's).",
        )
        blocks.append(table((say("o que falhou", "what failed"), "n"), rows, caption))
    if not blocks:
        return None
    return Section(say("Por aula e tipo, e o que falhou", "By lecture and type, and what failed"), tuple(blocks))


def _group_table(title: str, grouped: Mapping[str, tuple[int, Mapping[str, Mean]]]) -> Block:
    names = ("AR", "correct", "people", "hit@5")
    shown = [name for name in names if any(name in found for _, found in grouped.values())]
    rows = [(key, str(n), *(_brief(found.get(name)) for name in shown)) for key, (n, found) in grouped.items()]
    return table((title, "N", *map(measure_name, shown)), rows)


def _brief(mean: Mean | None) -> str:
    if mean is None or not mean.n:
        return NOTHING
    return f"{figure(mean.value)} ({mean.n}/{mean.n_topics})"


def _questions(gathered: Gathered) -> Section:
    return Section(say("Perguntas", "Questions"), tuple(question(entry) for entry in gathered.entries))
