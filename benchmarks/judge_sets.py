"""Answers that people graded, as topics and answers that a judge can be asked about: the sets of `make bench-judge`.

Fixed samples, split by question: one part for choosing prompts and cut points, one for reporting. Read from ../shared,
never copied.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.environment import ROOT
from eval.topics import Topic

Part = Literal["development", "report"]
DATA = ROOT.parent / "shared" / "data"
PER_PART = 200
PUBLISHED = ("text-davinci-003", "gpt-4", "BEM")


@dataclass(frozen=True, slots=True)
class Graded:
    """One answer, what people gave it on the set's own scale, and what published judges said (right or not)."""

    topic: Topic
    record: Mapping[str, Any]
    people: float
    part: Part
    published: Mapping[str, bool] = field(default_factory=dict)


def load(name: str) -> list[Graded]:
    """The sample of one of `SETS`: 200 answers a part, or as many as there are, in an order that a hash decides."""
    every = sorted(SETS[name](), key=lambda one: hashlib.sha256(one.topic.topic_id.encode()).hexdigest())
    parts: tuple[Part, Part] = ("development", "report")
    return [one for part in parts for one in [g for g in every if g.part == part][:PER_PART]]


def _part(number: int) -> Part:
    return "report" if number % 2 else "development"


def _graded(identity: str, question: str, reference: str, answer: str, people: float, part: Part) -> Graded:
    record = {"id": identity, "question": question, "reference_answer": reference}
    topic = Topic(identity, question, None, reference, (), record=record)
    return Graded(topic, {"topic_id": identity, "question": question, "answer": answer}, people, part)


def _pt_asag() -> Iterator[Graded]:
    """Pupils' answers to eleven questions of school biology, 0 to 3; odd question numbers are the report's."""
    folder = DATA / "pt-asag-2018"
    questions = {row["question_id"]: row["question_text"] for row in _rows(folder / "questions.csv")}
    references: dict[str, list[str]] = {}
    for row in _rows(folder / "reference_answers.csv"):
        references.setdefault(row["question_id"], []).append(" ".join(row["refans_text"].split()))
    for number, row in enumerate(_rows(folder / "student_answers_and_grades.csv")):
        question = row["question_id"]
        if row["answer_text"].strip():
            yield _graded(
                f"{question}-{number}",
                questions[question],
                " | ".join(references[question]),
                row["answer_text"],
                float(row["grade"]),
                _part(int(question)),
            )


def _openqa() -> Iterator[Graded]:
    """Systems' answers to short English questions, right (1) or not (0); odd question numbers are the report's."""
    folder = DATA / "openqa-eval-en" / "data"
    told = {name: _rows(folder / f"NQ301_{name}.tsv", "\t") for name in PUBLISHED}
    golds = {_asked(row): row["Gold answers"] for row in told["BEM"]}
    said = {name: {_asked(row): _says_yes(name, row) for row in rows} for name, rows in told.items()}
    for number, row in enumerate(_rows(folder / "NQ301_human.tsv", "\t")):
        key = _asked(row)
        if key in golds and row["Acceptable?"] in ("Yes", "No"):
            question, answer = row["Question"].strip(), row["Model answer"].strip()
            people = float(row["Acceptable?"] == "Yes")
            one = _graded(f"nq-{number}", question, golds[key], answer, people, _part(int(row["id"])))
            yield replace(one, published={name: found[key] for name, found in said.items() if key in found})


def _asked(row: Mapping[str, str]) -> str:
    """Question and answer run together, as one of the files has them: it lacks the tab between the two."""
    glued = row["Question"].strip()
    return glued if _lacks_a_tab(row) else glued + row["Model answer"].strip()


def _lacks_a_tab(row: Mapping[str, str]) -> bool:
    return any(value is None for value in row.values())


def _says_yes(name: str, row: Mapping[str, str]) -> bool:
    if name != "BEM":
        return row["Acceptable?" if _lacks_a_tab(row) else name].strip().lower().startswith("yes")
    pairs = [tuple(map(float, pair.split(","))) for pair in row["BEM probs per gold answer"].strip("[]").split("], [")]
    return max(right for _, right in pairs) > 0.5


def _pira() -> Iterator[Graded]:
    """A second person's answer beside the first one's, 1 to 5 how equivalent; odd rows are the report's."""
    for number, row in enumerate(_rows(DATA / "pira-pt-en" / "Data" / "validation.csv")):
        for language in ("pt", "en"):
            origin, validate = (row[f"answer_{language}_{who}"].strip() for who in ("origin", "validate"))
            if row["answer_equivalent"] and origin and validate:
                question = row[f"question_{language}_origin"]
                people = float(row["answer_equivalent"])
                yield _graded(f"pira-{number}-{language}", question, origin, validate, people, _part(number))


def _rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


SETS = {"pt-asag-2018": _pt_asag, "openqa-eval-en": _openqa, "pira-pt-en": _pira}
