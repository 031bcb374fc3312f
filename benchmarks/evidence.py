"""`python -m benchmarks.evidence`: fits the probability that the lectures answer, and reports it on sets left out.

Unanswerable are the questions that somebody wrote so, and answerable ones whose gold lectures are left out of the
search (another lecture may answer some of them all the same: the figures are a lower bound). Each set and each side
of it weighs alike. Writes `results/evidence.json`; the weights go into `rag.evidence` by hand.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.courses import SETTINGS, Courses
from benchmarks.environment import RESULTS, circumstances, need_shared, working_folder
from benchmarks.records import BenchSet
from benchmarks.sets import TOPIC_FILES, make_sets
from eval.topics import read_topics
from rag.encoder import open_encoder
from rag.evidence import Signals, signals
from rag.index import Filters
from rag.retriever import SegmentRetriever

SETS = ("lectures", "sample", "hf-en", "faquad", "pira-pt", "pira-en")
_EVERY = {"faquad": 5}
_CAUGHT = 0.85


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what retrieval saw; ``asked`` is false where its gold was left out of the search."""

    bench_set: str
    answerable: bool
    asked: bool
    seen: Signals


def cases(bench_set: BenchSet, retriever: SegmentRetriever, unanswerable: Sequence[str]) -> list[Case]:
    """Each question as asked and with its gold lectures left out, and the questions that nothing answers."""
    every = set(retriever.index.lectures)
    found: list[Case] = []

    def look(question: str, filters: Filters | None, *, answerable: bool) -> None:
        candidates = retriever.candidates(question, k=10, filters=filters)
        seen = None if candidates is None else signals(retriever.index, question, candidates)
        if seen is not None:
            found.append(Case(bench_set.name, answerable, filters is None, seen))

    for question in bench_set.questions[:: _EVERY.get(bench_set.name, 1)]:
        if question.gold:
            others = every - {span.lecture_id for span in question.gold}
            look(question.question, None, answerable=True)
            look(question.question, Filters(lectures=tuple(sorted(others))), answerable=False)
    for text in unanswerable:
        look(text, None, answerable=False)
    return found


def fit(train: Sequence[Case]) -> LogisticRegression:
    """Logistic regression over the signals of the cases."""
    return balanced(_matrix(train), [(case.bench_set, case.answerable) for case in train])


def balanced(seen: NDArray[np.float64], groups: Sequence[tuple[str, bool]]) -> LogisticRegression:
    """Logistic regression of signals ``(n, n_signals)``; ``groups`` are each case's set and whether it is answerable.

    Each set's answerable and unanswerable questions weigh alike.
    """
    weights = np.array([len(groups) / groups.count(group) for group in groups])
    model = LogisticRegression(C=1.0)
    model.fit(seen, [answerable for _, answerable in groups], sample_weight=weights / weights.mean())
    return model


def measured(model: LogisticRegression, held_out: Sequence[Case]) -> dict[str, float]:
    """AUROC, and the share of answerable questions refused where 85 % of the unanswerable ones are caught."""
    answerable = np.array([case.answerable for case in held_out])
    probability = model.predict_proba(_matrix(held_out))[:, 1]
    threshold = np.quantile(probability[~answerable], _CAUGHT)
    return {
        "n_answerable": int(answerable.sum()),
        "n_unanswerable": int((~answerable).sum()),
        "AUROC": float(roc_auc_score(answerable, probability)),
        "false refusals at 85 % caught": float((probability[answerable] <= threshold).mean()),
    }


def _matrix(some: Sequence[Case]) -> NDArray[np.float64]:
    return np.array([astuple(case.seen) for case in some], dtype=np.float64)


def main(arguments: Sequence[str] | None = None) -> None:
    """Collect, fit, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="keep the indexes here")
    options = parser.parse_args(arguments)
    need_shared("this")
    encoder = open_encoder(source=SETTINGS.encoder.source, runtime=SETTINGS.encoder.runtime)
    collected: list[Case] = []
    with working_folder(options.work) as place:
        courses = Courses(place, encoder)
        for bench_set in make_sets(SETS, place):
            file = TOPIC_FILES.get(bench_set.name)
            nothing = [] if file is None else [topic.question for topic in read_topics(file) if not topic.gold]
            collected += cases(bench_set, SegmentRetriever(courses.open(bench_set).index, encoder), nothing)
    results: dict[str, Any] = circumstances("python -m benchmarks.evidence") | {"held_out": {}}
    for name in SETS:
        model = fit([case for case in collected if case.bench_set != name])
        held_out = [case for case in collected if case.bench_set == name]
        results["held_out"][name] = measured(model, held_out)
        asked = [case for case in held_out if case.asked]
        if not all(case.answerable for case in asked):
            results["held_out"][f"{name}, as asked"] = measured(model, asked)
    model = fit(collected)
    names = list(asdict(collected[0].seen))
    results["weights"] = dict(zip(names, model.coef_[0].round(3).tolist(), strict=True))
    results["intercept"] = round(float(model.intercept_[0]), 3)
    (RESULTS / "evidence.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({k: results[k] for k in ("held_out", "weights", "intercept")}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
