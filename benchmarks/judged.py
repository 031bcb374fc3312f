"""What the judge says of a benchmark's answers, and how far it agrees with those who graded them by reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.agreement import agree
from eval.answers import read_answers
from eval.grading import Verdict, answer_sha256, read_grades
from eval.judging.judge import Judge
from eval.judging.recorded import judge_answers
from eval.topics import Topic


def judged(judge: Judge, answers: Path, topics: Sequence[Topic], forms: Sequence[Path]) -> dict[str, Any]:
    """The reference-based verdicts of the answers, beside the filled forms; kept next to the answers.

    What no model was asked (the lectures do not answer, and the answer says so or does not) is counted apart.
    """
    kept = answers.with_name(f"judgements-{answers.stem}.jsonl")
    file = read_answers(answers)
    found = judge_answers(judge, file, topics, kept, kinds=("reference",)).judgements
    by_model = [one for one in found if one.prompt_sha256]
    verdicts = {one.topic_id: one.verdict for one in by_model if one.verdict}
    keys = {one.topic_id: answer_sha256(one.record)[:12] for one in file.recorded}
    figures: dict[str, Any] = {
        "judge": judge.name,
        "verdicts": dict(Counter(verdicts.values())),
        "coverage": [len(verdicts), len(by_model)],
        "without a reading": dict(Counter(one.cause or "?" for one in by_model if one.score is None)),
        "s an answer": round(sum(one.judge_ms for one in by_model) / 1000 / max(1, len(by_model)), 1),
    }
    for form in forms:
        grades = read_grades(form)
        pairs = [(grades[keys[t]].verdict, verdict) for t, verdict in verdicts.items() if keys[t] in grades]
        if 2 * len(pairs) > len(verdicts):
            figures[f"agreement with {form.stem}"] = agreement(pairs)
    return figures


def agreement(pairs: Sequence[tuple[Verdict, Verdict]]) -> dict[str, Any]:
    """Of pairs of verdicts (the reader's, the judge's): how many are alike, kappa weighted by squares, the table.

    >>> agreement([("C", "C"), ("I", "P"), ("I", "I")])["alike"]
    [2, 3]
    """
    found = agree(*({str(n): pair[side] for n, pair in enumerate(pairs)} for side in (0, 1)))
    kappa = found.measures["kappa (quadratic)"].value
    return {
        "alike": [sum(read == said for read, said in pairs), len(pairs)],
        "kappa, quadratic": None if kappa is None else round(kappa, 2),
        "read, judged as": found.table,
    }
