"""How far the judge may be trusted: against people, against programs that are called programs, against itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from eval.agreement import Agreement, agree
from eval.annotations import Annotation, consensus
from eval.grading import Verdict
from eval.judging.judgements import KINDS, Kind
from eval.report.gathered import Gathered
from eval.significance import Corrected, corrected_mean

Between = Literal["judge and people", "judge and program", "people", "people and program", "programs", "judge again"]
# A verdict as a share of the whole, for means.
WORTH: Mapping[Verdict, float] = {"C": 1.0, "P": 0.5, "I": 0.0}
_VERDICT_KINDS: tuple[Kind, ...] = ("ar", "reference")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two who gave verdicts on the same answers; ``first`` are the rows of the table."""

    between: Between
    first: str
    second: str
    agreement: Agreement


def compared(gathered: Gathered) -> list[Compared]:
    """Every pair worth comparing: the judge with people, then what is only a program's, then people, then itself."""
    people = consensus(gathered.annotations)
    judges = {kind: gathered.verdicts(kind) for kind in _VERDICT_KINDS if gathered.verdicts(kind)}
    found = [
        _pair("judge and people", f"{gathered.judge} ({kind})", "people", judged, people)
        for kind, judged in judges.items()
        if people
    ]
    persons, programs = (_verdicts(gathered.annotators(kind)) for kind in ("person", "program"))
    for name, verdicts in programs.items():
        found += [
            _pair("judge and program", f"{gathered.judge} ({kind})", name, judged, verdicts)
            for kind, judged in judges.items()
        ]
        if people:
            found.append(_pair("people and program", "people", name, people, verdicts))
    found += [_pair("people", *names, *(persons[name] for name in names)) for names in combinations(persons, 2)]
    found += [_pair("programs", *names, *(programs[name] for name in names)) for names in combinations(programs, 2)]
    return found + _again(gathered)


def corrected(gathered: Gathered) -> list[tuple[str, Corrected]]:
    """The judge's mean corrected by what people checked, by kind; and by each program, which is named.

    Both give C one point, P half, I none, so that they speak of the same thing.
    """
    by = {"people": consensus(gathered.annotations)} | _verdicts(gathered.annotators("program"))
    found = []
    for kind in _VERDICT_KINDS:
        judged = _worth(gathered.verdicts(kind))
        found += [
            (f"{kind}, {name}", corrected_mean(judged, _worth(verdicts)))
            for name, verdicts in by.items()
            if judged and judged.keys() & verdicts.keys()
        ]
    return found


def _again(gathered: Gathered) -> list[Compared]:
    found = []
    for number, run in enumerate(gathered.repeats, start=2):
        for kind in KINDS:
            first = gathered.verdicts(kind)
            again = {one.answer_sha256: one.verdict for one in run if one.kind == kind and one.verdict is not None}
            if first and again:
                name = f"{gathered.judge} ({kind})"
                found.append(_pair("judge again", name, f"{name}, {number}", first, again))
    return found


def _verdicts(annotators: Mapping[str, Mapping[str, Annotation]]) -> dict[str, dict[str, Verdict]]:
    return {name: {key: one.verdict for key, one in mine.items()} for name, mine in annotators.items()}


def _worth(verdicts: Mapping[str, Verdict]) -> dict[str, float]:
    return {key: WORTH[verdict] for key, verdict in verdicts.items()}


def _pair(
    between: Between, first: str, second: str, one: Mapping[str, Verdict], other: Mapping[str, Verdict]
) -> Compared:
    return Compared(between, first, second, agree(one, other))
