"""The pages on how far the judge may be trusted, and what it said beside relevance."""

from __future__ import annotations

from corpus.language import how_many, say
from eval.agreement import Agreement
from eval.grading import ORDER
from eval.judging.judgements import Kind
from eval.report import plots
from eval.report.document import Block, Note, Section, table
from eval.report.figures import few, figure, interval, is_few
from eval.report.gathered import Gathered
from eval.report.question import reasons
from eval.report.trust import Between, Compared, compared, corrected
from eval.report.wording import NOTHING, estimate_text, one_line, program_name, verdict_source
from eval.significance import Corrected

_BESIDE: tuple[Kind, ...] = ("reference", "groundedness")


def trust_section(gathered: Gathered) -> Section | None:
    """Who agrees with whom, with intervals; and the mean corrected by what was checked."""
    pairs = compared(gathered)
    blocks: list[Block] = []
    if pairs and not any(pair.between in ("judge and people", "people") for pair in pairs):
        blocks.append(
            Note(
                say(
                    "Nenhuma pessoa anotou estas respostas. O que segue compara programas e não substitui pessoas.",
                    "No person annotated these answers. What follows compares programs and does not stand for people.",
                )
            )
        )
    blocks += [Note(line) for line in seen_lines(gathered)]
    for pair in pairs:
        blocks += _pair_blocks(pair)
    blocks += _corrected(gathered)
    if not blocks:
        return None
    return Section(say("Até onde confiar no juiz", "How far to trust the judge"), tuple(blocks))


def agreement_lines(gathered: Gathered) -> list[str]:
    """The agreement section as plain lines, for a terminal."""
    lines = seen_lines(gathered)
    for pair in compared(gathered):
        agreement = pair.agreement
        lines.append(
            f"{_between(pair.between)}: {_who(pair.first)} × {_who(pair.second)}  n={agreement.n}/{agreement.n_items}"
        )
        lines += [f"  {name:18} {estimate_text(estimate)}" for name, estimate in agreement.measures.items()]
        if is_few(agreement.n):
            lines.append(f"  {few()}")
        lines += [
            "  " + f"{row} | " + "  ".join(f"{column} {agreement.table[row][column]:3}" for column in reversed(ORDER))
            for row in reversed(ORDER)
        ]
    return lines


def seen_lines(gathered: Gathered) -> list[str]:
    """How many annotations were not blind, a line an annotator; none of those whose were."""
    lines = []
    for name, mine in gathered.annotators().items():
        seen = sum(not one.blind for one in mine.values())
        if seen:
            of_pt = how_many(len(mine), "anotação feita", "anotações feitas")
            of_en = how_many(len(mine), "annotation", "annotations")
            told = say(
                f"{seen} de {of_pt} depois de ver o que o juiz ou outras pessoas dizem, e não às cegas.",
                f"{seen} of {of_en} made after seeing what the judge or others say, and not blind.",
            )
            lines.append(f"{name}: {told}")
    return lines


def _who(name: str) -> str:
    """Who gave verdicts; people together are the only ones without a name of their own."""
    return say("pessoas", "people") if name == "people" else name


def _between(between: Between) -> str:
    return {
        "judge and people": say("juiz e pessoas", "judge and people"),
        "judge and program": say("juiz e um programa", "judge and a program"),
        "people": say("pessoas entre si", "people among themselves"),
        "people and program": say("pessoas e um programa", "people and a program"),
        "programs": say("programas entre si", "programs among themselves"),
        "judge again": say("o juiz de novo", "the judge again"),
    }[between]


def _pair_blocks(pair: Compared) -> list[Block]:
    agreement: Agreement = pair.agreement
    order = list(reversed(ORDER))
    first, second = _who(pair.first), _who(pair.second)
    caption = (
        f"{_between(pair.between)}: {first} ({say('linhas', 'rows')}) × {second} "
        f"({say('colunas', 'columns')}), n = {agreement.n} {say('de', 'of')} {agreement.n_items}"
    )
    rows = [(row, *(str(agreement.table[row][column]) for column in order)) for row in order]
    measures = [(_measure(name), estimate_text(one)) for name, one in agreement.measures.items()]
    return [
        table(("", *order), rows, caption),
        plots.confusion(agreement, first, second),
        table(
            (say("concordância", "agreement"), say("valor, IC 95 %", "value, 95 % CI")),
            measures,
            few() if is_few(agreement.n) else "",
        ),
    ]


def _measure(name: str) -> str:
    return {
        "exact": say("vereditos iguais", "verdicts alike"),
        "kappa (none)": "κ",
        "kappa (linear)": say("κ, pesos lineares", "κ, linear weights"),
        "kappa (quadratic)": say("κ, pesos quadráticos", "κ, quadratic weights"),
        "AC2 (none)": "Gwet AC1",
        "AC2 (linear)": say("Gwet AC2, pesos lineares", "Gwet AC2, linear weights"),
        "AC2 (quadratic)": say("Gwet AC2, pesos quadráticos", "Gwet AC2, quadratic weights"),
        "Spearman": "Spearman ρ",
        "Kendall": "Kendall τ-b",
    }[name]


def _corrected(gathered: Gathered) -> list[Block]:
    rows = []
    found = corrected(gathered)
    for name, one in found:
        kind, who = name.split(", ", maxsplit=1)
        rows.append(
            (
                f"{kind}, {_who(who)}",
                f"{figure(one.judged)} ({one.n_judged})",
                f"{figure(one.checked)} ({one.n_checked})",
                _corrected_text(one),
                figure(one.trust),
            )
        )
    if not rows:
        return []
    header = (
        say("média de", "mean of"),
        say("juiz (n)", "judge (n)"),
        say("quem anotou (n)", "annotated (n)"),
        say("corrigida, IC 95 %", "corrected, 95 % CI"),
        say("peso do juiz", "weight of the judge"),
    )
    caption = say(
        "Média do juiz corrigida pela parte anotada (inferência movida a predição; C vale 1, P ½, I 0). Vale se a "
        "parte anotada é amostra justa do todo.",
        "The judge's mean corrected by the annotated part (prediction-powered inference; C is 1, P ½, I 0). It holds "
        "if the annotated part is a fair sample of the whole.",
    )
    if any(is_few(one.n_checked) for _, one in found):
        caption = f"{caption} {few()}"
    return [table(header, rows, caption)]


def _corrected_text(one: Corrected) -> str:
    if one.value is None or one.low is None or one.high is None:
        return NOTHING
    return f"{figure(one.value)} {interval(one.low, one.high, one.n_checked)}"


def other_judgements(gathered: Gathered) -> Section | None:
    """What the judge said against the reference and of the citations, and what programs annotated."""
    kinds = [kind for kind in _BESIDE if kind in gathered.kinds]
    annotators = gathered.annotators("program")
    if not kinds and not annotators:
        return None
    rows = []
    for entry in gathered.entries:
        for kind in kinds:
            judgement = entry.judgements.get(kind)
            if judgement is not None:
                rows.append((entry.number, verdict_source(kind), judgement.verdict or NOTHING, reasons(judgement)))
        for name, mine in annotators.items():
            said = mine.get(entry.key or "")
            if said is not None:
                rows.append((entry.number, program_name(name), said.verdict, one_line(said.note) or NOTHING))
    header = (say("pergunta", "question"), say("quem", "who"), say("veredito", "verdict"), say("razões", "reasons"))
    return Section(say("Outros julgamentos", "Other judgements"), (table(header, rows),))
