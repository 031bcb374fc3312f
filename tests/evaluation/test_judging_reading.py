"""A judge's text is read strictly: a score where it spells one, a named fault everywhere else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.judging.reading import Fault, Reading, read_judgement
from tests.evaluation.scripted_judge import said

LABELLED = "Criteria: {}\nSupporting Evidence: {}\nScore: {}"


@pytest.mark.parametrize("score", range(4))
@pytest.mark.parametrize(
    "form",
    [
        '{{"criteria": "c", "supporting_evidence": "e", "score": {}}}',
        '{{"criteria": "c", "supporting_evidence": "e", "score": "{}"}}',
        'Here it is:\n```json\n{{"criteria": "c", "supporting_evidence": "e", "score": {}}}\n```',
        "Criteria: c\nSupporting Evidence: e\nScore: {}",
        "Criteria: c Supporting Evidence: e Score: {}",
        "**Criteria:** c\n\n**Supporting evidence**: e\n\n**Score:** {}.",
        "Critérios: c\nEvidências de apoio: e\nNota: {}",
        "- Criterio: c\n- Justificativa: e\n- Pontuação: {}\n",
    ],
)
def test_what_spells_a_score_is_read(form: str, score: int) -> None:
    assert read_judgement(form.format(score)) == Reading("c", "e", score)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing was written"),
        (" \n", "nothing was written"),
        ("The answer is good, I would say 3 of 3.", "criteria appears 0 times"),
        ("3", "criteria appears 0 times"),
        (LABELLED.format("c", "e", "0 to 3: 2"), "the score is '0 to 3: 2'"),
        (LABELLED.format("c", "e", "2/3"), "the score is '2/3'"),
        (LABELLED.format("c", "e", "7"), "the score is '7'"),
        (LABELLED.format("c", "e", "-1"), "the score is '-1'"),
        (LABELLED.format("c", "e", "2.5"), "the score is '2.5'"),
        (LABELLED.format("c", "e", "2\nOr rather 3"), "the score is"),
        (LABELLED.format("c", "e", ""), "the score is ''"),
        (LABELLED.format("", "e", "2"), "criteria has no text"),
        ("Score: 2\nCriteria: c\nSupporting Evidence: e", "not in the order"),
        ("Criteria: c\nScore: 1\nSupporting Evidence: e\nScore: 2", "score appears 2 times"),
        (said(7), "the score is 7"),
        (said(-1), "the score is -1"),
        (said(2.5), "the score is 2.5"),
        (said("2/3"), 'the score is "2/3"'),
        (said(True), "the score is true"),
        (said(None), "the score is null"),
        (said([2]), "the score is"),
        (said(2, criteria=" "), "criteria has no text"),
        ('{"criteria": "c", "score": 2}', "supporting_evidence is missing"),
        ('{"criteria": "c", "supporting_evidence": "e", "score": 1, "score": 3}', "score appears twice"),
        ('{"criteria": 5, "supporting_evidence": "e", "score": 1}', "criteria has no text"),
        ('{"criteria": "c", "supporting_evidence": "e", "score": NaN}', "the score is NaN"),
        ('{"criteria": "c", "supporting_evidence": "e", "sco', "unfinished or wrong"),
        (said(1) + said(3), "there are 2 JSON objects"),
        ("[" * 100_000 + "{" * 100_000, "unfinished or wrong"),
    ],
)
def test_what_spells_none_is_a_named_fault(text: str, why: str) -> None:
    fault = read_judgement(text)
    assert isinstance(fault, Fault)
    assert why in fault.en
    assert fault.pt != fault.en


def test_braces_that_are_quoted_code_do_not_hide_the_labels() -> None:
    assert read_judgement(LABELLED.format("c", "it writes {'a': 1", 2)) == Reading("c", "it writes {'a': 1", 2)


def test_a_code_sample_beside_the_judgement_is_not_a_second_one() -> None:
    assert read_judgement('It gives {"a": 1}. ' + said(2)) == Reading("what is asked", "what it says", 2)


_PIECES = st.sampled_from(
    ["Criteria:", "Score:", "Nota:", "Supporting Evidence:", "0 to 3: 2", "{", "}", '"score"', ":", "2", "7", "-", "/3"]
)
_TEXTS = st.one_of(st.text(), st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=12).map(" ".join))


@given(_TEXTS)
def test_never_a_score_outside_the_scale_nor_from_a_text_without_figures(text: str) -> None:
    read = read_judgement(text)
    if isinstance(read, Reading):
        assert read.score in (0, 1, 2, 3)
        assert str(read.score) in text
        assert read.criteria
        assert read.supporting_evidence


@given(st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.booleans(), st.lists(st.integers())))
def test_a_score_of_json_is_taken_whole_or_not_at_all(score: object) -> None:
    read = read_judgement(json.dumps({"criteria": "c", "supporting_evidence": "e", "score": score}))
    spelt = str(score).strip(" .*\n\t\r")
    whole = type(score) in (int, str) and spelt in {"0", "1", "2", "3"}
    if isinstance(read, Reading):
        assert whole
        assert read.score == int(spelt)
    elif type(score) is int:
        assert not 0 <= score <= 3


@given(st.text(alphabet=st.characters(exclude_categories=("Nd",)), min_size=1))
def test_prose_without_a_figure_never_has_a_score(text: str) -> None:
    assert isinstance(read_judgement(f"Criteria: {text}\nSupporting Evidence: {text}\nScore: {text}"), Fault)
