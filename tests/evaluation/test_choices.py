"""Multiple choice is scored by the choice; what cannot be read is neither right nor wrong."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.records import Choice
from eval.choices import score_choice
from eval.topics import Topic

TEXTS = ["Testes", "Testes de unidade", "O `Flask`", "C++", "C"]


def topic(*correct: int, texts: list[str] = TEXTS) -> Topic:
    return Topic("t", "Qual?", choices=tuple(Choice(text, n in correct) for n, text in enumerate(texts)))


def chose(choice: object, **more: Any) -> dict[str, Any]:
    return {"topic_id": "t", "answer": "B", "choice": choice, "choices_shown": TEXTS} | more


@pytest.mark.parametrize(
    ("choice", "correct", "share", "verdict"),
    [
        ([1], (1,), 1.0, "C"),
        ([0], (1,), 0.0, "I"),
        ([0, 3], (0, 3), 1.0, "C"),
        ([3, 0], (0, 3), 1.0, "C"),
        ([0], (0, 3), 0.5, "P"),
        ([0, 1, 3], (0, 3), 2 / 3, "P"),
        ([0, 1], (1,), 0.5, "P"),
        ([1, 2], (0, 3), 0.0, "I"),
    ],
)
def test_scores_by_hand(choice: list[int], correct: tuple[int, ...], share: float, verdict: str) -> None:
    score = score_choice(chose(choice), topic(*correct))
    assert score is not None
    assert (score.chosen, score.correct) == (tuple(sorted(choice)), correct)
    assert (score.exact, score.share, score.verdict) == (verdict == "C", pytest.approx(share), verdict)
    assert score.cause is None


@pytest.mark.parametrize(
    ("record", "cause"),
    [
        (chose(None, choice_cause="no model"), "no model"),
        (chose(None), "the answer has no choice"),
        (chose([]), "choice is [], not a list"),
        (chose(1), "choice is 1, not a list"),
        (chose([9]), "choice is [9], not a list of numbers from 0 to 4"),
        (chose([True]), "choice is [True], not a list"),
        (chose(["B"]), "choice is ['B'], not a list"),
        (chose([1], choices_shown=["Testes"]), "the choices were others"),
        ({"answer": "As aulas não respondem."}, "holds the text of 0 choices"),
        ({"answer": None}, "holds the text of 0 choices"),
        ({"answer": "Flask ou C++: o Flask"}, "holds the text of 2 choices"),
        (None, "no answer"),
    ],
)
def test_what_cannot_be_read_has_a_cause_and_no_verdict(record: dict[str, Any] | None, cause: str) -> None:
    score = score_choice(record, topic(1))
    assert score is not None
    assert (score.chosen, score.exact, score.share, score.verdict) == (None, None, None, None)
    assert cause in (score.cause or "")


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("Alternativa B", (1,)),
        ("b) porque são pequenos", (1,)),
        ("B e D", (1, 3)),
        ("O professor recomenda **testes de unidade**.", (1,)),
        ("Usa-se o flask.", (2,)),
        ("É C++, sem dúvida.", (3,)),
        ("É C.", (4,)),
    ],
)
def test_answers_of_other_programs_are_read_by_their_text(answer: str, chosen: tuple[int, ...]) -> None:
    score = score_choice({"topic_id": "t", "answer": answer}, topic(1))
    assert score is not None
    assert score.chosen == chosen


def test_without_choices_or_key_there_is_nothing_to_score() -> None:
    assert score_choice(chose([1]), Topic("t", "Por quê?")) is None
    assert score_choice(chose([1]), topic()) is None


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_what_guessing_gives_against_trying_every_guess(n: int) -> None:
    texts = [f"alternativa {place} de todas" for place in range(n)]
    for k in range(1, n + 1):
        asked = topic(*range(k), texts=texts)
        sizes = [1] if k == 1 else range(1, n + 1)
        guesses = [list(guess) for size in sizes for guess in itertools.combinations(range(n), size)]
        scores = [score_choice({"choice": guess}, asked) for guess in guesses]
        exact = [score.exact for score in scores if score is not None]
        shares = [score.share for score in scores if score is not None and score.share is not None]
        assert len(exact) == len(shares) == len(guesses)
        assert scores[0] is not None
        assert scores[0].guess == pytest.approx(sum(map(bool, exact)) / len(guesses))
        assert scores[0].guess_share == pytest.approx(sum(shares) / len(guesses))


PLACES = st.sets(st.integers(0, 4), min_size=1)


@given(PLACES, PLACES)
def test_verdicts_agree_with_shares(chosen: set[int], correct: set[int]) -> None:
    score = score_choice(chose(sorted(chosen)), topic(*correct))
    assert score is not None
    assert score.share is not None
    assert 0 <= score.share <= 1
    assert (score.verdict == "C") == (score.share == 1) == (chosen == correct)
    assert (score.verdict == "I") == (score.share == 0) == (not chosen & correct)
    assert 0 < score.guess <= score.guess_share <= 1
