"""A judged run laid out as a report: what was run, what came of it, how far it may be trusted, question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from corpus.language import interface_language, say
from eval.cited import link_offsets_s
from eval.grading import ORDER
from eval.measures import Mean
from eval.report import plots
from eval.report.document import Block, Document, Note, Section, table
from eval.report.gathered import Entry, Gathered
from eval.report.groups import failures, groups
from eval.report.manifest import manifest_section
from eval.report.question import question
from eval.report.ragas_page import ragas_section
from eval.report.scores import FINDING, LATENCIES, means
from eval.report.trust_page import other_judgements, trust_section
from eval.report.wording import NOTHING, mean_cells, measure_name, verdict_source

_TOTALS = (
    "AR",
    "reference",
    "correct",
    "people",
    "choice",
    "choice by a guess",
    "groundedness",
    "declined (answerable)",
    "declined (unanswerable)",
    "rightly declined",
    "citations hold",
    "answers with a citation",
)


def lay_out(gathered: Gathered) -> Document:
    """The report in the interface's language."""
    found = means(gathered.entries, gathered)
    sections = [
        manifest_section(gathered),
        _totals(gathered, found),
        _finding(gathered, found),
        trust_section(gathered),
        ragas_section(gathered),
        _groups(gathered),
        _questions(gathered),
        other_judgements(gathered),
    ]
    title = say("Relatório de avaliação", "Evaluation report")
    return Document(title, interface_language(), tuple(section for section in sections if section is not None))


def _totals(gathered: Gathered, found: dict[str, Mean]) -> Section:
    rows = [(measure_name(name), *mean_cells(found[name])) for name in _TOTALS if name in found]
    blocks: list[Block] = [
        table(
            (say("medida", "measure"), say("média", "mean"), say("IC 95 %", "95 % CI"), "n/N"),
            rows,
            say(
                "Médias com intervalo bootstrap de 95 % e cobertura: sobre n das N perguntas a que a medida se aplica.",
                "Means with 95 % bootstrap intervals and coverage: over n of the N questions that the measure is for.",
            ),
        ),
        _verdicts(gathered),
        plots.verdicts(_verdict_counts(gathered)),
        _latency(gathered),
    ]
    if any(_latencies(gathered, key) for key in LATENCIES):
        blocks.append(plots.latency(_latencies(gathered, "total")))
    return Section(say("Totais", "Totals"), tuple(blocks))


def _verdict_counts(gathered: Gathered) -> dict[str, Counter[str]]:
    """Who gave how many of each verdict; what was not judged is counted as ``—``."""
    counts: dict[str, Counter[str]] = {}
    for kind in ("ar", "reference"):
        if kind in gathered.kinds:
            judged = (entry.judgements.get(kind) for entry in gathered.entries)
            counts[verdict_source(kind)] = Counter((one.verdict or NOTHING) if one else NOTHING for one in judged)
    if any(entry.people for entry in gathered.entries):
        counts[verdict_source("people")] = Counter(entry.people or NOTHING for entry in gathered.entries)
    kinds = {one.annotator: one.annotator_kind for one in gathered.annotations}
    for name, mine in gathered.annotators().items():
        if kinds[name] == "program":
            said = [mine[key].verdict if (key := entry.key) in mine else NOTHING for entry in gathered.entries]
            counts[say(f"{name} (programa)", f"{name} (a program)")] = Counter(said)
    return counts


def _verdicts(gathered: Gathered) -> Block:
    shown = (*reversed(ORDER), NOTHING)
    rows = [(who, *(str(counts[verdict]) for verdict in shown)) for who, counts in _verdict_counts(gathered).items()]
    return table(
        (say("vereditos de", "verdicts of"), *shown[:-1], say("sem veredito", "no verdict")),
        rows,
        say("C correta, P parcial, I incorreta; por resposta.", "C correct, P in part, I incorrect; an answer each."),
    )


def _latencies(gathered: Gathered, key: str) -> list[float]:
    timings = [(entry.record or {}).get("timings_ms") or {} for entry in gathered.entries]
    return [float(one[key]) for one in timings if one.get(key) is not None]


def _latency(gathered: Gathered) -> Block:
    rows = []
    for key, name in LATENCIES.items():
        values = sorted(_latencies(gathered, key))
        if values:
            rows.append((measure_name(name), *(f"{_quantile(values, q):.0f}" for q in (0.5, 0.95)), str(len(values))))
    return table((say("tempo", "time"), "p50", "p95", "n"), rows)


def _quantile(values: Sequence[float], q: float) -> float:
    place = q * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def _finding(gathered: Gathered, found: dict[str, Mean]) -> Section | None:
    names = [name for name in FINDING if name in found]
    if not names:
        return None
    rows = [(name, *mean_cells(found[name], 3)) for name in names]
    blocks: list[Block] = [
        table(
            (say("medida", "measure"), say("média", "mean"), say("IC 95 %", "95 % CI"), "n/N"),
            rows,
            say(
                "Só perguntas com trecho de ouro; sem resposta ou sem trecho recuperado vale 0.",
                "Questions with a gold span only; no answer or nothing retrieved counts as 0.",
            ),
        )
    ]
    distances = [score for entry in gathered.entries if (score := _offset(entry)) is not None]
    if distances:
        middle = _quantile(sorted(distances), 0.5)
        blocks.append(
            Note(
                say(
                    f"Do link da primeira referência que cai no ouro ao início do ouro: mediana {middle:.1f} s "
                    f"({len(distances)} respostas).",
                    f"From the link of the first reference inside the gold to the gold's start: median {middle:.1f} s "
                    f"({len(distances)} answers).",
                )
            )
        )
    return Section(say("Recuperação", "Retrieval"), tuple(blocks))


def _offset(entry: Entry) -> float | None:
    offsets = link_offsets_s(entry.record, entry.topic.gold) if entry.record is not None else []
    return offsets[0] if offsets else None


def _groups(gathered: Gathered) -> Section | None:
    blocks: list[Block] = []
    for title, name in ((say("aula", "lecture"), "lecture"), (say("tipo de pergunta", "type of question"), "type")):
        found = groups(gathered, name)
        if len(found) > 1 or (found and NOTHING not in found):
            blocks.append(_group_table(gathered, title, found))
            if name == "lecture" and "ar" in gathered.kinds:
                blocks.append(plots.relevance_by({key: means(entries, gathered) for key, entries in found.items()}))
    counted = failures(gathered)
    if counted:
        rows = [(what, str(n)) for what, n in counted.items()]
        caption = say(
            "Respostas que não são C, a perguntas que as aulas respondem (veredito de pessoas; sem elas, do juiz).",
            "Answers that are not C, to questions that the lectures answer (people's verdict; without it the judge's).",
        )
        blocks.append(table((say("o que falhou", "what failed"), "n"), rows, caption))
    return (
        Section(say("Por aula e tipo, e o que falhou", "By lecture and type, and what failed"), tuple(blocks))
        if blocks
        else None
    )


def _group_table(gathered: Gathered, title: str, found: dict[str, list[Entry]]) -> Block:
    names = ("AR", "correct", "people", "hit@5")
    all_means = {key: means(entries, gathered) for key, entries in found.items()}
    shown = [name for name in names if any(name in one for one in all_means.values())]
    rows = []
    for key, entries in found.items():
        cells = [_brief(all_means[key].get(name)) for name in shown]
        rows.append((key, str(len(entries)), *cells))
    return table((title, "N", *map(measure_name, shown)), rows)


def _brief(mean: Mean | None) -> str:
    if mean is None or not mean.n:
        return NOTHING
    return f"{mean.value:.2f} ({mean.n}/{mean.n_topics})"


def _questions(gathered: Gathered) -> Section:
    return Section(say("Perguntas", "Questions"), tuple(question(entry) for entry in gathered.entries))
