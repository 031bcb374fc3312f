"""Differences and corrections: by hand, against scipy, and what an interval promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eval.significance import compare, corrected_mean, paired_p

SCORES = st.lists(st.sampled_from((0.0, 0.5, 1.0)), min_size=2, max_size=10)


def test_three_wins_of_three_are_one_in_four() -> None:
    """Of eight ways to swap the names two are as far from zero."""
    assert paired_p(np.array([1.0, 1.0, 1.0])) == 0.25
    assert paired_p(np.array([0.0, 0.0])) == 1.0


@given(SCORES)
def test_p_is_that_of_scipy(differences: list[float]) -> None:
    signed = np.array(differences) - 0.5
    theirs = stats.permutation_test(
        (signed,), np.sum, permutation_type="samples", vectorized=False, n_resamples=np.inf
    ).pvalue
    assert paired_p(signed) == pytest.approx(min(1.0, theirs))


def test_many_questions_are_swapped_at_random_and_p_is_never_zero() -> None:
    assert paired_p(np.ones(40)) == pytest.approx(1 / 10_001)
    generator = np.random.default_rng(5)
    differences = generator.normal(0.3, 1, 30)
    assert paired_p(differences) == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.02)


def test_two_runs_are_compared_on_what_both_have() -> None:
    first = {"hit@5": {"a": 0.0, "b": 0.0, "c": 1.0, "x": 1.0}, "MRR": {"a": 0.2}}
    second = {"hit@5": {"a": 1.0, "b": 1.0, "c": 1.0, "y": 0.0}, "AR": {"a": 1.0}}
    (only,) = compare(first, second)
    assert (only.measure, only.n, only.n_questions) == ("hit@5", 3, 5)
    assert (only.first, only.second, only.difference) == pytest.approx((1 / 3, 1.0, 2 / 3))
    assert only.low <= only.difference <= only.high
    assert only.p == only.p_corrected == 0.5


def test_more_measures_make_a_difference_less_telling() -> None:
    real = {str(n): 0.0 for n in range(10)}, {str(n): 1.0 for n in range(10)}
    noise = {str(n): float(n % 2) for n in range(10)}, {str(n): float(n % 3 == 0) for n in range(10)}
    alone = compare({"m": real[0]}, {"m": real[1]})[0]
    among = {c.measure: c for c in compare({"m": real[0], "n": noise[0]}, {"m": real[1], "n": noise[1]})}["m"]
    assert alone.p == among.p == alone.p_corrected
    assert among.p_corrected == pytest.approx(2 * among.p)


def test_a_judge_that_is_right_lends_its_numbers_and_one_that_is_not_lends_nothing() -> None:
    generator = np.random.default_rng(1)
    truth = {str(n): float(x) for n, x in enumerate(generator.integers(0, 2, 400))}
    checked = {key: truth[key] for key in list(truth)[:60]}
    right = corrected_mean(truth, checked)
    wild = corrected_mean({key: float(x) for key, x in zip(truth, generator.random(400), strict=True)}, checked)
    people = np.array(list(checked.values()))
    half = 1.96 * people.std(ddof=1) / math.sqrt(60)
    assert right.trust > 0.8
    assert right.high is not None
    assert right.low is not None
    assert right.high - right.low < 1.1 * half
    assert wild.trust < 0.35
    assert wild.value == pytest.approx(people.mean(), abs=0.05)


def test_the_correction_by_hand() -> None:
    """The judge gives 1 to all; people agree on three of four checked: with nothing to vary, people alone count."""
    judged = {str(n): 1.0 for n in range(10)}
    found = corrected_mean(judged, {"0": 1.0, "1": 1.0, "2": 1.0, "3": 0.0})
    assert (found.judged, found.checked, found.trust, found.value) == (1.0, 0.75, 0.0, 0.75)
    assert (found.n_judged, found.n_checked) == (10, 4)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(11)
    covered = 0
    for _ in range(300):
        truth = generator.random(300) < 0.6
        judged = np.where(generator.random(300) < 0.85, truth, generator.random(300) < 0.9).astype(float)
        found = corrected_mean({str(n): x for n, x in enumerate(judged)}, {str(n): float(truth[n]) for n in range(80)})
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.6 <= found.high
    assert covered / 300 > 0.91


def test_one_checked_answer_corrects_nothing() -> None:
    found = corrected_mean({"a": 1.0, "b": 0.0}, {"a": 1.0})
    assert found.value is found.low is found.high is None
    assert (found.judged, found.checked) == (0.5, 1.0)
    assert math.isnan(corrected_mean({}, {}).judged)
