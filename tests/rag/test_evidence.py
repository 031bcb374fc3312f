"""Evidence that the lectures answer: signals by hand, a probability that rises with each, nothing from nothing."""

from __future__ import annotations

import numpy as np
import pytest

from rag.candidates import Candidates
from rag.evidence import Evidence, evidence, signals
from rag.pipeline import Monitoria


def found(late: list[float], final: list[float]) -> Candidates:
    columns = {"late": np.array(late, np.float32), "windows": np.array(late, np.float32)}
    return Candidates(np.arange(len(late)), columns, np.array(final))


def test_signals_are_deviations_of_the_first_hit(course: Monitoria) -> None:
    """Late scores 3, 1, 1, 1, first hit the first: mean 1.5, deviation 0.866, so it stands out by 1.732."""
    seen = signals(course.index, "xilofone", found([3, 1, 1, 1], [9, 2, 1, 0]))
    assert seen is not None
    assert seen.late == pytest.approx(1.732, abs=1e-3)
    assert seen.windows == pytest.approx(1.732, abs=1e-3)
    assert seen.words == 0.0


def test_the_words_of_a_segment_are_held_by_it(course: Monitoria) -> None:
    text = course.index.table.texts[0]
    seen = signals(course.index, text, found([3, 1], [1, 0]))
    assert seen is not None
    assert seen.words == pytest.approx(1.0)


def test_a_first_hit_that_stands_out_more_makes_an_answer_likelier(course: Monitoria) -> None:
    weak = evidence(course.index, "gradiente", found([1.1, 1, 0.9, 1], [4, 3, 2, 1]))
    strong = evidence(course.index, "gradiente", found([3, 1, 0.9, 1], [4, 3, 2, 1]))
    assert 0 < weak.probability < strong.probability < 1


def test_nothing_found_is_no_evidence(course: Monitoria) -> None:
    for nothing in (None, found([], [])):
        assert evidence(course.index, "gradiente", nothing).probability == 0.0


def test_a_course_tells_its_evidence(course: Monitoria) -> None:
    told = course.evidence("que horas sai o ônibus do passeio?")
    assert isinstance(told, Evidence)
    assert 0 < told.probability < 1
    assert told == course.evidence("que horas sai o ônibus do passeio?")
