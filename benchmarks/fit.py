"""`make fit`: the weights of the fusion, chosen on some questions and reported on others. Writes `results/fit.json`.

A grid of weights is scored on every question once; choosing is then a look-up. Chosen is what has the best mean of
the sets' MRR@10, each set counting alike, so that no set is what the defaults are fitted to. Reported are questions
that had no say: the lectures' halves that BENCHMARKS.md names, each lecture left out in turn, each set left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.courses import SETTINGS, Courses
from benchmarks.environment import RESULTS, circumstances, need_shared, working_folder
from benchmarks.records import BenchSet
from benchmarks.sets import make_sets
from eval.measures import bootstrap_mean, hit_at, is_relevant, reciprocal_rank
from rag.candidates import combine
from rag.config import RetrievalSettings
from rag.encoder import open_encoder
from rag.fusion import order
from rag.index import CourseIndex
from rag.retriever import SegmentRetriever

SETS = ("lectures", "sample", "hf-en", "hf-pt-en", "faquad", "pira-pt", "pira-en", "pira-pt-en")
GRID = {
    "window_weight": (0.0, 0.15, 0.3, 0.5),
    "lexical_weight": (0.0, 0.15, 0.3, 0.45, 0.6, 0.8),
    "dense_weight": (0.0, 0.15, 0.3),
    "neighbour_weight": (0.0, 0.15, 0.3, 0.45),
}
# FaQuAD has as many questions as all other sets together; every third of them does.
_EVERY = {"faquad": 3}


@dataclass(frozen=True, slots=True)
class Scored:
    """A set's questions under every weighting: ``(n_weightings, n_questions)`` each, and each question's lecture."""

    reciprocal: NDArray[np.float64]
    hit_5: NDArray[np.float64]
    lectures: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Score the grid, choose and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="keep the indexes here")
    options = parser.parse_args(arguments)
    need_shared("make fit")
    weightings = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    settings = [RetrievalSettings.model_validate(weights) for weights in weightings]
    encoder = open_encoder(source=SETTINGS.encoder.source, runtime=SETTINGS.encoder.runtime)
    scored: dict[str, Scored] = {}
    with working_folder(options.work) as place:
        courses = Courses(place, encoder)
        for bench_set in make_sets(SETS, place):
            retriever = SegmentRetriever(courses.open(bench_set).index, encoder)
            scored[bench_set.name] = score_grid(bench_set, retriever, settings)
            print(bench_set.name, scored[bench_set.name].reciprocal.shape, flush=True)
    results = circumstances("make fit") | {"grid": GRID, "weightings": len(weightings)} | report(scored, weightings)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "fit.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results["chosen"], indent=1))


def score_grid(bench_set: BenchSet, retriever: SegmentRetriever, settings: Sequence[RetrievalSettings]) -> Scored:
    """Every question under every weighting; the stages are asked once a question."""
    index = retriever.index
    questions = [q for q in bench_set.questions if q.gold][:: _EVERY.get(bench_set.name, 1)]
    reciprocal = np.zeros((len(settings), len(questions)))
    hit_5 = np.zeros_like(reciprocal)
    for column, question in enumerate(questions):
        found = retriever.candidates(question.question, k=10)
        if found is None:
            continue
        relevant = np.array([is_relevant(_place(index, int(row)), question.gold) for row in found.rows])
        ids = index.table.ids[found.rows]
        for row, weights in enumerate(settings):
            final = combine(index, weights, found.rows, found.columns, found.known)
            best = relevant[order(final, ids)[:10]].tolist()
            reciprocal[row, column], hit_5[row, column] = reciprocal_rank(best), hit_at(best, 5)
    return Scored(reciprocal, hit_5, tuple(question.gold[0].lecture_id for question in questions))


def _place(index: CourseIndex, row: int) -> dict[str, Any]:
    start, end = float(index.table.start_s[row]), float(index.table.end_s[row])
    timed = {"start_s": None, "end_s": None} if np.isnan(start) else {"start_s": start, "end_s": end}
    return {"lecture_id": index.table.lecture_ids[row], **timed}


def report(scored: Mapping[str, Scored], weightings: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """What is chosen on everything, and what choosing on a part gives on the rest."""
    everything = {name: np.ones(len(one.lectures), dtype=bool) for name, one in scored.items()}
    lectures = np.array(scored["lectures"].lectures)
    even = np.isin(lectures, ["aula-00", "aula-02", "aula-04", "aula-06"])
    folds = {"fitted on 00 02 04 06, reported on 01 03 05 07": [even], "each lecture left out in turn": []}
    folds["each lecture left out in turn"] = [lectures != lecture for lecture in sorted(set(lectures))]
    result: dict[str, Any] = {"chosen": dict(weightings[_choose(scored, everything)]), "held_out": {}}
    for name, masks in folds.items():
        rr, hits = [], []
        for mask in masks:
            chosen = _choose(scored, everything | {"lectures": mask})
            rr.extend(scored["lectures"].reciprocal[chosen, ~mask])
            hits.extend(scored["lectures"].hit_5[chosen, ~mask])
        result["held_out"][name] = {"MRR@10": asdict(bootstrap_mean(rr)), "hit@5": asdict(bootstrap_mean(hits))}
    for name, one in scored.items():
        chosen = _choose({k: v for k, v in scored.items() if k != name}, everything)
        result["held_out"][f"chosen without {name}"] = {
            "weights": dict(weightings[chosen]),
            "MRR@10": asdict(bootstrap_mean(one.reciprocal[chosen].tolist())),
            "best possible MRR@10": float(one.reciprocal.mean(axis=1).max()),
        }
    return result


def _choose(scored: Mapping[str, Scored], kept: Mapping[str, NDArray[np.bool_]]) -> int:
    """The weighting with the best mean over sets of their mean reciprocal rank; the first of equals."""
    return int(np.argmax(np.mean([one.reciprocal[:, kept[name]].mean(axis=1) for name, one in scored.items()], axis=0)))


if __name__ == "__main__":
    main()
