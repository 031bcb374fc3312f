"""`make bench-judge`: how far the judge agrees with people, on answers that people graded.

400 answers of each set of `benchmarks.judge_sets`, split by question: on one half prompts and the yardstick were chosen
(``--fit`` prints what it should be), the other half is what is reported. Published judges stand beside ours where a set
has them. ``--reasoned`` has the model write its reasons first, too, on so many answers. Judgements are kept in the
working folder, and a run goes on after a kill.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import circumstances, made_by, need_shared, working_folder, write_results
from benchmarks.judge_sets import PUBLISHED, SETS, Graded, load
from corpus.language import detect_language
from eval.agreement import confusion, kappa, spearman
from eval.answers import AnswerFile, Recorded
from eval.judging.judge import Judge
from eval.judging.judgements import TOP_SCORE, Judgement
from eval.judging.recorded import judge_answers
from eval.judging.weighing import Compared, Weighed, words_found
from rag.config import LLMSettings
from rag.llm import open_llm

_RESAMPLES = 2_000
_SEED = 7
# Fit on these; the other sets have other scales.
_FITTED_ON = "pt-asag-2018"
_RIDGE = 10.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge, compare, write the results."""
    options = _options(arguments)
    need_shared("bench-judge")
    llm = open_llm(LLMSettings(spec=options.judge))
    assert llm is not None, "a judge is named"
    judge = Judge(llm)
    results = circumstances("make bench-judge") | {"judge": judge.name, "weighs": judge.weighs, "sets": {}}
    with working_folder(options.work) as work:
        if options.fit:
            sample = [one for one in load(_FITTED_ON) if one.part == "development"]
            print(json.dumps(fitted(sample, _judged(judge, sample, work / "fit.jsonl")), indent=1))
            return
        # What is reported comes first: a run that is cut short has that.
        for part, name in itertools.product(options.parts, options.sets):
            graded = [one for one in load(name) if one.part == part]
            found = _judged(judge, graded, work / f"{name}.jsonl")
            entry = results["sets"].setdefault(name, {})
            entry[part] = figures(name, graded, found)
            if options.reasoned and (part, name) == ("report", _FITTED_ON):
                some = graded[: options.reasoned]
                wordy = Judge(llm, weighs=False)
                entry["reasons first"] = figures(name, some, _judged(wordy, some, work / f"{name}-reasoned.jsonl"))
                entry["the same answers"] = figures(name, some, found)
            print(json.dumps({name: entry[part]}, ensure_ascii=False), flush=True)
    if set(options.sets) == set(SETS):
        write_results("judge", results, table(results))


def _judged(judge: Judge, graded: Sequence[Graded], path: Path) -> dict[str, Judgement]:
    # Answers to one question follow each other: the server reads question and reference once.
    graded = sorted(graded, key=lambda one: (one.topic.question, one.topic.topic_id))
    recorded = tuple(Recorded(json.dumps(one.record), one.record) for one in graded)
    answers = AnswerFile(path, recorded)
    topics = [one.topic for one in graded]

    def report(done: int, of: int) -> None:
        if done % 20 == 0:
            print(f"{path.stem}: {done}/{of}", flush=True)

    judging = judge_answers(judge, answers, topics, path, kinds=("reference",), report=report)
    return {one.topic_id: one for one in judging.judgements}


def figures(name: str, graded: Sequence[Graded], found: Mapping[str, Judgement]) -> dict[str, Any]:
    """Agreement of the judge's scores with people's, and of published judges' where there are any."""
    read = [(one, found[one.topic.topic_id]) for one in graded]
    scored = [(one, judgement) for one, judgement in read if judgement.score is not None]
    people = np.array([one.people for one, _ in scored])
    scores = np.array([judgement.score for _, judgement in scored])
    result: dict[str, Any] = {
        "coverage": [len(scored), len(read)],
        "without a score": dict(Counter(j.cause for _, j in read if j.score is None)),
        "questions": len({one.topic.question for one, _ in scored}),
        "s an answer": round(sum(j.judge_ms for _, j in read) / 1000 / len(read), 2),
        "Spearman": _with_interval(lambda a, b: spearman(confusion(_pairs(a, b), 10)), people, scores),
    }
    if name == _FITTED_ON:
        for weighting in ("none", "linear", "quadratic"):
            result[f"kappa ({weighting})"] = _with_interval(
                lambda a, b, w=weighting: kappa(confusion(_pairs(a, b), TOP_SCORE + 1), w), people, scores
            )
        result["exact"] = round(float((people == scores).mean()), 3)
        result["kappa (quadratic) by question"] = _by_question(scored)
        return result
    right = people >= (1 if name == "openqa-eval-en" else 4)
    result["right, by people"] = round(float(right.mean()), 3)
    for label, least in (("C", 3), ("C or P", 2)):
        result[f"{label} as right"] = _binary(right, scores >= least)
    for judge in PUBLISHED:
        both = [
            (bool(r), one.published[judge]) for r, (one, _) in zip(right, scored, strict=True) if judge in one.published
        ]
        if both:
            result[judge] = _binary(*(np.array(side) for side in zip(*both, strict=True)))
    return result


def _binary(right: NDArray[np.bool_], said: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "n": len(right),
        "accuracy": _with_interval(lambda a, b: float((a == b).mean()), right, said),
        "kappa": _with_interval(lambda a, b: kappa(confusion(_pairs(a, b), 2)), right, said),
    }


def _by_question(scored: Sequence[tuple[Graded, Judgement]]) -> dict[str, Any]:
    groups: dict[str, list[tuple[int, int]]] = {}
    for one, judgement in scored:
        groups.setdefault(one.topic.topic_id.split("-")[0], []).append((int(one.people), int(judgement.score or 0)))
    return {
        question: [
            None if (k := kappa(confusion(np.array(pairs), TOP_SCORE + 1), "quadratic")) is None else round(k, 2),
            len(pairs),
        ]
        for question, pairs in sorted(groups.items())
    }


def _pairs(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.int64]:
    return np.stack([first, second], axis=1).astype(np.int64)


Measure = Callable[[NDArray[Any], NDArray[Any]], float | None]


def _with_interval(measure: Measure, first: NDArray[Any], second: NDArray[Any]) -> list[float | None]:
    """The measure and its 95 % bootstrap interval over answers."""
    value = measure(first, second)
    if value is None:
        return [None, None, None]
    drawn = np.random.default_rng(_SEED).integers(0, len(first), size=(_RESAMPLES, len(first)))
    values = [found for rows in drawn if (found := measure(first[rows], second[rows])) is not None]
    low, high = np.quantile(values, (0.025, 0.975))
    return [round(float(x), 3) for x in (value, low, high)]


def fitted(graded: Sequence[Graded], found: Mapping[str, Judgement]) -> dict[str, Any]:
    """The yardstick for these answers, and what one fitted without a question's answers makes of them."""
    kept = [one for one in graded if found[one.topic.topic_id].score is not None]
    seen = np.array([_seen(one, found[one.topic.topic_id]) for one in kept])
    people = np.array([one.people for one in kept]).astype(np.int64)
    questions = np.array([one.topic.question for one in kept])
    held_out = np.zeros(len(kept), dtype=np.int64)
    for question in sorted(set(questions)):
        mine = questions == question
        weights, cuts = _fit(seen[~mine], people[~mine])
        held_out[mine] = _cut(seen[mine] @ weights[1:] + weights[0], cuts)
    weights, cuts = _fit(seen, people)
    return {
        "yardstick": [round(float(x), 3) for x in (*weights, *cuts)],
        "kappa (quadratic), questions left out": kappa(confusion(_pairs(people, held_out), 4), "quadratic"),
        "n": len(kept),
    }


def _seen(one: Graded, judgement: Judgement) -> tuple[float, float]:
    shares = json.loads(judgement.raw or "{}")
    compared = Compared(
        one.topic.question, one.topic.reference_answer or "", one.record["answer"], detect_language(one.topic.question)
    )
    weighed = Weighed((shares["I"], shares["P"], shares["C"]), words_found(compared))
    return weighed.expected, weighed.words.coverage


def _fit(seen: NDArray[np.float64], people: NDArray[np.int64]) -> tuple[NDArray[np.float64], tuple[float, ...]]:
    """Ridge regression on standardised columns, then the cuts."""
    middle, spread = seen.mean(axis=0), seen.std(axis=0)
    rows = np.column_stack([np.ones(len(seen)), (seen - middle) / spread])
    weights = np.linalg.solve(rows.T @ rows + _RIDGE * np.diag([0.0, 1.0, 1.0]), rows.T @ people)
    slopes = weights[1:] / spread
    weights = np.array([weights[0] - float(slopes @ middle), *slopes])
    measured = weights[0] + seen @ weights[1:]
    # So many get each score as people gave it.
    return weights, tuple(float(np.quantile(measured, (people < score).mean())) for score in range(1, TOP_SCORE + 1))


def _cut(measured: NDArray[np.float64], cuts: Sequence[float]) -> NDArray[np.int64]:
    return (measured[:, None] >= np.array(cuts)[None]).sum(axis=1)


def table(results: Mapping[str, Any]) -> str:
    """The README's table: a row a set and judge, on the part that had no say."""
    rows = [
        "| graded by people, held back | judge | κ (quadratic; of right or not) | exact | Spearman | s an answer |",
        "|---|---|---|---|---|---|",
    ]
    for name, entry in results["sets"].items():
        parts = [(label, f) for label, f in entry.items() if label != "development"]
        for label, f in parts:
            judge = "ours" if label == "report" else f"ours, {label}"
            n = f"{name}, n={f['coverage'][0]} of {f['coverage'][1]}"
            if "kappa (quadratic)" in f:
                rows.append(_row(n, judge, f["kappa (quadratic)"], f"{f['exact']:.2f}", f))
                continue
            rows += [
                _row(n, f"{judge}, {rule}", f[rule]["kappa"], _interval(f[rule]["accuracy"]), f)
                for rule in ("C as right", "C or P as right")
            ]
            rows += [
                f"| {name}, n={f[other]['n']} | {other} (published) | {_interval(f[other]['kappa'])} "
                f"| {_interval(f[other]['accuracy'])} | – | – |"
                for other in PUBLISHED
                if other in f
            ]
    return "\n".join(rows) + (
        f"\n\n{made_by(results)}; 95 % bootstrap intervals over answers. Ours: {results['judge']}, weighed.\n"
    )


def _row(name: str, judge: str, agreed: Sequence[float], exact: str, f: Mapping[str, Any]) -> str:
    return f"| {name} | {judge} | {_interval(agreed)} | {exact} | {_interval(f['Spearman'])} | {f['s an answer']} |"


def _interval(estimate: Sequence[float | None]) -> str:
    if estimate[0] is None:
        return "–"
    return f"{estimate[0]:.2f} [{estimate[1]:.2f}, {estimate[2]:.2f}]"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="keep judgements here")
    parser.add_argument("--sets", nargs="+", choices=tuple(SETS), default=list(SETS))
    parser.add_argument("--parts", nargs="+", choices=("report", "development"), default=["report", "development"])
    parser.add_argument("--judge", default="embedded", help="SPEC of the model that judges")
    parser.add_argument("--reasoned", type=int, default=0, metavar="N", help="also with reasons first, on N answers")
    parser.add_argument("--fit", action="store_true", help="print the yardstick that the development part makes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
