"""Agreement: by hand, against scikit-learn and scipy, and what must hold of any two judges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from eval.agreement import ORDER, WEIGHTINGS, agree, confusion, gwet, kappa, kendall, spearman
from eval.grading import Verdict

VERDICTS = st.sampled_from(ORDER)
PAIRS = st.lists(st.tuples(VERDICTS, VERDICTS), min_size=2, max_size=60)


def by_name(pairs: list[tuple[Verdict, Verdict]]) -> tuple[dict[str, Verdict], dict[str, Verdict]]:
    return {str(n): a for n, (a, _) in enumerate(pairs)}, {str(n): b for n, (_, b) in enumerate(pairs)}


def places(pairs: list[tuple[Verdict, Verdict]]) -> np.ndarray:
    return np.array([(ORDER.index(a), ORDER.index(b)) for a, b in pairs])


def test_a_table_by_hand() -> None:
    """Ten answers, seven alike; both say I, P, C to .4, .2, .4 of them, so chance is .16 + .04 + .16 = .36."""
    pairs: list[tuple[Verdict, Verdict]] = [
        *[("C", "C")] * 3, ("C", "P"), ("P", "P"), ("P", "I"), *[("I", "I")] * 3, ("I", "C"),
    ]  # fmt: skip
    found = agree(*by_name(pairs))
    assert found.table["C"] == {"I": 0, "P": 1, "C": 3}
    assert found.measures["exact"].value == pytest.approx(0.7)
    assert found.measures["kappa (none)"].value == pytest.approx((0.7 - 0.36) / (1 - 0.36))
    # AC1: mean shares .4, .2, .4; chance (.24 + .16 + .24) / 2 = .32.
    assert found.measures["AC2 (none)"].value == pytest.approx((0.7 - 0.32) / (1 - 0.32))


def test_gwet_holds_where_kappa_collapses() -> None:
    """Ninety-eight of a hundred alike, nearly all C: kappa says chance, AC1 says agreement (the kappa paradox)."""
    counts = np.array([[0, 0, 1], [0, 0, 0], [1, 0, 98]])
    assert kappa(counts) == pytest.approx(-0.0101, abs=1e-4)
    assert (gwet(counts) or 0) > 0.97


def test_weighted_gwet_by_hand() -> None:
    """Quadratic weights sum to 6 over 3 x 2 places, so chance is the sum of p (1 - p) itself."""
    counts = np.array([[2, 1, 0], [0, 2, 1], [0, 0, 4]])
    agreed = (8 + 2 * 0.75) / 10
    shares = np.array([(3 + 2) / 20, (3 + 3) / 20, (4 + 5) / 20])
    by_chance = float((shares * (1 - shares)).sum())
    assert gwet(counts, "quadratic") == pytest.approx((agreed - by_chance) / (1 - by_chance))


@given(PAIRS)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[Verdict, Verdict]]) -> None:
    found = places(pairs)
    for weighting in WEIGHTINGS:
        ours = kappa(confusion(found), weighting)
        if ours is None:
            assert len(set(found[:, 0]) | set(found[:, 1])) == 1
            continue
        named = None if weighting == "none" else weighting
        theirs = cohen_kappa_score(found[:, 0], found[:, 1], labels=[0, 1, 2], weights=named)
        assert ours == pytest.approx(theirs, abs=1e-9)


@given(PAIRS)
def test_rank_correlations_are_those_of_scipy(pairs: list[tuple[Verdict, Verdict]]) -> None:
    first, second = places(pairs).T.tolist()
    for correlation, theirs in ((spearman, stats.spearmanr), (kendall, stats.kendalltau)):
        ours = correlation(confusion(places(pairs)))
        if ours is None:
            assert len(set(first)) == 1 or len(set(second)) == 1
        else:
            assert ours == pytest.approx(theirs(first, second).statistic)


@given(PAIRS)
def test_who_is_first_changes_no_figure_and_agreement_with_oneself_is_whole(
    pairs: list[tuple[Verdict, Verdict]],
) -> None:
    counts = confusion(places(pairs))
    alike = confusion(places([(a, a) for a, _ in pairs]))
    for weighting in WEIGHTINGS:
        for coefficient in (kappa, gwet):
            assert coefficient(counts, weighting) == pytest.approx(coefficient(counts.T, weighting))
            assert coefficient(alike, weighting) in (None, pytest.approx(1.0))


def test_what_one_did_not_judge_is_left_out_and_counted() -> None:
    found = agree({"a": "C", "b": "I", "x": "P"}, {"a": "C", "b": "P", "y": "I"})
    assert (found.n, found.n_items) == (2, 4)
    assert found.measures["exact"].n == 2


def test_too_little_to_compare_is_no_figure() -> None:
    nothing = agree({}, {"a": "C"})
    assert (nothing.n, nothing.n_items) == (0, 1)
    assert {estimate.value for estimate in nothing.measures.values()} == {None}
    same = agree({"a": "C", "b": "C"}, {"a": "C", "b": "C"})
    assert same.measures["exact"].value == 1.0
    assert same.measures["kappa (none)"].value is None
    assert same.measures["Spearman"].value is None


def test_intervals_hold_the_figure_and_are_the_same_again() -> None:
    generator = np.random.default_rng(3)
    pairs = [(ORDER[a], ORDER[min(2, a + b)]) for a, b in generator.integers(0, 3, size=(40, 2))]
    first = agree(*by_name(pairs))
    assert first == agree(*by_name(pairs))
    for estimate in first.measures.values():
        assert estimate.value is not None
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.value <= estimate.high
