"""Answers graded blind by reading: a form that shows question, reference and answer alone, and the grades read back.

Who wrote an answer, from what and how is not in the form; items come in an order that the seed decides.
"""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from eval.topics import Topic
from rag.errors import UsageError

Verdict = Literal["C", "P", "I"]
ORDER: tuple[Verdict, ...] = ("I", "P", "C")  # from worst to best
_COLUMNS = ("item", "question", "reference_answer", "answer", "verdict", "wrong_claim", "note")
_UNANSWERED = "(as aulas não respondem / the lectures do not answer this)"


@dataclass(frozen=True, slots=True)
class Grade:
    """One reader's grade of one answer.

    Attributes:
        verdict: C, P or I. Where the lectures do not answer: C declines, P shows quotes and claims nothing, I answers.
        wrong_claim: it says as the lectures' what is wrong.
    """

    verdict: Verdict
    wrong_claim: bool
    note: str = ""


def answer_sha256(record: Mapping[str, Any]) -> str:
    """What an answer is known by: the SHA-256 of its topic and text."""
    return hashlib.sha256(f"{record['topic_id']}\0{record['answer']}".encode()).hexdigest()


def write_form(path: Path, topics: Sequence[Topic], answers: Sequence[Mapping[str, Any]], seed: int = 7) -> None:
    """Write the form (CSV, one row an answer) for a reader to fill in the last three columns."""
    by_id = {topic.topic_id: topic for topic in topics}
    rows = []
    for record in answers:
        topic = by_id[str(record["topic_id"])]
        reference = topic.reference_answer if topic.answerable else _UNANSWERED
        rows.append((answer_sha256(record)[:12], topic.question, reference or "", record["answer"], "", "", ""))
    rows.sort()
    random.Random(seed).shuffle(rows)  # noqa: S311 (an order, not a secret)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([_COLUMNS, *rows])


def read_grades(path: Path) -> dict[str, Grade]:
    """The grades of a filled form by item; rows without a verdict are left out.

    Raises:
        UsageError: no such file, no such columns, or a verdict that is not C, P or I; names file and line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            pt=f"as notas em {path} não puderam ser lidas ({error}); dê um CSV como o do formulário",
            en=f"the grades in {path} could not be read ({error}); give a CSV such as the form",
        ) from error
    grades: dict[str, Grade] = {}
    for number, row in enumerate(rows, start=2):
        verdict = (row.get("verdict") or "").strip().upper()
        if row.get("item") is None or verdict not in ("", "C", "P", "I"):
            raise UsageError(
                pt=f"{path}:{number}: o veredito {row.get('verdict')!r} não serve; use C, P ou I",
                en=f"{path}:{number}: the verdict {row.get('verdict')!r} will not do; use C, P or I",
            )
        if verdict:
            wrong = (row.get("wrong_claim") or "").strip().lower() in ("1", "y", "yes", "s", "sim", "true", "x")
            grades[row["item"]] = Grade(cast(Verdict, verdict), wrong, (row.get("note") or "").strip())
    return grades
