"""Our measures against two programs that others wrote: ir-measures (which asks trec_eval itself) and ranx."""

from __future__ import annotations

import json
import os
import random
import subprocess
from typing import Any

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import AP, RR, P, R, Success, nDCG

from eval.measures import MEASURES, Qrels, graded_ndcg, score_judged, summarise_judged
from tests.conftest import ROOT, skip_or_fail

# One docno's score for each hit of a topic, as both programs want it.
Scored = dict[str, dict[str, float]]
IR_MEASURES = {
    "hit@1": Success @ 1,
    "hit@3": Success @ 3,
    "hit@5": Success @ 5,
    "hit@10": Success @ 10,
    "MRR@10": RR @ 10,
    "nDCG@10": nDCG @ 10,
    "recall@10": R @ 10,
    "precision@10": P @ 10,
    "MAP": AP,
}
RANX = {
    "hit@1": "hit_rate@1",
    "hit@3": "hit_rate@3",
    "hit@5": "hit_rate@5",
    "hit@10": "hit_rate@10",
    "MRR@10": "mrr@10",
    "nDCG@10": "ndcg@10",
    "recall@10": "recall@10",
    "precision@10": "precision@10",
    "MAP": "map",
}
BURGES = "ndcg_burges@10"
EXACT = {"rel": 0.0, "abs": 1e-9}


def as_run(scored: Scored) -> dict[str, list[dict[str, Any]]]:
    """Hits with their ranks; where scores are equal, in the order given."""
    return {
        topic_id: [
            {"segment_id": docno, "rank": rank, "score": score}
            for rank, (docno, score) in enumerate(sorted(found.items(), key=lambda one: -one[1]), start=1)
        ]
        for topic_id, found in scored.items()
    }


def by_ir_measures(qrels: Qrels, scored: Scored) -> dict[str, dict[str, float]]:
    names = {measure: name for name, measure in IR_MEASURES.items()}
    found: dict[str, dict[str, float]] = {}
    for one in ir_measures.iter_calc(list(names), qrels, scored):
        found.setdefault(one.query_id, {})[names[one.measure]] = one.value
    return found


def random_case(seed: int, grades: list[int]) -> tuple[dict[str, dict[str, int]], Scored]:
    """Sixty topics of up to forty hits, each topic with something relevant, no two hits of one score."""
    chance = random.Random(seed)
    qrels, scored = {}, {}
    for number in range(60):
        docnos = [f"d{n}" for n in range(chance.randint(1, 50))]
        judged = {docno: chance.choice(grades) for docno in chance.sample(docnos, chance.randint(1, len(docnos)))}
        qrels[f"t{number}"] = judged | {"known": max(grades)}
        hits = chance.sample([*docnos, "known"], min(40, chance.randint(1, len(docnos) + 1)))
        scored[f"t{number}"] = dict(zip(hits, chance.sample(range(-500, 500), len(hits)), strict=True))
    return qrels, scored


CASES = {"binary": random_case(1, [0, 1]), "graded": random_case(2, [0, 0, 1, 2, 3])}

# In a process of its own: ranx compiles for most of a minute unless numba is told not to before it is loaded.
RANX_PROGRAM = """
import json, sys
from ranx import Qrels, Run, evaluate

metrics, cases = json.load(sys.stdin)
scores = {}
for name, (qrels, scored) in cases.items():
    run = Run(scored)
    evaluate(Qrels(qrels), run, metrics)
    scores[name] = {metric: dict(found) for metric, found in run.scores.items()}
json.dump(scores, sys.stdout, default=float)
"""


@pytest.fixture(scope="module")
def ranx() -> dict[str, dict[str, dict[str, float]]]:
    """Scores by case, ranx's name of the measure, and topic."""
    python = ROOT / ".venv-ranx" / "bin" / "python"
    if not (python.parent.parent / ".installed").exists():
        skip_or_fail("needs ranx in an environment of its own: make ranx")
    done = subprocess.run(
        [python, "-c", RANX_PROGRAM],
        input=json.dumps(([*RANX.values(), BURGES], CASES)), capture_output=True, text=True, timeout=300, check=False,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_measure_is_compared() -> None:
    assert tuple(IR_MEASURES) == tuple(RANX) == MEASURES


@pytest.mark.parametrize("case", CASES)
def test_they_agree_with_ir_measures(case: str) -> None:
    qrels, scored = CASES[case]
    ours, theirs = score_judged(as_run(scored), qrels), by_ir_measures(qrels, scored)
    assert ours.keys() == theirs.keys() == qrels.keys()
    for topic_id, scores in ours.items():
        assert scores == pytest.approx(theirs[topic_id], **EXACT)


@pytest.mark.parametrize("case", CASES)
def test_they_agree_with_ranx(case: str, ranx: dict[str, dict[str, dict[str, float]]]) -> None:
    qrels, scored = CASES[case]
    for topic_id, scores in score_judged(as_run(scored), qrels).items():
        assert scores == pytest.approx({name: ranx[case][theirs][topic_id] for name, theirs in RANX.items()}, **EXACT)


def test_gains_that_grow_twofold_are_ndcg_as_burges_has_it(ranx: dict[str, dict[str, dict[str, float]]]) -> None:
    qrels, scored = CASES["graded"]
    for topic_id, judged in qrels.items():
        gains = [2 ** judged.get(hit["segment_id"], 0) - 1 for hit in as_run(scored)[topic_id]]
        steep = graded_ndcg(gains, [2**grade - 1 for grade in judged.values()])
        assert steep == pytest.approx(ranx["graded"][BURGES][topic_id], **EXACT)


docnos = st.sampled_from([f"d{n}" for n in range(15)])
judgements = st.dictionaries(docnos, st.integers(-1, 3), max_size=15).filter(
    lambda judged: max(judged.values(), default=0) > 0
)
hit_scores = st.dictionaries(docnos, st.integers(-9, 99), max_size=15).filter(
    lambda found: len(set(found.values())) == len(found)
)
topics = st.dictionaries(st.sampled_from("abc"), st.tuples(judgements, hit_scores), min_size=1)


@given(topics)
def test_they_agree_with_ir_measures_on_whatever_comes(asked: dict[str, tuple[dict, dict]]) -> None:
    """A topic without hits among them: zero there and here."""
    qrels = {topic_id: judged for topic_id, (judged, _) in asked.items()}
    scored = {topic_id: found for topic_id, (_, found) in asked.items() if found}
    ours, theirs = score_judged(as_run(scored), qrels), by_ir_measures(qrels, scored)
    for topic_id in qrels:
        assert ours[topic_id] == pytest.approx(theirs[topic_id], **EXACT)


def test_means_agree_and_count_a_topic_without_hits() -> None:
    qrels, scored = CASES["graded"]
    some = {topic_id: found for topic_id, found in scored.items() if topic_id > "t3"}
    means = summarise_judged(as_run(some), qrels)
    theirs = ir_measures.calc_aggregate(list(IR_MEASURES.values()), qrels, some)
    for name, measure in IR_MEASURES.items():
        assert means[name].value == pytest.approx(theirs[measure], **EXACT)
        assert (means[name].n, means[name].n_topics) == (60, 60)


def test_equal_scores_are_where_programs_part() -> None:
    """trec_eval throws ranks away and turns equal scores round by docno; ours stay as the run has them."""
    qrels, scored = {"t": {"d1": 1}}, {"t": {"d1": 0.5, "d2": 0.5, "d3": 0.5}}
    assert score_judged(as_run(scored), qrels)["t"]["nDCG@10"] == 1.0
    assert by_ir_measures(qrels, scored)["t"]["nDCG@10"] == 0.5
    apart = {"t": {docno: score - place / 100 for place, (docno, score) in enumerate(scored["t"].items())}}
    assert by_ir_measures(qrels, apart)["t"]["nDCG@10"] == 1.0
